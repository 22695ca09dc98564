"""Purge: delete releases past the depth to keep, and assets that no page needs any more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crossfade.errors import Refused
from crossfade.operations.purge import purge as procedure
from flows.parameters import ComponentOrAll
from flows.verb import Ended, done, verb
from tasks.artifacts import show_purge
from tasks.purge_pages import purge_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("purge-{component}")
def purge(
    *,
    component: ComponentOrAll = "",
    keep: Annotated[int, Field(ge=0)] = 0,
    versions: bool = False,
    apply: bool = False,
    plan: str = "",
    by: str = "",
) -> Ended:
    """Show what of a component's releases is needed no longer, and delete it if told to.

    What is live anywhere, pinned, among the newest or needed by a way back stays in any case. A
    component on which something is open is refused: that fails a purge, and not a dry run, or each
    promote in the night would.

    Args:
        component: The front end; empty for all, one after the other.
        keep: How many of the newest releases stay; 0 for the number in the configuration.
        versions: Delete noncurrent versions that no way back needs for good as well.
        apply: Delete; else it is a dry run.
        plan: Do it only if the plan is still the one of this digest, as a dry run names it.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    request = procedure.PurgeRequest(component, keep or None, apply, versions, plan)
    outcome = procedure.purge(world, request, run_step)
    show_purge(outcome)
    told = purge_line(outcome)
    if outcome.refused:
        told += ": " + "; ".join(f"{name}: {why}" for name, why in outcome.refused.items())
        if apply:
            raise Refused(told)
    return done(told)
