"""Which part of a tandem an operation has, by its kind and its direction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.errors import Failed
from crossfade.operations.tandem.release_part import ReleasePart
from crossfade.operations.tandem.return_part import ReturnPart
from crossfade.plan.journal.operation import Direction
from crossfade.plan.tandem.order import Telling
from crossfade.plan.tandem.standing import Standing

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.settle import Kinds
    from crossfade.plan.journal.operation import Operation, Untold

TANDEM, HOTFIX, BACK, REVERSE = "tandem", "hotfix", "back", "reverse"
"""The kinds of a tandem's operations: a release, a hotfix to one platform, and the ways back."""

FORWARD = frozenset({TANDEM, HOTFIX})


def part_of(
    world: World, operation: Operation[Telling, Standing], direction: Direction
) -> Participant:
    """Return the participant of an operation.

    Args:
        world: The world.
        operation: The operation as recorded.
        direction: To its end or back to its start.
    """
    work = operation.work
    onward = direction is Direction.FORWARD
    if operation.kind in FORWARD:
        if work.pair is None:
            raise Failed(f"operation {operation.id} does not say what it releases: reverse it")
        if onward:
            return ReleasePart(world, operation, work.pair)
        return ReturnPart(
            world,
            operation,
            goes=work.before,
            came=work.after,
            to=operation.before,
            takes_back=work.pair.version,
        )
    goes, came = (work.after, work.before) if onward else (work.before, work.after)
    to = operation.after if onward else operation.before
    return ReturnPart(world, operation, goes=goes, came=came, to=to, takes_back="")


def participant_of(world: World, record: Operation[Untold], direction: Direction) -> Participant:
    """Return the participant that settles an operation of a tandem.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    whole = world.journal.operation(record.subject, record.id, Telling, Standing)
    return part_of(world, replace(whole, notes=record.notes), direction)


TANDEMS: Kinds = {"tandems": participant_of}
"""What settles tandems alone."""
