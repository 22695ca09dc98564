"""Promote: make a release live in an environment."""

from __future__ import annotations

from crossfade.errors import BadInput
from crossfade.operations.sites import promote as procedure
from flows.parameters import NO_TRAIN, ComponentName, EnvironmentName, Train, VersionName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_change
from tasks.pages import outcome_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("promote-{component}-{version}-in-{environment}")
def promote(
    *,
    environment: EnvironmentName,
    component: ComponentName,
    version: VersionName,
    train: Train = NO_TRAIN,
    dry_run: bool = False,
    plan: str = "",
    by: str = "",
) -> Ended:
    """Make a release live; with a train, the releases of several components together.

    Args:
        environment: Where to make it live.
        component: The front end.
        version: The release; it must be published.
        train: Versions of further components that go live, and come back, together with it.
        dry_run: Show what would change, and change nothing.
        plan: Do it only if the plan is still the one of this digest, as a dry run names it.
        by: Who asks; recorded in the journal.
    """
    versions = {component: version, **train}
    if versions[component] != version:
        raise BadInput(f"{component} is in its own train as {versions[component]}: name it once")
    world = world_of_run(by)
    request = procedure.PromoteRequest(environment, versions, dry_run, plan)
    outcome = procedure.promote(world, request, run_step)
    show_change(world, outcome)
    return done(outcome_line(outcome))
