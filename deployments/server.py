"""What a Prefect server must have beside deployments, and what it should not have any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.exceptions import ObjectNotFound

from deployments.differences import closed_schema
from deployments.file import Switched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect.client.orchestration import SyncPrefectClient

    from deployments.file import Deployed

POOL = "crossfade"
TAG = "crossfade"


def make_pool(client: SyncPrefectClient) -> str:
    """Create the work pool where there is none, of local processes; say what was done."""
    try:
        pool = client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        return f"created work pool {POOL!r} (process)"
    return f"kept work pool {POOL!r} ({pool.type})"


def close_schema(client: SyncPrefectClient, name: str) -> None:
    """Let the API refuse names that a flow's parameters do not have.

    Prefect's own schema leaves them open; such a run would be accepted, and crash.
    """
    deployment = client.read_deployment_by_name(name)
    schema = closed_schema(deployment.parameter_openapi_schema or {})
    client.request(
        "PATCH",
        "/deployments/{id}",
        path_params={"id": deployment.id},
        json={"parameter_openapi_schema": schema},
    )


def switches(client: SyncPrefectClient, wanted: Sequence[Deployed]) -> dict[str, Switched]:
    """Return what is switched on the server, by the full name of each deployment that it has."""
    found = {}
    for deployed in wanted:
        try:
            there = client.read_deployment_by_name(deployed.full_name)
        except ObjectNotFound:
            continue
        slugs = frozenset(schedule.slug for schedule in there.schedules if schedule.slug)
        found[deployed.full_name] = Switched(slugs, there.paused)
    return found


def left_over(client: SyncPrefectClient, wanted: Sequence[Deployed]) -> list[str]:
    """Name deployments and schedules of the server that are in no file any more."""
    known = {deployment.full_name: deployment.slugs for deployment in wanted}
    there = client.read_deployments(
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    )
    lines = []
    for deployment in there:
        name = f"{client.read_flow(deployment.flow_id).name}/{deployment.name}"
        if name not in known:
            lines.append(
                f"{name} is not in prefect.yaml any more: `prefect deployment delete {name}`"
            )
            continue
        lines += [
            f"schedule {schedule.slug or schedule.id} of {name} is not in prefect.yaml: "
            f"`prefect deployment schedule delete {name} {schedule.id}`"
            for schedule in deployment.schedules
            if schedule.slug not in known[name]
        ]
    return lines
