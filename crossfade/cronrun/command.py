"""One start of the wrapper: from its command line to its exit code."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from crossfade.cronrun.driver import Driver
from crossfade.cronrun.lock.connection import Connection
from crossfade.cronrun.log import Log, say
from crossfade.cronrun.options import USAGE, Options, read_options
from crossfade.cronrun.process.child import SIGNALLED, Child, Interrupted
from crossfade.cronrun.record import Record
from crossfade.cronrun.zone import zone_of_cron
from crossfade.errors import BadInput, Refused
from crossfade.plan.base.zone import zone_named
from crossfade.plan.cron.claim.finish import abandon
from crossfade.plan.cron.claim.session import LOCK_AWAY, session
from crossfade.plan.cron.claim.spool_line import UNWATCHED, Entry, Event
from crossfade.plan.cron.claim.terms import Contender
from crossfade.plan.cron.schedule.ticks import Tick, read_schedule, tick_of_job, tick_of_start

if TYPE_CHECKING:
    from collections.abc import Mapping

KUBERNETES_JOB = "CROSSFADE_KUBERNETES_JOB"
"""Variable with the Job's name, which names the tick; set through the downward API."""

KUBERNETES_CRONJOB = "CROSSFADE_KUBERNETES_CRONJOB"
"""Variable with the name of the CronJob that makes the Jobs."""

BAD_INPUT = 2

TO_TIDY_UP = 0.5
"""Seconds for each answer of memcached after a signal."""


def run(argv: list[str]) -> int:
    """Run a command if its tick is won; see `crossfade.cronrun.main`."""
    environment = os.environ
    try:
        options = read_options(argv, environment)
        if options is None:
            sys.stdout.write(USAGE)
            return 0
        connection = Connection(options.server, timeout=options.lock_timeout)
        record = Record(Log(options.log), options.spool, environment)
        now = time.time()
        try:
            tick = find_tick(options, environment, now)
        except Refused as refusal:
            record.write(_refused(options, now, str(refusal)))
            return LOCK_AWAY
    except BadInput as error:
        say(str(error))
        return BAD_INPUT
    return _contend(options, connection, record, tick, now)


def find_tick(options: Options, environment: Mapping[str, str], now: float) -> Tick:
    """Say which tick this start is: as Kubernetes names it, else by the schedule and the clock.

    Raises:
        BadInput: The schedule or its zone cannot be read, or the handicap outlasts the tick.
        Refused: It is no tick, or too late.
    """
    if options.policy.manual:
        return Tick(0, float("inf"))
    zone = zone_named(options.timezone) if options.timezone else zone_of_cron(environment)
    schedule = read_schedule(options.schedule, zone)
    latest = options.max_lateness or options.terms.retention / 2
    if job := environment.get(KUBERNETES_JOB):
        cronjob = environment.get(KUBERNETES_CRONJOB) or job.rpartition("-")[0]
        tick = tick_of_job(
            job, cronjob, schedule, now, max_lateness=latest, tolerance=options.terms.tolerance
        )
    else:
        tick = tick_of_start(schedule, now, max_lateness=latest)
    if options.terms.handicap >= tick.deadline - tick.second:
        raise BadInput(
            f"--handicap {options.terms.handicap:g} leaves no time to run: a start counts for its "
            f"tick only for {tick.deadline - tick.second:.0f} s"
        )
    return tick


def _contend(
    options: Options, connection: Connection, record: Record, tick: Tick, now: float
) -> int:
    """Contend for the tick, and run the command if it was won."""
    token = os.urandom(12).hex()
    me = Contender(options.job, tick.minute, token, options.platform, os.uname().nodename, now)
    terms = options.terms._replace(deadline=tick.deadline)
    try:
        child = Child(options.command, kill_after=options.kill_after)
    except OSError as error:
        record.write(_unwatched(options, me, error))
        return LOCK_AWAY
    driver = Driver(connection, child, record, me)
    try:
        return driver.drive(session(me, terms, options.policy))
    except Interrupted as interrupted:
        child.hold_signals()
        connection.hurry(TO_TIDY_UP)  # an answer may be half read
        driver.drive(abandon(me, terms, str(interrupted)))
        entry = _refused(options, now, f"ended by {interrupted} before the command was started")
        record.write(entry._replace(id=token, tick=tick.minute, outcome="interrupted"))
        return SIGNALLED + interrupted.number
    finally:
        connection.close()


def _unwatched(options: Options, me: Contender, error: OSError) -> Entry:
    """Return the line for a start without a watchdog."""
    reason = (
        f"its watchdog could not be started ({error.strerror or error}), so that nothing would end "
        "the command if this wrapper were killed: raise the host's limits (ulimit -n, ulimit -u), "
        "or free memory"
    )
    entry = _refused(options, me.at, reason)
    return entry._replace(id=me.token, tick=me.tick, outcome=UNWATCHED)


def _refused(options: Options, now: float, reason: str) -> Entry:
    """Return the line for a start that contended for nothing."""
    return Entry(
        id=os.urandom(12).hex(),
        event=Event.SKIP,
        job=options.job,
        tick=0,
        platform=options.platform,
        host=os.uname().nodename,
        at=now,
        outcome="refused",
        reason=reason,
    )
