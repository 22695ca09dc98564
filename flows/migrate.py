"""Migrate: run a migration's ramp to its end."""

from __future__ import annotations

from functools import partial

from crossfade.errors import Conflict, Failed, Refused
from crossfade.operations.ramp.migrate import migrate as procedure
from flows.parameters import MigrationName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_ramp
from tasks.pictures import show_if_due
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("migrate-{name}")
def migrate(*, name: MigrationName, by: str = "") -> Ended:
    """Decide again and again, waiting as the stages ask, until the ramp is complete.

    Fails where the ramp went back or waits for a person. For short ramps: one that lasts for days
    is better driven by the schedule of `advance`, which needs no run that lives on.

    Args:
        name: The migration.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    outcome = procedure(world, name, seen=partial(show_if_due, world), run=run_step)
    show_ramp(outcome)
    if outcome.conflict:
        raise Conflict(outcome.line())
    if outcome.exit_code:
        raise (Failed if outcome.exit_code == Failed.exit_code else Refused)(outcome.line())
    return done(outcome.line())
