"""Approve: let a migration's next change happen."""

from __future__ import annotations

from crossfade.operations.ramp import consent as procedure
from flows.parameters import MigrationName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_said
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("approve-{name}")
def approve(*, name: MigrationName, digest: str = "", comment: str = "", by: str = "") -> Ended:
    """Approve exactly the next change: its records, weights and plan as they are now, for a time.

    Args:
        name: The migration.
        digest: The digest that a dry run of `advance` showed, or 8 digits of it or more; another
            change is then refused. Empty approves what is next now.
        comment: What to say with it; recorded in the journal.
        by: Who approves; recorded in the journal.
    """
    world = world_of_run(by)
    said = procedure.approve(world, name, digest=digest, comment=comment, run=run_step)
    show_said(said)
    return done(said.line())
