"""What carries the part of each kind of subject; the one file that knows all capabilities.

`settle` is handed it, so that no capability needs another one to finish or take back what a worker
left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.operations.cron.move.participant import CRONS
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import directly
from crossfade.operations.purge.participant import RELEASES
from crossfade.operations.ramp.participants.traffic import MIGRATIONS
from crossfade.operations.sites.recovery import SITES
from crossfade.operations.tandem.participant import TANDEMS
from crossfade.plan.journal.operation import Direction

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.settle import Kinds
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.operation import Operation

KINDS: Kinds = {**SITES, **RELEASES, **MIGRATIONS, **CRONS, **TANDEMS}
"""What settles each kind of subject."""


def resume(
    world: World, subject: str, *, take_over: bool = False, run: Run = directly
) -> tuple[Operation[Any, Any], ...]:
    """Finish the open operation of a subject of any kind; see `settle`."""
    return settle(world, KINDS, subject, Direction.FORWARD, take_over=take_over, run=run)


def reverse_open(
    world: World, subject: str, *, take_over: bool = False, run: Run = directly
) -> tuple[Operation[Any, Any], ...]:
    """Take the open operation of a subject of any kind back to its start; see `settle`."""
    return settle(world, KINDS, subject, Direction.BACK, take_over=take_over, run=run)


def nothing_open(world: World, subject: str) -> str:
    """Say that nothing is open, what was done last, and how that is taken back."""
    head, _ = world.journal.head(subject)
    if not head.last:
        return f"{subject}: no operation is open, and none was ever done there"
    last = world.journal.record(subject, head.last)
    return (
        f"{subject}: no operation is open. The last one was {last.title} ({last.id}, {last.status} "
        f"{last.ended_at}): `crossfade reverse {subject} --last` takes it back, --to an earlier one"
    )
