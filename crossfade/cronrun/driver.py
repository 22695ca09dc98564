"""Carries out what the protocol asks: over a real connection, with real time and processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from crossfade.cronrun.process.environment import environment_as_given
from crossfade.plan.cron.claim.actions import Report, StartCommand, Stop, WatchCommand
from crossfade.plan.cron.claim.requests import Answer, Pause, drive
from crossfade.plan.cron.schedule.ticks import when

if TYPE_CHECKING:
    from crossfade.cronrun.lock.connection import Connection
    from crossfade.cronrun.process.child import Child
    from crossfade.cronrun.record import Record
    from crossfade.plan.cron.claim.actions import Act, Acts
    from crossfade.plan.cron.claim.requests import Value
    from crossfade.plan.cron.claim.terms import Contender

Result = TypeVar("Result")


class Driver:
    """One contender's hands and eyes."""

    def __init__(self, connection: Connection, child: Child, record: Record, me: Contender) -> None:
        """Bind the protocol to a server, a command, a record and the contender that it serves."""
        self._connection = connection
        self._child = child
        self._record = record
        self._me = me

    def drive(self, acts: Acts[Result]) -> Result:
        """Do what a part of the protocol asks, until it returns."""
        return drive(acts, self._answer)

    def _answer(self, act: Act) -> Answer:
        """Do one act, and tell when."""
        sent = time.monotonic()
        value = self._do(act)
        return Answer(value, time.time(), sent, time.monotonic())

    def _do(self, act: Act) -> Value:
        """Do one act."""
        value: Value = None
        if isinstance(act, Pause):
            with self._child.interruptible():
                time.sleep(act.seconds)
        elif isinstance(act, StartCommand):
            value = self._child.start(self._environment(act))
            if value is not None:
                self._record.say(value.reason)
        elif isinstance(act, WatchCommand):
            value = self._child.watch(act.seconds)
        elif isinstance(act, Stop):
            self._child.stop()
        elif isinstance(act, Report):
            self._record.write(act.entry)
        else:
            with self._child.interruptible():
                value = self._connection.ask(act)
        return value

    def _environment(self, start: StartCommand) -> dict[str, str]:
        """Return the command's environment: the wrapper's, and what the command may want to know.

        `CROSSFADE_TICK` is a fence that needs no memcached: a job can refuse to work for a tick
        that is not newer than the last one that it worked for.
        """
        me = self._me
        told = {
            "CROSSFADE_JOB": me.job,
            "CROSSFADE_PLATFORM": str(me.platform),
            "CROSSFADE_CLAIM": start.claim,
            "CROSSFADE_ATTEMPT": str(start.attempt),
        }
        if me.tick:
            told |= {"CROSSFADE_TICK": str(me.tick), "CROSSFADE_TICK_TIME": when(me.tick)}
        return {**environment_as_given(), **told}
