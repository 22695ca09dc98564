"""Doctor: what is wrong with the configuration, the rights and the world, and how to mend it."""

from __future__ import annotations

from crossfade.errors import Failed
from crossfade.operations.doctor.doctor import diagnose
from crossfade.operations.journal.step import Step
from crossfade.plan.base.finding import healthy, tally
from flows.parameters import EnvironmentOrAll, MigrationOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_findings
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("doctor")
def doctor(
    *,
    environment: EnvironmentOrAll = "",
    migration: MigrationOrAll = "",
    read_only: bool = False,
) -> Ended:
    """Examine everything as the workers see it; fails where there is a problem.

    Args:
        environment: This environment alone; empty for all.
        migration: This migration alone; empty for all.
        read_only: Write nothing at all: neither the probe beside the journal, nor what asks whether
            the credentials may write or change records.
    """
    world = world_of_run()
    examined = Step(
        "examine everything",
        lambda: diagnose(world, environment=environment, migration=migration, read_only=read_only),
        repeatable=True,
    )
    found = run_step(examined)
    show_findings(environment or migration, found)
    if not healthy(found):
        raise Failed(tally(found))
    return done(tally(found))
