"""Finish: make a complete migration's records simple, or declare its point of no return."""

from __future__ import annotations

from crossfade.errors import BadInput
from crossfade.operations.ramp import finish as procedure
from flows.parameters import MigrationName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_finished
from tasks.pictures import show_timeline
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("finish-{name}")
def finish(
    *,
    name: MigrationName,
    simple: bool = False,
    without_proof: str = "",
    dry_run: bool = False,
    by: str = "",
) -> Ended:
    """Give up the way back of a complete migration, on the proof that legacy is drained.

    Args:
        name: The migration.
        simple: Do not: make its weighted pairs simple records of new, which can be taken back.
        without_proof: Why to give up the way back whatever the proof says; recorded in the journal.
        dry_run: Only say what would be done.
        by: Who asks; recorded in the journal.
    """
    if simple and without_proof:
        raise BadInput("simple records need no proof: leave `without_proof` empty")
    world = world_of_run(by)
    finished = (
        procedure.make_simple(world, name, dry_run=dry_run, run=run_step)
        if simple
        else procedure.finish(
            world, name, without_proof=without_proof, dry_run=dry_run, run=run_step
        )
    )
    show_finished(finished)
    if finished.operation:
        show_timeline(world, name)
    return done(finished.line())
