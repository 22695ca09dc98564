"""Publish: make an immutable release of a build."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crossfade.operations.releases import publish as procedure
from flows.parameters import ComponentName, NewVersion
from flows.verb import Ended, done, verb
from tasks.artifacts import show_published
from tasks.forms import offer_in_forms
from tasks.pages import published_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("publish-{component}-{version}")
def publish(
    *,
    source: Annotated[str, Field(min_length=1)],
    component: ComponentName,
    version: NewVersion,
    commit: str = "",
    by: str = "",
) -> Ended:
    """Publish a build as a release; publishing the same again changes nothing.

    Args:
        source: The s3:// address of a .zip or .tar.gz file; or a file or folder on the worker.
        component: The front end that it is a build of.
        version: The release's version; it can be taken only once.
        commit: The commit that it was built from.
        by: Who asks; recorded in the release.
    """
    world = world_of_run(by)
    request = procedure.PublishRequest(source, component, version, commit)
    published = procedure.publish(world, request, run_step)
    show_published(published)
    offer_in_forms(version)
    return done(published_line(published))
