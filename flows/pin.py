"""Pin: keep a release from every purge."""

from __future__ import annotations

from crossfade.operations.purge import pins as procedure
from flows.parameters import ComponentName, Reason, VersionName
from flows.verb import Ended, done, verb
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("pin-{component}-{version}")
def pin(*, component: ComponentName, version: VersionName, why: Reason, by: str = "") -> Ended:
    """Keep a release from every purge until it is unpinned.

    Args:
        component: The front end.
        version: The release.
        why: Why; whoever unpins it will ask.
        by: Who asks; recorded in the journal.
    """
    return done(procedure.pin(world_of_run(by), component, version, why, run_step).line())
