"""Settling an open operation: `resume` takes it to its end, `reverse` back to its start.

Both work from the journal and from what stands in the world, on any machine, whether Prefect is up
or not. A lease that still runs is waited out, or taken over at once if a person says so. The
take-over is a swap of the very head that was waited for, so that of two who wait one wins; the
other begins to wait again, or stops when the operation that it named is no longer open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from crossfade.errors import Conflict, CrossfadeError, Failed, Refused
from crossfade.operations.journal.executor import AT_ONCE, execute
from crossfade.operations.journal.lease import new_lease
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.plan.journal.head import lapsed, seconds_left
from crossfade.plan.journal.operation import Direction, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.head import Head, Open
    from crossfade.plan.journal.operation import Operation, Untold

LOOK_SECONDS = 5
"""Between two looks at a lease that is waited out."""


class EndedMeanwhile(Refused):
    """The operation that was to be settled is no longer open: somebody else ended it."""


class Kind(Protocol):
    """Makes the part of one kind of subject in an operation that another worker left."""

    def __call__(
        self, world: World, record: Operation[Untold], direction: Direction
    ) -> Participant:
        """Return what is left to do of an operation, to its end or back to its start."""


Kinds: TypeAlias = "Mapping[str, Kind]"
"""What settles each kind of subject, by the first word of the subject's name."""


@dataclass(frozen=True)
class Settling:
    """One settling: whose operation goes which way, and how.

    Attributes:
        world: The world.
        kinds: What settles each kind of subject.
        there: The open operation that was named as it began.
        subject: The subject by which it was named.
        direction: To its end or back to its start.
        take_over: Whether a lease that still runs is not waited out.
        at_once: Whether the pauses that it was asked to make are left out.
    """

    world: World
    kinds: Kinds
    there: Open
    subject: str
    direction: Direction
    take_over: bool
    at_once: bool

    @property
    def verb(self) -> str:
        """The command."""
        return "resume" if self.direction is Direction.FORWARD else "reverse"


def settle(
    world: World,
    kinds: Kinds,
    subject: str,
    direction: Direction,
    *,
    take_over: bool = False,
    at_once: bool = False,
    run: Run = directly,
) -> tuple[Operation[Any, Any], ...]:
    """Settle the open operation of a subject; of a train, on all its subjects.

    Args:
        world: The world.
        kinds: What settles each kind of subject.
        subject: The subject.
        direction: To its end or back to its start.
        take_over: Do not wait for the lease to lapse: the other worker sees it within seconds and
            stops.
        at_once: Make none of the pauses that it was asked to make.
        run: Runs each step.

    Returns:
        The operations that were closed; none where none was open.

    Raises:
        EndedMeanwhile: Somebody else ended it while its lease was waited out.
    """
    head, _ = read_step(run, f"read {subject}", lambda: world.journal.head(subject))
    if head.open is None:
        return ()
    world = recalled(world, *head.open.members, run=run)
    one = Settling(world, kinds, head.open, subject, direction, take_over, at_once)
    world.report.say(f"{one.verb} {head.open.title}")
    lease = new_lease(world)
    title = f"take over {head.open.title}"
    parts = run(Step(title, lambda: _taken(one, lease), repeatable=True))
    status = Status.DONE if direction is Direction.FORWARD else Status.REVERSED
    return execute(world, lease, parts, status, run)


def _taken(one: Settling, lease: HeldLease) -> Sequence[Participant]:
    """Wait for the lease, take the operation over, and plan what is left to do.

    Raises:
        EndedMeanwhile: Its worker or another settler ended it.
    """
    world, identifier = one.world, one.there.operation
    while True:
        head, etag = _waited(one)
        records = [world.journal.record(member, identifier) for member in one.there.members]
        lead = next(record for record in records if record.subject == head.subject)
        try:
            lease.take_over(lead, one.direction, (head, etag))
        except Conflict:
            continue  # somebody else won that head: wait for what stands there now
        break
    try:
        others = [record for record in records if record is not lead]
        held = [lead, *(one_of for one_of in others if lease.take_over(one_of, one.direction))]
        if notice := lease.notice():
            world.report.say(f"waiting {notice:.0f} s for what the former worker may have sent")
            world.sleep(notice)
        parts = [_part(one, record) for record in held]
        for part in parts:
            lease.adopt(part.operation)
    except CrossfadeError as error:
        lease.release(str(error))
        raise
    return parts


def _part(one: Settling, record: Operation[Untold]) -> Participant:
    """Return a subject's part, with a note of who settles it.

    Raises:
        Failed: The subject is of a kind that this version does not know.
    """
    kind = one.kinds.get(record.subject.partition("/")[0])
    if kind is None:
        raise Failed(f"{record.subject} is of a kind that this crossfade cannot settle: upgrade it")
    now, by = one.world.clock.now(), one.world.actor
    if one.at_once:
        noted = record.noted(now, f"{one.verb}d at once by {by}", **{AT_ONCE: True})
    else:
        noted = record.noted(now, f"{one.verb}d by {by}")
    return kind(one.world, noted, one.direction)


def _waited(one: Settling) -> tuple[Head[Any], str]:
    """Wait until the lease of the operation has lapsed, saying how long.

    It is the lease on the first subject of a train that is waited for and taken first: two settlers
    meet there, whatever subject each of them named.

    Raises:
        EndedMeanwhile: The operation that was named is no longer open.
    """
    world, identifier = one.world, one.there.operation
    while True:
        head, etag = _first_open(one)
        if head.open is None or head.open.operation != identifier:
            raise EndedMeanwhile(
                f"{one.subject}: {one.there.title} ({identifier}) is no longer open, somebody else "
                f"ended it meanwhile: `crossfade history {one.subject}` tells how"
            )
        if one.take_over or lapsed(head, world.clock.now()):
            return head, etag
        left = seconds_left(head, world.clock.now())
        world.report.say(
            f"{head.open.title} is held by its worker for another {left:.0f} s; waiting "
            "(--take-over does not wait)"
        )
        world.sleep(min(left + 1, LOOK_SECONDS))


def _first_open(one: Settling) -> tuple[Head[Any], str]:
    """Read the head of the first subject, in their order, on which the operation is open."""
    journal = one.world.journal
    for member in sorted(one.there.members):
        head, etag = journal.head(member)
        if head.open is not None and head.open.operation == one.there.operation:
            return head, etag
    return journal.head(one.subject)
