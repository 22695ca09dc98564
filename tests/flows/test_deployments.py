"""Setting up a server: everything of prefect.yaml and the automations, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import PrefectHTTPStatusError

from deployments.__main__ import REPOSITORY, set_up
from deployments.automations import automations, store
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


def test_a_server_is_set_up_from_the_files(server: SyncPrefectClient) -> None:
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
    _keeps_what_an_operator_turned_on_or_off(server)


def _refuses_what_no_flow_knows(server: SyncPrefectClient) -> None:
    settle = server.read_deployment_by_name("settle/hourly")
    with pytest.raises(PrefectHTTPStatusError, match="409"):
        server.create_flow_run_from_deployment(settle.id, parameters={"colour": "red"})


def _keeps_what_an_operator_paused(server: SyncPrefectClient) -> None:
    settling = server.read_deployment_by_name("settle/after-a-crash").id
    names = {wanted.name for wanted in automations(settling)}
    first = next(one for one in server.read_automations() if one.name in names)
    server.pause_automation(first.id)
    assert any("(it is paused)" in line for line in store(server))
    there = [one for one in server.read_automations() if one.name in names]
    assert len(there) == len(names), "none was doubled"
    assert [one.enabled for one in there if one.id == first.id] == [False]


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
