"""Migrate: the step of `advance`, again and again, until the ramp is done or a person is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.journal.step import directly
from crossfade.operations.ramp.advance import advance
from crossfade.plan.ramp import decide as deciding

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.look import Advanced


def migrate(
    world: World,
    name: str,
    *,
    seen: Callable[[Advanced], None] = lambda _: None,
    run: Run = directly,
) -> Advanced:
    """Run a ramp to its end: for short ones and for demonstrations.

    Long ramps are better driven by a schedule of `advance`, which needs no process that lives on.

    Args:
        world: The world.
        name: The migration.
        seen: Told of every decision.
        run: Runs each step.

    Returns:
        The last decision: the ramp is complete, went back, or waits for a person.
    """
    while True:
        told = advance(world, name, run=run)
        seen(told)
        match told.decision:
            case deciding.Back():
                return told
            case deciding.Hold(ask_again=None):
                return told
            case deciding.Hold(ask_again=until) if until is not None:
                longest = world.settings.migration(name).check_every.total_seconds()
                left = (until - world.clock.now()).total_seconds()
                world.sleep(min(max(left, 1.0), longest))
