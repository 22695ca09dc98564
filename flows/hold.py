"""Hold: freeze a migration, or let it go forward again."""

from __future__ import annotations

from crossfade.operations.ramp import consent as procedure
from flows.parameters import MigrationName
from flows.verb import Ended, done, verb
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("hold-{name}")
def hold(*, name: MigrationName, reason: str = "", release: bool = False, by: str = "") -> Ended:
    """Keep a migration from going forward until it is released; going back stays open.

    Args:
        name: The migration.
        reason: Why, for whoever finds it frozen.
        release: Let it go forward again.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    if release:
        return done(procedure.thaw(world, name, run=run_step).line())
    return done(procedure.hold(world, name, reason=reason, run=run_step).line())
