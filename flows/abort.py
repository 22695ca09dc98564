"""Abort: return a migration to its baseline."""

from __future__ import annotations

from crossfade.operations import ramp_back as procedure
from flows.parameters import MigrationName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_gone_back
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("abort-{name}")
def abort(
    *, name: MigrationName, take_over: bool = False, dry_run: bool = False, by: str = ""
) -> Ended:
    """Return to the baseline and stay there; nothing that holds a ramp is in the way.

    Args:
        name: The migration.
        take_over: Do not wait for the lease of a worker that has an operation open; it stops at
            its next check.
        dry_run: Only say where to.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    gone = procedure.abort(world, name, take_over=take_over, dry_run=dry_run, run=run_step)
    show_gone_back(gone)
    return done(gone.line())
