"""The world as a flow run sees it: the settings of its worker, and who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.context import FlowRunContext

from crossfade.operations.base.world import World, person
from crossfade.plan.journal.operation import Actor
from crossfade.settings import load
from tasks.reporting import RunLog

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

UNNAMED = "somebody through the Prefect API"
"""Who asked, where nobody says: Prefect's open-source server does not know its callers."""


def world_of_run(by: str = "") -> World:
    """Return the world for the flow run that calls this.

    Args:
        by: Who asks, as the run's parameter says; "" where it does not.

    Raises:
        BadInput: The configuration of this worker is missing or wrong.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    settings, log = load(), RunLog()
    if said := settings.without():
        log.say(said)
    return World(settings=settings, actor=actor_of(run, by), report=log)


def actor_of(run: FlowRun | None, by: str) -> Actor:
    """Tell who or what started a run, for the journal.

    A schedule and an automation are known to Prefect. A run without a deployment was started in
    this process, by its user. Everybody else is who they say they are.
    """
    if run is None:
        return person()
    via = f"flow run {run.name}, {run.id}"
    creator = run.created_by
    if creator is not None and creator.type == "AUTOMATION":
        return Actor(by or f"automation {creator.display_value}", via, "automation")
    if run.auto_scheduled:
        slug = creator.display_value if creator is not None else ""
        return Actor(by or f"schedule {slug}".strip(), via, "schedule")
    if run.deployment_id is None:
        return Actor(by or person().who, via, "person")
    return Actor(by or UNNAMED, via, "request")
