"""Setting up a server: everything of prefect.yaml and the automations, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import PrefectHTTPStatusError

from deployments.__main__ import REPOSITORY, set_up
from deployments.automations import SETTLING, automations, store
from deployments.file import deployments
from deployments.server import left_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prefect.client.orchestration import SyncPrefectClient

FILE = REPOSITORY / "prefect.yaml"


@pytest.fixture
def server(client: SyncPrefectClient, _configuration: Path) -> Iterator[SyncPrefectClient]:
    """A server that was set up."""
    set_up("/opt/crossfade")
    yield client
    for automation in client.read_automations():
        client.delete_automation(automation.id)
    for deployment in client.read_deployments():
        client.delete_deployment(deployment.id)


def test_a_server_is_set_up_from_the_files(
    server: SyncPrefectClient, capsys: pytest.CaptureFixture[str]
) -> None:
    promote = server.read_deployment_by_name("promote/on-request")
    assert promote.pull_steps == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "/opt/crossfade"}}
    ]
    assert promote.work_pool_name == "crossfade"
    assert promote.parameter_openapi_schema is not None
    assert promote.parameter_openapi_schema["properties"]["environment"]["enum"] == [
        "production",
        "staging",
    ]
    _refuses_what_no_flow_knows(server)
    _keeps_what_an_operator_paused(server)
    _names_what_is_in_no_file_any_more(server)
    _writes_only_what_differs(server, capsys)
    _keeps_what_an_operator_turned_on_or_off(server)


def _refuses_what_no_flow_knows(server: SyncPrefectClient) -> None:
    settle = server.read_deployment_by_name("settle/hourly")
    with pytest.raises(PrefectHTTPStatusError, match="409"):
        server.create_flow_run_from_deployment(settle.id, parameters={"colour": "red"})


def _keeps_what_an_operator_paused(server: SyncPrefectClient) -> None:
    settling = server.read_deployment_by_name(SETTLING).id
    names = {wanted.name for wanted in automations(settling, settling)}
    first = next(one for one in server.read_automations() if one.name in names)
    server.pause_automation(first.id)
    assert any("(it is paused)" in line for line in store(server))
    there = [one for one in server.read_automations() if one.name in names]
    assert len(there) == len(names), "none was doubled"
    assert [one.enabled for one in there if one.id == first.id] == [False]


def _writes_only_what_differs(
    server: SyncPrefectClient, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _written(server)
    server.request(
        "PATCH",
        "/deployments/{id}",
        path_params={"id": server.read_deployment_by_name("promote/on-request").id},
        json={"description": "by hand"},
    )
    silent = server.read_automations_by_name("crossfade: a silent run has crashed")[0]
    capsys.readouterr()
    set_up("/opt/crossfade")
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if not line.startswith("the same: ")] == [
        "kept work pool 'crossfade' (process)",
        "deployed promote/on-request (description)",
        *[line for line in said if "is not in prefect.yaml" in line],
    ]
    now = _written(server)
    assert {name for name, at in now.items() if at != before[name]} == {"promote/on-request"}
    assert silent.name in now

    (wanted, *_) = automations(silent.id, silent.id)
    server.update_automation(silent.id, wanted.model_copy(update={"description": "by hand"}))
    assert [line for line in store(server) if not line.startswith("the same: ")] == [
        f"updated automation {silent.name!r}"
    ]


def _written(server: SyncPrefectClient) -> dict[str, object]:
    """When each deployment and automation was written last."""
    flows = {one["id"]: one["name"] for one in server.request("POST", "/flows/filter").json()}
    there = {
        f"{flows[one['flow_id']]}/{one['name']}": one["updated"]
        for one in server.request("POST", "/deployments/filter").json()
    }
    for one in server.request("POST", "/automations/filter").json():
        there[one["name"]] = one["updated"]
    return there


def _names_what_is_in_no_file_any_more(server: SyncPrefectClient) -> None:
    wanted = deployments(FILE)
    assert left_over(server, wanted) == []
    nightly = server.read_deployment_by_name("purge/nightly")
    extra = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 0 * * *"), slug="weekly")
    server.request(
        "POST",
        "/deployments/{id}/schedules",
        path_params={"id": nightly.id},
        json=[extra.model_dump(mode="json", exclude_unset=True)],
    )
    lines = left_over(server, [one for one in wanted if one.full_name != "settle/hourly"])
    assert any(line.startswith("settle/hourly is not in prefect.yaml any more") for line in lines)
    assert any(line.startswith("schedule weekly of purge/nightly is not in") for line in lines)


def _keeps_what_an_operator_turned_on_or_off(server: SyncPrefectClient) -> None:
    switched = {"advance/minutely": True, "settle/hourly": False}
    for name, on in switched.items():
        deployment = server.read_deployment_by_name(name)
        (schedule,) = deployment.schedules
        server.update_deployment_schedule(deployment.id, schedule.id, active=on)
    paused = server.read_deployment_by_name("gather/hourly")
    server.pause_deployment(paused.id)
    set_up("/opt/crossfade")
    for name, on in switched.items():
        (schedule,) = server.read_deployment_by_name(name).schedules
        assert schedule.active is on, name
    assert server.read_deployment_by_name("gather/hourly").paused
