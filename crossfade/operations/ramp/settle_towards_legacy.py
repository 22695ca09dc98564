"""What stands in the way of going back and is settled first: an operation that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.operations.journal.executor import AT_ONCE
from crossfade.operations.journal.settle import EndedMeanwhile, settle
from crossfade.operations.journal.step import read_step
from crossfade.operations.ramp.participants.traffic import MIGRATIONS, RETURNS, STEPS
from crossfade.plan.journal.operation import Direction

if TYPE_CHECKING:
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.operation import Operation, Untold


def settle_towards_legacy(
    ramp: Ramp, *, take_over: bool, gradual: bool, run: Run
) -> tuple[Operation[Any, Any], ...]:
    """Settle an open operation the way that brings traffic back: a return on, all else back.

    A gradual return is taken from its worker, who only waits, and the rest of the way at once,
    unless a gradual one is asked for again.

    Args:
        ramp: The migration as read.
        take_over: Do not wait for the lease of the worker.
        gradual: Whether the way back that is asked for may take its time.
        run: Runs each step.

    Returns:
        What was closed; a return that its worker ended meanwhile is among it.
    """
    there = ramp.head.open
    if there is None:
        return ()
    world, subject = ramp.world, ramp.subject
    kept = read_step(
        run, f"read {there.title}", lambda: world.journal.record(subject, there.operation)
    )
    returns = there.kind in RETURNS
    hurry = returns and not gradual and _pauses(kept)
    try:
        return settle(
            world,
            MIGRATIONS,
            subject,
            Direction.FORWARD if returns else Direction.BACK,
            take_over=take_over or hurry,
            at_once=hurry,
            run=run,
        )
    except EndedMeanwhile:  # by its worker: what it did is what is gone back from
        read = read_step(
            run, f"read {there.title}", lambda: world.journal.record(subject, there.operation)
        )
        return (read,) if returns else ()


def _pauses(operation: Operation[Untold]) -> bool:
    """Whether an open return goes by steps, and nobody hurried it yet."""
    hurried = any(note.figures.get(AT_ONCE) for note in operation.notes)
    return STEPS in operation.request and not hurried
