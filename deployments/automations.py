"""Automations: what Prefect's server does by itself about runs that die.

They are found by name and updated in place, so that this may run again and again. One that is as
it must be is not written, or it would forget which silent runs it is waiting for. Whether one is
paused is the operator's business and stays as it is.

A cancelled run starts nothing that changes anything: somebody said stop. What it left open is told
in its state, reported by `settle/hourly`, and taken on or back by a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prefect.automations import AutomationCore, EventTrigger, Posture
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.events import ResourceSpecification

from deployments.differences import same

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient

SETTLING = "settle/after-a-crash"
"""The deployment that takes on what a crashed run left open."""

TELLING = "settle/after-a-cancel"
"""The deployment that writes into a cancelled run's state what it left half done."""

SILENT = timedelta(minutes=3)
"""Three heartbeats, of 60 s in prefect.yaml and in `python -m flows`; longer than a lease."""

CHANGING = [
    *("promote", "rollback", "purge", "resume", "reverse"),
    *("migrate", "advance", "back", "abort", "finish", "move-cron", "tandem"),
]
"""Flows that leave an operation open when they die. `settle` is not one of them: a crash of its own
must not start it for ever. Flows that are not here open nothing."""

_RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
_BEGAN = ResourceSpecification(
    {"prefect.resource.id": "prefect.flow-run.*", "prefect.run-count": "!0"}
)
"""Runs that have begun: not those that are cancelled because there is no room for them."""
_OURS = ResourceSpecification(
    {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.crossfade"}
)
_CHANGING = ResourceSpecification(
    {"prefect.resource.role": "flow", "prefect.resource.name": CHANGING}
)
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended")
_HEARTBEAT = "prefect.flow-run.heartbeat"
_BEGUN = ("Running", "Scheduled", "Late", "AwaitingRetry", "AwaitingConcurrencySlot", "Cancelling")
_ITS_RUN = {"__prefect_kind": "jinja", "template": "{{ flow_run.id }}"}


def automations(settling: UUID, telling: UUID) -> tuple[AutomationCore, ...]:
    """Return the automations as they must be.

    Args:
        settling: Id of the deployment `settle/after-a-crash`.
        telling: Id of the deployment `settle/after-a-cancel`.
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
            name="crossfade: a run that does not begin has crashed",
            description="Runs whose worker died before it began them stay Pending.",
            trigger=EventTrigger(
                after={"prefect.flow-run.Pending"},
                expect={f"prefect.flow-run.{name}" for name in (*_BEGUN, *_ENDS)},
                match=_RUNS,
                match_related=_OURS,
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=SILENT,
            ),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED,
                    message="It did not begin: its worker died. Nothing was changed; ask again.",
                )
            ],
        ),
        AutomationCore(
            name="crossfade: settle after a crash",
            description="Waits out the lease of the dead worker and takes its operation on.",
            trigger=EventTrigger(
                expect={"prefect.flow-run.Crashed"},
                match=_RUNS,
                match_related=[_OURS, _CHANGING],
                posture=Posture.Reactive,
                threshold=1,
            ),
            actions=[RunDeployment(deployment_id=settling, parameters={"apply": True})],
        ),
        AutomationCore(
            name="crossfade: tell what a cancelled run left",
            description="Prefect says that it was cancelled successfully, also in mid-change.",
            trigger=EventTrigger(
                expect={"prefect.flow-run.Cancelled"},
                match=_BEGAN,
                match_related=[_OURS, _CHANGING],
                posture=Posture.Reactive,
                threshold=1,
            ),
            actions=[RunDeployment(deployment_id=telling, parameters={"cancelled": _ITS_RUN})],
        ),
    )


def store(client: SyncPrefectClient) -> list[str]:
    """Create the automations that are missing, update those that differ; say what was done."""
    settling, telling = (client.read_deployment_by_name(name).id for name in (SETTLING, TELLING))
    return [_store_one(client, wanted) for wanted in automations(settling, telling)]


def _store_one(client: SyncPrefectClient, wanted: AutomationCore) -> str:
    there = client.read_automations_by_name(wanted.name)
    if not there:
        client.create_automation(wanted)
        return f"created automation {wanted.name!r}"
    kept, *others = there
    for other in others:
        client.delete_automation(other.id)
    paused = "" if kept.enabled else " (it is paused)"
    if same(kept, wanted):
        return f"the same: automation {wanted.name!r}{paused}"
    client.update_automation(kept.id, wanted.model_copy(update={"enabled": kept.enabled}))
    return f"updated automation {wanted.name!r}{paused}"
