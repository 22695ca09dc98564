"""Status: what is live, where migrations and cron jobs stand, and what is open."""

from __future__ import annotations

from crossfade.operations.journal.step import Step
from crossfade.operations.status.status import status as procedure
from flows.parameters import SubjectOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_status
from tasks.look_pages import status_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("status-{subject}")
def status(*, subject: SubjectOrAll = "") -> Ended:
    """Say how subjects stand; it changes nothing.

    Args:
        subject: sites/ENVIRONMENT/COMPONENT, releases/COMPONENT, migrations/NAME or crons/JOB;
            empty for all of the configuration and of the journal.
    """
    world = world_of_run()
    read = Step("read the journal", lambda: procedure(world, subject), repeatable=True)
    found = run_step(read)
    show_status(subject, found)
    return done(status_line(found))
