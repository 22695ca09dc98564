"""History: the operations of a subject."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crossfade.operations.journal.step import Step
from crossfade.operations.status.status import history as procedure
from crossfade.operations.status.status import must_be_known
from crossfade.plan.base.words import count
from flows.parameters import SubjectName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_history
from tasks.steps import run_step
from tasks.world import world_of_run

SHOWN = 20


@verb("history-{subject}")
def history(*, subject: SubjectName, limit: Annotated[int, Field(ge=0)] = SHOWN) -> Ended:
    """List what was done to a subject: when, by whom, from what to what, and how it ended.

    Args:
        subject: sites/ENVIRONMENT/COMPONENT, releases/COMPONENT, migrations/NAME or crons/JOB.
        limit: How many of the newest operations; 0 for all.
    """
    world = world_of_run()
    most = limit + 1 if limit else 0
    read = Step("read the journal", lambda: procedure(world, subject, most=most), repeatable=True)
    found = run_step(read)
    if not found:  # what left the configuration keeps its history
        must_be_known(world, subject)
    shown, more = (found[:limit], len(found) > limit) if limit else (found, False)
    show_history(subject, shown, more=more)
    first = f"; the newest: {shown[0].title}" if shown else ""
    return done(f"{subject}: {count(len(shown), 'operation')}{' and more' * more}{first}")
