"""Resume: take the open operation of a subject to its end."""

from __future__ import annotations

from crossfade.operations import kinds as procedure
from crossfade.operations.journal.step import read_step
from crossfade.operations.status.status import must_be_known
from flows.parameters import SubjectName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_settled
from tasks.pages import settled_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("resume-{subject}")
def resume(
    *,
    subject: SubjectName,
    take_over: bool = False,
    by: str = "",
) -> Ended:
    """Finish what a worker left open, from the journal and from what stands in the world.

    Args:
        subject: What the operation changes: sites/ENVIRONMENT/COMPONENT, releases/COMPONENT,
            migrations/NAME or crons/JOB.
        take_over: Do not wait for the lease of its worker to run out; that worker stops at its
            next check.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    read_step(run_step, f"look for {subject}", lambda: must_be_known(world, subject))
    operations = procedure.resume(world, subject, take_over=take_over, run=run_step)
    show_settled(world, operations)
    return done(settled_line(subject, operations))
