"""Unpin: let purges delete a release again."""

from __future__ import annotations

from crossfade.operations.purge import pins as procedure
from flows.parameters import ComponentName, VersionName
from flows.verb import Ended, done, verb
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("unpin-{component}-{version}")
def unpin(*, component: ComponentName, version: VersionName, by: str = "") -> Ended:
    """Let purges delete a release again.

    Args:
        component: The front end.
        version: The release.
        by: Who asks; recorded in the journal.
    """
    return done(procedure.unpin(world_of_run(by), component, version, run_step).line())
