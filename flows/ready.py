"""Ready: report that one platform could run a version at once."""

from __future__ import annotations

from crossfade.operations.tandem.inbox import ready as procedure
from crossfade.plan.base.platform import Platform
from flows.parameters import NewVersion, PlatformName, TandemName
from flows.verb import Ended, done, verb
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("ready-{name}-{platform}-{version}")
def ready(
    *,
    name: TandemName,
    platform: PlatformName,
    version: NewVersion,
    digest: str = "",
    artifact: str = "",
    commit: str = "",
    by: str = "",
) -> Ended:
    """Report that a platform is ready; the pipeline that does need not know of the other one.

    Args:
        name: The tandem.
        platform: The platform that is ready: new or legacy.
        version: The version that it could run at once.
        digest: The digest of the configuration; the other platform must report the same.
        artifact: What it runs for it, such as an image by its digest.
        commit: The commit that it was built from.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    said = procedure(
        world,
        name,
        Platform(platform),
        version,
        digest=digest,
        artifact=artifact,
        commit=commit,
        run=run_step,
    )
    return done(f"{name}: {said.line()}")
