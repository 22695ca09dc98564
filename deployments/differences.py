"""What of a server differs from the files, so that only that is written.

Writing what is the same is no idle work: an automation that is written forgets what it was waiting
for, and runs that a machine took with it would stay Running for good; a deployment that is written
loses the runs that its schedule has made ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect.exceptions import ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect.automations import AutomationCore
    from prefect.client.orchestration import SyncPrefectClient

    from deployments.file import Deployed

NEW = "new"
"""What is said to differ of a deployment that is not on the server."""

COMPARED = (
    *("description", "tags", "parameters", "entrypoint", "enforce_parameter_schema"),
    *("pull_steps", "work_pool_name", "job_variables", "concurrency_options"),
)
"""What of a deployment is compared as the server has it; its limit, schedules and schema are not
kept there as they are written."""


def differing(
    client: SyncPrefectClient, wanted: Sequence[Deployed], pull: list[Any]
) -> dict[str, list[str]]:
    """Return what differs of each deployment that is not on the server as it would be written.

    Args:
        client: Prefect's API.
        wanted: The deployments of the file.
        pull: The steps before each of their runs, as they are written.
    """
    found = {one.full_name: _differences(client, one, pull) for one in wanted}
    return {name: fields for name, fields in found.items() if fields}


def same(there: AutomationCore, wanted: AutomationCore) -> bool:
    """Whether an automation is as it would be written; being paused is the operator's business."""
    left_out = {"id", "enabled"}
    return there.model_dump(exclude=left_out) == wanted.model_dump(exclude=left_out)


def _differences(client: SyncPrefectClient, deployed: Deployed, pull: list[Any]) -> list[str]:
    try:
        known = client.read_deployment_by_name(deployed.full_name)
    except ObjectNotFound:
        return [NEW]
    answer = client.request("GET", "/deployments/{id}", path_params={"id": known.id}).json()
    there, wanted = _there(answer, deployed), _wanted(deployed, pull)
    return [name for name, value in wanted.items() if there[name] != value]


def _wanted(deployed: Deployed, pull: list[Any]) -> dict[str, Any]:
    document = deployed.document
    limit = document["concurrency_limit"]
    return {
        "description": document["description"],
        "tags": document["tags"],
        "parameters": document.get("parameters", {}),
        "entrypoint": document["entrypoint"],
        "enforce_parameter_schema": True,
        "pull_steps": pull,
        "work_pool_name": document["work_pool"]["name"],
        "job_variables": document["work_pool"]["job_variables"],
        "concurrency_options": {key: limit[key] for key in limit if key != "limit"},
        "limit": limit["limit"],
        "schedules": {
            one["slug"]: (one["cron"], one["timezone"]) for one in document.get("schedules", ())
        },
        "parameter_openapi_schema": deployed.schema(),
    }


def _there(answer: dict[str, Any], deployed: Deployed) -> dict[str, Any]:
    return {
        **{name: answer[name] for name in COMPARED},
        "limit": (answer["global_concurrency_limit"] or {}).get("limit"),
        "schedules": {
            one["slug"]: (one["schedule"].get("cron"), one["schedule"].get("timezone"))
            for one in answer["schedules"]
            if one["slug"] in deployed.slugs
        },
        "parameter_openapi_schema": answer["parameter_openapi_schema"],
    }
