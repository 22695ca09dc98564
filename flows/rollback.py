"""Rollback: go back to what was live before."""

from __future__ import annotations

from crossfade.operations.sites import rollback as procedure
from crossfade.plan.sites.rollback import Mode
from flows.parameters import ComponentName, EnvironmentName, VersionOrNone
from flows.verb import Ended, done, verb
from tasks.artifacts import show_change
from tasks.pages import outcome_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("rollback-{component}-in-{environment}")
def rollback(
    *,
    environment: EnvironmentName,
    component: ComponentName,
    to: VersionOrNone = "",
    mode: Mode = Mode.AUTO,
    dry_run: bool = False,
    plan: str = "",
    if_live: VersionOrNone = "",
    by: str = "",
) -> Ended:
    """Go back to what was live before, with the other components of its train.

    Args:
        environment: Where to go back.
        component: The front end.
        to: A version that was live, or an operation to undo; empty for what was live before.
        mode: How: `redeploy` copies the earlier release again, `restore` puts back the objects
            that were replaced; `auto` picks.
        dry_run: Show what would change, and change nothing.
        plan: Do it only if the plan is still the one of this digest, as a dry run names it.
        if_live: Go back only where this version is live, and do nothing elsewhere; an alarm that
            asks twice then goes back once.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    request = procedure.RollbackRequest(environment, component, to, mode, dry_run, plan, if_live)
    outcome = procedure.rollback(world, request, run_step)
    show_change(world, outcome)
    return done(outcome_line(outcome))
