"""A migration's part in an operation: which procedure it is, and what carries it out.

Going forward, the batch expects exactly what its checkpoint read. Going back, it expects what
stands there now, read a moment before: whatever happened since, the way back is open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.operations.journal.executor import AT_ONCE
from crossfade.operations.ramp.participants.gradual import GradualParticipant
from crossfade.operations.ramp.participants.records import RecordsParticipant, standing
from crossfade.plan.dns.change import RecordsChange, plan_change
from crossfade.plan.journal.operation import Direction
from crossfade.plan.ramp.progress import Progress
from crossfade.plan.ramp.return_plan import steps_from_json

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.settle import Kinds
    from crossfade.plan.journal.operation import Operation, Untold

ADVANCE, BACK, ABORT, REVERSE, FINISH = "advance", "back", "abort", "reverse", "finish"
RETURNS = frozenset({BACK, ABORT, REVERSE})
"""The kinds of operations that bring traffic back to legacy."""

STEPS = "steps"
"""Where the request of a gradual return keeps its steps."""


def records_participant(
    world: World,
    operation: Operation[RecordsChange, Progress],
    change: RecordsChange,
    state: Progress,
) -> RecordsParticipant:
    """Return what changes the records: by steps where that was asked and nobody hurried it since.

    Args:
        world: The world.
        operation: The operation as recorded.
        change: From what stands there to what shall.
        state: The migration's state afterwards.
    """
    steps = operation.request.get(STEPS)
    hurried = any(note.figures.get(AT_ONCE) for note in operation.notes)
    if steps and not hurried:
        return GradualParticipant(world, operation, change, state, steps_from_json(steps))
    return RecordsParticipant(world, operation, change, state)


def participant_of(world: World, record: Operation[Untold], direction: Direction) -> Participant:
    """Return what settles an operation of a migration.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    whole = world.journal.operation(record.subject, record.id, RecordsChange, Progress)
    operation = replace(whole, notes=record.notes)
    forward = direction is Direction.FORWARD
    if forward and operation.kind not in RETURNS:
        return RecordsParticipant(world, operation, operation.work, operation.after)
    target = operation.work.target if forward else operation.work.expected
    verb = "finish" if forward else "take back"
    change = plan_change(
        standing(world, operation), target, reason=f"{verb} {operation.work.reason}"
    )
    if forward:
        return records_participant(world, operation, change, operation.after)
    return RecordsParticipant(world, operation, change, operation.before)


MIGRATIONS: Kinds = {"migrations": participant_of}
"""What settles migrations alone."""
