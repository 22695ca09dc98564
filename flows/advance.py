"""Advance: take one decision about a migration, or about all that have begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import Conflict, CrossfadeError, Failed
from crossfade.operations.journal.executor import told_to_stop
from crossfade.operations.journal.step import read_step
from crossfade.operations.ramp.advance import advance as procedure
from crossfade.operations.ramp.look import begun
from flows.parameters import MigrationOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_ramp
from tasks.pictures import show_if_due
from tasks.steps import run_step
from tasks.world import world_of_run

if TYPE_CHECKING:
    from crossfade.operations.base.world import World


@verb("advance-{name}")
def advance(*, name: MigrationOrAll = "", dry_run: bool = False, by: str = "") -> Ended:
    """Read the evidence, decide, do that one thing, and end; a schedule makes a ramp of it.

    Args:
        name: The migration; empty for each that has begun and is not complete.
        dry_run: Only decide.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    told, troubles = [], []
    for one in [name] if name else read_step(run_step, "read all migrations", lambda: begun(world)):
        try:
            told.append(decided(world, one, dry_run=dry_run))
        except CrossfadeError as error:
            if name or told_to_stop(error):
                raise
            troubles.append(f"{one}: {error}")
    if troubles:
        raise Failed("; ".join([*told, *troubles]))
    return done("; ".join(told) or "nothing to decide")


def decided(world: World, name: str, *, dry_run: bool) -> str:
    """Take one decision and show it; a ramp that went back is a failed run, so that people hear.

    Raises:
        Conflict: Somebody else changed the records.
        Failed: It went back.
    """
    outcome = procedure(world, name, dry_run=dry_run, run=run_step)
    show_ramp(outcome)
    show_if_due(world, outcome)
    if outcome.conflict:
        raise Conflict(outcome.line())
    if outcome.exit_code == Failed.exit_code and not dry_run:
        raise Failed(outcome.line())
    return outcome.line()
