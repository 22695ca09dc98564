"""Executing operations that are open: batches in their order, the lease before each, the end.

Whatever fails leaves an open operation that says why, with its lease given back; where the only
effect was refused as a whole, nothing was changed and the operation is closed as reversed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from crossfade.errors import CrossfadeError, Failed, Refused
from crossfade.operations.journal.begin import begin
from crossfade.operations.journal.lease import HeldLease, LeaseLost
from crossfade.operations.journal.step import Step
from crossfade.plan.journal.operation import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.begin import Intent
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

    state: Any
    operation: Operation[Any, Any]
    figures: Json


class Participant(Protocol):
    """One subject's part in what is being done; a train has several."""

    @property
    def operation(self) -> Operation[Any, Any]:
        """The operation."""

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole, so that nothing was changed."""

    def batches(self) -> Sequence[Batch]:
        """Return the effects, the same ones in the same order each time."""

    def end(self) -> Ending:
        """Write what must be there before the head names it, and return how it ends."""


def perform(
    world: World,
    kind: str,
    intents: Sequence[Intent[Any, Any]],
    participants: Callable[[Sequence[Operation[Any, Any]]], Sequence[Participant]],
    *,
    identifier: str = "",
    run: Run,
) -> tuple[Operation[Any, Any], ...]:
    """Begin an operation, do its effects and close it.

    Args:
        world: The world.
        kind: The procedure.
        intents: One for each subject.
        participants: Makes what does the effects of the operations, once they are open.
        identifier: The operation's id where the plan named it; "" for a new one.
        run: Runs each step.

    Raises:
        Refused: Another operation is open on one of the subjects, or the only effect was refused.
        LeaseLost: Another worker took over; nothing was written since.
        Failed: It stopped; the operation is open and its lease given back.
    """
    begun = begin(world, kind, intents, identifier=identifier, run=run)
    parts = participants(begun.operations)
    return execute(world, begun.lease, parts, Status.DONE, run, alone=True)


def execute(
    world: World,
    lease: HeldLease,
    participants: Sequence[Participant],
    status: Status,
    run: Run,
    *,
    alone: bool = False,
) -> tuple[Operation[Any, Any], ...]:
    """Do the effects of operations that are open and held, and close them.

    Args:
        world: The world.
        lease: This worker's lease on all of them.
        participants: One for each subject.
        status: What they are when they have ended.
        run: Runs each batch.
        alone: Whether no other worker has had effects in them.

    Raises:
        Refused: The only effect was refused as a whole; the operation is closed as reversed.
        LeaseLost: Another worker took over; nothing was written since.
        Failed: A batch failed; the operation is open and its lease given back.
    """
    begun = world.monotonic()
    titles = ", ".join(one.operation.title for one in participants)
    closing = _Closing(world, lease, participants, status, begun, {})
    try:
        _effects(lease, participants, run)
        closed = run(Step(f"close {titles}", closing, repeatable=True))
    except LeaseLost:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if alone and isinstance(error, Refused) and _untouched(participants):
            _close_untouched(world, lease, participants, error)
            raise
        raise _left_open(lease, participants, error) from error
    for operation in closed:
        world.report.say(f"{operation.title}: {operation.status}")
    return closed


def _effects(lease: HeldLease, participants: Sequence[Participant], run: Run) -> None:
    batches = sorted(
        (batch for one in participants for batch in one.batches()), key=lambda batch: batch.order
    )
    for batch in batches:
        run(Step(batch.title, partial(_checked, lease, batch), repeatable=True))


def _checked(lease: HeldLease, batch: Batch) -> None:
    """See that the operation is still held, then do a batch; also when it is tried again."""
    lease.check()
    batch.effect(lease)


@dataclass(frozen=True, slots=True)
class _Closing:
    """Closes each subject once, however often it is called."""

    world: World
    lease: HeldLease
    participants: Sequence[Participant]
    status: Status
    begun: float
    closed: dict[str, Operation[Any, Any]]

    def __call__(self) -> tuple[Operation[Any, Any], ...]:
        self.lease.settle_writes()
        for one in self.participants:
            if one.operation.subject not in self.closed:
                self.closed[one.operation.subject] = self._close(one.end())
        return tuple(self.closed.values())

    def _close(self, ending: Ending) -> Operation[Any, Any]:
        operation = ending.operation
        if self.status is Status.DONE:  # what was taken back keeps the state it would have led to
            operation = replace(operation, after=ending.state)
        seconds = round(self.world.monotonic() - self.begun, 3)
        figures = {**ending.figures, "seconds": seconds}
        ended = operation.ended(self.status, self.world.clock.now(), figures)
        self.lease.close(ended, ending.state)
        return ended


def told_to_stop(error: BaseException) -> bool:
    """Whether something stopped because its process was told to end: nothing more is to begin."""
    return isinstance(error.__cause__, KeyboardInterrupt)


def _untouched(participants: Sequence[Participant]) -> bool:
    return bool(participants) and all(one.untouched for one in participants)


def _close_untouched(
    world: World, lease: HeldLease, participants: Sequence[Participant], why: Refused
) -> None:
    """Close operations on which nothing had any effect: each subject is as it was before."""
    now = world.clock.now()
    for one in participants:
        operation = one.operation.noted(now, f"nothing was changed: {why}")
        ended = replace(operation, after=operation.before).ended(Status.REVERSED, now, {})
        lease.close(ended, operation.before)


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
