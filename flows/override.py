"""Override: pass one gate of a migration's present stage."""

from __future__ import annotations

from crossfade.operations.ramp import consent as procedure
from flows.parameters import GateName, MigrationName, Reason
from flows.verb import Ended, done, verb
from tasks.artifacts import show_said
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("override-{gate}-of-{name}")
def override(*, name: MigrationName, gate: GateName, reason: Reason, by: str = "") -> Ended:
    """Pass a gate of the present stage whatever it says, until the next stage begins.

    Args:
        name: The migration.
        gate: The gate; the present stage must have it.
        reason: Why; recorded in the journal with the gate's name.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    said = procedure.override(world, name, gate, reason=reason, run=run_step)
    show_said(said)
    return done(said.line())
