"""Automations: what Prefect's server does by itself about runs that die.

They are found by name and updated in place, so that this may run again and again; whether one is
paused is the operator's business and stays as it is.

A cancelled run starts nothing: somebody said stop. What it left open is reported by `settle/hourly`
and taken on or back by a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prefect.automations import AutomationCore, EventTrigger, Posture
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.events import ResourceSpecification

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient

SETTLING = "settle/after-a-crash"
"""The deployment that takes on what a crashed run left open."""

SILENT = timedelta(minutes=3)
"""Three heartbeats, of 60 s in prefect.yaml and in `python -m flows`; longer than a lease."""

CHANGING = ["promote", "rollback", "purge", "resume", "reverse"]
"""Flows that leave an operation open when they die. `settle` is not one of them: a crash of its own
must not start it for ever."""

_RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
_OURS = ResourceSpecification(
    {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.crossfade"}
)
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended")
_HEARTBEAT = "prefect.flow-run.heartbeat"


def automations(settling: UUID) -> tuple[AutomationCore, ...]:
    """Return the automations as they must be.

    Args:
        settling: Id of the deployment `settle/after-a-crash`.
    """
    return (
        AutomationCore(
            name="crossfade: a silent run has crashed",
            description="Runs whose worker died with them send no heartbeat and stay Running.",
            trigger=EventTrigger(
                after={_HEARTBEAT},
                expect={_HEARTBEAT, *(f"prefect.flow-run.{end}" for end in _ENDS)},
                match=_RUNS,
                match_related=_OURS,
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=SILENT,
            ),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED, message="No heartbeat: its process or machine died."
                )
            ],
        ),
        AutomationCore(
            name="crossfade: settle after a crash",
            description="Waits out the lease of the dead worker and takes its operation on.",
            trigger=EventTrigger(
                expect={"prefect.flow-run.Crashed"},
                match=_RUNS,
                match_related=[
                    _OURS,
                    ResourceSpecification(
                        {"prefect.resource.role": "flow", "prefect.resource.name": CHANGING}
                    ),
                ],
                posture=Posture.Reactive,
                threshold=1,
            ),
            actions=[RunDeployment(deployment_id=settling, parameters={"apply": True})],
        ),
    )


def store(client: SyncPrefectClient) -> list[str]:
    """Create the automations that are missing and update the others; say what was done."""
    deployment = client.read_deployment_by_name(SETTLING)
    return [_store_one(client, wanted) for wanted in automations(deployment.id)]


def _store_one(client: SyncPrefectClient, wanted: AutomationCore) -> str:
    there = client.read_automations_by_name(wanted.name)
    if not there:
        client.create_automation(wanted)
        return f"created automation {wanted.name!r}"
    kept, *others = there
    client.update_automation(kept.id, wanted.model_copy(update={"enabled": kept.enabled}))
    for other in others:
        client.delete_automation(other.id)
    return f"updated automation {wanted.name!r}" + ("" if kept.enabled else " (it is paused)")
