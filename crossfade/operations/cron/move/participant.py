"""A cron job's part in an operation: the new platform's list and the preference in memcached.

At every instant at least one platform is scheduled, because legacy always is; the claim makes it
harmless that both are. Towards new, the list comes first, so that no tick waits for a platform that
is not scheduled. Towards legacy, the preference comes first, then the end of a run in flight, and
then the list: a pipeline that removes a CronJob ends its runs. Nothing keeps a job from going back:
where memcached is away the list is put back all the same, and the operation stays open until the
preference is.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.adapters.cron.memcached import prefer, preference_of
from crossfade.cronrun.configured import the_one
from crossfade.cronrun.lock.doctor import read_job
from crossfade.errors import Conflict, Unavailable
from crossfade.operations.cron.move.list import list_of
from crossfade.operations.journal.executor import AT_ONCE, Batch, Ending
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.move import (
    Move,
    Standing,
    moving,
)
from crossfade.plan.journal.operation import Direction, instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from crossfade.cronrun.lock.connection import Connection
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.journal.settle import Kinds
    from crossfade.plan.cron.move.move import Owner
    from crossfade.plan.journal.operation import Operation, Untold

MOVE, BACK, REVERSE = "move-cron", "back", "reverse"
"""The kinds of a job's operations: a move, its return for a bad tick, and one that is asked for."""

FOREIGN = "foreign"
"""The figure of a note that names what somebody else changed in the middle of a move: taking that
move back leaves it as they made it."""

ENTRY, PREFERENCE = "entry", "preference"

LOOK_SECONDS = 5
"""Between two looks at a run in flight."""


class MoveParticipant:
    """Makes one platform the owner of a job.

    Attributes:
        operation: The operation as recorded.
    """

    def __init__(
        self,
        world: World,
        operation: Operation[Move, Standing],
        goes: Owner,
        state: Standing,
        *,
        strict: bool,
    ) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            goes: What is to decide who runs the job.
            state: The job's state afterwards, but for the instant from which its ticks count.
            strict: Whether what stands there must be as the checkpoint read it, so that nobody
                else's change is overwritten; going back, it may be anything.
        """
        self.world = world
        self.operation = operation
        self.goes = goes
        self.state = state
        self.strict = strict
        self._job = operation.subject.partition("/")[2]
        self._cron = world.settings.cron(self._job)
        self._list = list_of(world, self._job)
        self._away = ""
        self._effective: datetime | None = None

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole: its effects are several, so never."""
        return False

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        job, platform = self._job, self.goes.platform
        steps: tuple[tuple[str, Callable[[HeldLease], None]], ...]
        if platform is Platform.NEW:
            steps = (
                (f"put {job} on the new platform's list", self._write),
                (f"prefer {platform} for {job}", self._prefer),
            )
        else:
            steps = (
                (f"prefer {platform} for {job}", self._turn),
                (f"wait for a run of {job} on new", self._wait),
                (f"put back {job} in the new platform's list", self._write),
                (f"put back the preference of {job}", self._prefer),
            )
        titled = (*steps, (f"read {job} back", self._read_back))
        return tuple(Batch(order, title, effect) for order, (title, effect) in enumerate(titled))

    def end(self) -> Ending:
        """Return the job's state; its ticks count from the instant that all was in effect."""
        standing = self.state
        watch = standing.watch
        if watch is not None and moving(standing) and not watch.seen:
            since = self._effective or self.world.clock.now()
            until = since + self._cron.patience if watch.applies_until else None
            watch = replace(watch, since=since, applies_until=until)
            standing = replace(standing, watch=watch)
        return Ending(standing, self.operation, {"jobs": 1})

    def _write(self, lease: HeldLease) -> None:
        lease.ensure()
        if ENTRY in self._foreign:
            return
        if self.strict:
            found, before = self._list.read().entry, self.operation.work.before.entry
            if found not in (before, self.goes.entry):
                raise self._conflict(lease, ENTRY, found, before)
        self._list.write(self.goes.entry)

    def _prefer(self, lease: HeldLease) -> None:
        lease.ensure()
        self._set(lease, self.goes.preferred)
        self._effective = self.world.clock.now()

    def _turn(self, lease: HeldLease) -> None:
        """Let legacy win from now on, if memcached can be reached."""
        lease.ensure()
        since = instant(self.operation.begun_at).timestamp()
        wanted = Preference(str(self.goes.platform), since, self.operation.id)
        goes = self.goes.preferred
        if goes is not None and goes.platform == self.goes.platform:
            wanted = goes
        try:
            self._set(lease, wanted)
        except Unavailable as error:
            self._away = str(error)
            self._note(lease, f"goes on without the preference: {error}")

    def _set(self, lease: HeldLease, wanted: Preference | None) -> None:
        if PREFERENCE in self._foreign:
            return
        before = self.operation.work.before.preferred
        with claims(self.world) as (line, address):
            found = preference_of(line, address, self._job)
            if self.strict and found not in (None, before, wanted):
                raise self._conflict(lease, PREFERENCE, found, before)
            prefer(line, address, self._job, expected=found, wanted=wanted)

    def _wait(self, lease: HeldLease) -> None:
        """Wait until no run is in flight on new; where memcached is away, for none.

        Raises:
            Unavailable: It runs for longer than a call waits.
        """
        at_once = any(AT_ONCE in note.figures for note in self.operation.notes)
        until = self.world.monotonic() + self._cron.patience.total_seconds()
        while not self._away and not at_once:
            running = self._running(lease)
            if not running:
                return
            if self.world.monotonic() >= until:
                raise Unavailable(
                    f"{self._job} still runs on new ({running}), and legacy is preferred since; "
                    "the new platform's list is left as it is until that run has ended"
                )
            self.world.report.say(f"wait for {self._job} on new: {running}")
            self.world.sleep(LOOK_SECONDS)
            lease.check()

    def _running(self, lease: HeldLease) -> str:
        """Say what runs on new; "" for nothing, or where nobody can tell."""
        active = self._list.read().running
        if active:
            return ", ".join(active)
        try:
            with claims(self.world) as (line, address):
                running = read_job(line, address, self._job).lease
        except Unavailable as error:
            self._note(lease, f"does not wait for a run on new: {error}")
            return ""
        if running is None or running.platform != Platform.NEW:
            return ""
        return f"{running.platform}/{running.host}"

    def _read_back(self, lease: HeldLease) -> None:
        """See that both are as they were set.

        Raises:
            Conflict: Somebody else changed one of them meanwhile.
        """
        del lease
        entry = self._list.read().entry
        with claims(self.world) as (line, address):
            preferred = preference_of(line, address, self._job)
        foreign = self._foreign
        for what, found, wanted in (
            (ENTRY, entry, self.goes.entry),
            (PREFERENCE, preferred, self.goes.preferred),
        ):
            if what not in foreign and found != wanted:
                raise Conflict(_changed(self._job, what, found, wanted))

    @property
    def _foreign(self) -> frozenset[str]:
        """What somebody else changed in the middle, and stays as they made it."""
        return frozenset(note.figures.get(FOREIGN, "") for note in self.operation.notes)

    def _conflict(self, lease: HeldLease, what: str, found: object, before: object) -> Conflict:
        """Record that somebody else changed something, and return the error that says so."""
        text = _changed(self._job, what, found, before)
        self._note(lease, f"{text}; it stays as they made it", foreign=what)
        return Conflict(text)

    def _note(self, lease: HeldLease, what: str, **figures: object) -> None:
        self.operation = self.operation.noted(self.world.clock.now(), what, **figures)
        lease.record(self.operation)
        self.world.report.say(f"{self._job}: {what}")


@contextmanager
def claims(world: World) -> Iterator[tuple[Connection, str]]:
    """Give a line to the memcached of the claims, and its address.

    Raises:
        BadInput: There is not exactly one in the configuration.
    """
    address = the_one(world.settings.lock.servers)
    with closing(world.connect(address)) as line:
        yield line, address


def participant_of(world: World, record: Operation[Untold], direction: Direction) -> Participant:
    """Return the participant that settles an operation of a cron job.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    whole = world.journal.operation(record.subject, record.id, Move, Standing)
    operation = replace(whole, notes=record.notes)
    work = operation.work
    if direction is Direction.BACK:
        return MoveParticipant(world, operation, work.before, operation.before, strict=False)
    strict = operation.kind == MOVE
    return MoveParticipant(world, operation, work.after, operation.after, strict=strict)


CRONS: Kinds = {"crons": participant_of}
"""What settles cron jobs alone."""


def _changed(job: str, what: str, found: object, wanted: object) -> str:
    where = {ENTRY: "in the new platform's list", PREFERENCE: "in memcached"}[what]
    return f"{job} was changed by somebody else {where}: {found} stands there instead of {wanted}"
