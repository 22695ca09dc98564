"""Carrying an operation out: the one sequence that every change goes through.

Open with the checkpoint; effects in their order, checking the lease between batches; close.
Whatever fails leaves an open operation that says why, with its lease given back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from crossfade.errors import CrossfadeError, Failed
from crossfade.operations.journal.lease import HeldLease, LeaseLost
from crossfade.operations.journal.step import Step
from crossfade.plan.journal.operation import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.operation import Json, Operation


AT_ONCE = "at_once"
"""The figure of a note by which whoever takes an operation on asks for no more pauses."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some effects that belong together and can be repeated.

    Attributes:
        order: All batches of a lower order, of every subject, are complete before this begins.
        title: What it does, beginning with the verb.
        effect: Does it; it is handed the lease, to be asked before each write.
    """

    order: int
    title: str
    effect: Callable[[HeldLease], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a subject is left when its operation closes.

    Attributes:
        state: The state for the head.
        operation: The operation with its evidence.
        figures: Counts, bytes and the like.
    """

    state: Json
    operation: Operation[Any]
    figures: Json


class Participant(Protocol):
    """One subject's part in what is being done; a train has several."""

    @property
    def operation(self) -> Operation[Any]:
        """The operation."""

    def batches(self) -> Sequence[Batch]:
        """Return the effects, the same ones in the same order each time."""

    def end(self) -> Ending:
        """Write what must be there before the head names it, and return how it ends."""


def new_lease(world: World) -> HeldLease:
    """Return a hold that names this worker and nobody else."""
    return HeldLease(
        journal=world.journal,
        clock=world.clock,
        monotonic=world.monotonic,
        seconds=world.settings.state.lease.total_seconds(),
        holder=f"{world.chance()}{world.chance()}",
    )


def execute(
    world: World, lease: HeldLease, participants: Sequence[Participant], status: Status, run: Run
) -> tuple[Operation[Any], ...]:
    """Do the effects of operations that are open and held, and close them.

    Args:
        world: The world.
        lease: This worker's lease on all of them.
        participants: One for each subject.
        status: What they are when they have ended.
        run: Runs each batch.

    Raises:
        LeaseLost: Another worker took over; nothing was written since.
        Failed: A batch failed; the operation is open and its lease given back.
    """
    begun = world.monotonic()
    titles = ", ".join(participant.operation.title for participant in participants)
    try:
        _effects(lease, participants, run)
        closed = run(
            Step(f"close {titles}", lambda: _close(world, lease, participants, status, begun))
        )
    except LeaseLost:
        raise
    except (Exception, KeyboardInterrupt) as error:
        raise _left_open(lease, participants, error) from error
    for operation in closed:
        world.report.say(f"{operation.title}: {operation.status}")
    return closed


def _effects(lease: HeldLease, participants: Sequence[Participant], run: Run) -> None:
    batches = sorted(
        (batch for participant in participants for batch in participant.batches()),
        key=lambda batch: batch.order,
    )
    for batch in batches:
        run(Step(batch.title, partial(_checked, lease, batch), repeatable=True))


def _checked(lease: HeldLease, batch: Batch) -> None:
    """See that the operation is still held, then do a batch; also when it is tried again."""
    lease.check()
    batch.effect(lease)


def _close(
    world: World,
    lease: HeldLease,
    participants: Sequence[Participant],
    status: Status,
    begun: float,
) -> tuple[Operation[Any], ...]:
    closed = []
    for participant in participants:
        ending = participant.end()
        now = world.clock.now()
        seconds = round(world.monotonic() - begun, 3)
        operation = ending.operation
        if status is Status.DONE:  # what was taken back keeps the state that it would have led to
            operation = replace(operation, after=ending.state)
        ended = operation.ended(status, now, {**ending.figures, "seconds": seconds})
        lease.close(ended, ending.state)
        closed.append(ended)
    return tuple(closed)


def _left_open(
    lease: HeldLease, participants: Sequence[Participant], error: BaseException
) -> Failed:
    """Give the lease back and say what was left and how to settle it."""
    reason = str(error) or type(error).__name__
    try:
        lease.release(reason)
    except CrossfadeError as silent:
        reason = f"{reason} (and the lease could not be given back: {silent})"
    first = participants[0].operation
    return Failed(
        f"{first.title} stopped: {reason}. It is left open: `crossfade resume {first.subject}` "
        f"finishes it, `crossfade reverse {first.subject}` takes it back"
    )
