"""What a Prefect server must have beside deployments, and what it should not have any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound

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


def write_schema(client: SyncPrefectClient, deployed: Deployed) -> None:
    """Give a deployment the schema of its form; Prefect's own offers and refuses nothing."""
    deployment = client.read_deployment_by_name(deployed.full_name)
    client.request(
        "PATCH",
        "/deployments/{id}",
        path_params={"id": deployment.id},
        json={"parameter_openapi_schema": deployed.schema()},
    )


def create(client: SyncPrefectClient, deployed: Deployed, pull: list[dict[str, Any]]) -> None:
    """Create a deployment that is not there, in one request; Prefect's own command needs many.

    Args:
        client: Prefect's API.
        deployed: What it is to be.
        pull: The steps before each of its runs.
    """
    document = deployed.document
    options = {**document["concurrency_limit"]}
    limit = options.pop("limit")
    client.create_deployment(
        flow_id=client.create_flow_from_name(deployed.flow.name),
        name=deployed.name,
        version=deployed.flow.version,
        entrypoint=document["entrypoint"],
        description=document["description"],
        tags=document["tags"],
        parameters=document.get("parameters", {}),
        work_pool_name=document["work_pool"]["name"],
        job_variables=document["work_pool"]["job_variables"],
        pull_steps=pull,
        concurrency_limit=limit,
        concurrency_options=ConcurrencyOptions(**options),
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=one["cron"], timezone=one["timezone"]),
                slug=one["slug"],
                active=one["active"],
            )
            for one in document.get("schedules", ())
        ],
        parameter_openapi_schema=deployed.schema(),
        enforce_parameter_schema=True,
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


def left_over(
    client: SyncPrefectClient, wanted: Sequence[Deployed], *, prune: bool = False
) -> list[str]:
    """Name deployments and schedules of the server that are in no file any more, or delete those.

    Args:
        client: Prefect's API.
        wanted: The deployments of the file.
        prune: Delete the deployments; scripts that start them by their former names then fail.
    """
    known = {deployment.full_name: deployment.slugs for deployment in wanted}
    there = client.read_deployments(
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    )
    former, lines = [], []
    for deployment in there:
        name = f"{client.read_flow(deployment.flow_id).name}/{deployment.name}"
        if name not in known:
            former.append(name)
            if prune:
                client.delete_deployment(deployment.id)
            continue
        lines += [
            f"schedule {schedule.slug or schedule.id} of {name} is not in prefect.yaml: "
            f"`prefect deployment schedule delete {name} {schedule.id}`"
            for schedule in deployment.schedules
            if schedule.slug not in known[name]
        ]
    return [*lines, *_former(sorted(former), pruned=prune)]


def _former(names: Sequence[str], *, pruned: bool) -> list[str]:
    if not names:
        return []
    told = ", ".join(names)
    if pruned:
        return [f"deleted what is not in prefect.yaml any more: {told}"]
    text = f"not in prefect.yaml any more, and left for scripts that still start them: {told}"
    return [f"{text}; `python -m deployments --prune` deletes them"]
