"""Setting up a server: everything of prefect.yaml and the automations, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from deployments.__main__ import REPOSITORY, set_up
from deployments.automations import SETTLING, automations, store
from deployments.file import deployments
from deployments.server import left_over
from flows.publish import publish
from tests.flows.conftest import Operator
from tests.story import BUILDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prefect.client.orchestration import SyncPrefectClient

    from tests.story import Story

FILE = REPOSITORY / "prefect.yaml"


@pytest.fixture
def server(
    client: SyncPrefectClient, _configuration: Path, story: Story
) -> Iterator[SyncPrefectClient]:
    """A server that was set up where two releases are published."""
    story.published("1.0.0", "1.1.0")
    set_up("/opt/crossfade")
    yield client
    for automation in client.read_automations():
        client.delete_automation(automation.id)
    for deployment in client.read_deployments():
        client.delete_deployment(deployment.id)


def test_a_server_is_set_up_from_the_files(
    server: SyncPrefectClient, story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    promote = server.read_deployment_by_name("promote/production")
    assert promote.pull_steps == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "/opt/crossfade"}}
    ]
    assert promote.work_pool_name == "crossfade"
    assert promote.parameter_openapi_schema is not None
    properties = promote.parameter_openapi_schema["properties"]
    assert properties["environment"]["enum"] == ["production"]
    assert properties["component"]["anyOf"][0]["enum"] == ["checkout", "web"]
    assert properties["version"]["anyOf"][0]["enum"] == ["1.1.0", "1.0.0"]
    _offers_what_is_published(server, story)
    _refuses_what_no_flow_knows(server)
    _keeps_what_an_operator_paused(server)
    _names_what_is_in_no_file_any_more(server)
    _writes_only_what_differs(server, capsys)
    _keeps_what_an_operator_turned_on_or_off(server)


def _offers_what_is_published(server: SyncPrefectClient, story: Story) -> None:
    source = story.build(BUILDS["1.0.0"], "more")
    given = {"source": source, "component": "web", "version": "2.0.0"}
    assert Operator(server, story).starts(publish, **given).state.is_completed()
    for name, field in (("promote/staging", "version"), ("rollback/any-environment", "to")):
        schema = server.read_deployment_by_name(name).parameter_openapi_schema or {}
        chosen = schema["properties"][field]["anyOf"][0]
        assert chosen["enum"] == ["2.0.0", "1.1.0", "1.0.0"]


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
        path_params={"id": server.read_deployment_by_name("promote/any-environment").id},
        json={"description": "by hand"},
    )
    silent = server.read_automations_by_name("crossfade: a silent run has crashed")[0]
    capsys.readouterr()
    set_up("/opt/crossfade")
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if not line.startswith("the same: ")] == [
        "kept work pool 'crossfade' (process)",
        "deployed promote/any-environment (description)",
        *[line for line in said if "not in prefect.yaml" in line],
    ]
    now = _written(server)
    assert {name for name, at in now.items() if at != before[name]} == {"promote/any-environment"}
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
    wanted = deployments(FILE, {"environment": ["production", "staging"]})
    assert left_over(server, wanted) == []
    nightly = server.read_deployment_by_name("purge/nightly")
    extra = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 0 * * *"), slug="weekly")
    server.request(
        "POST",
        "/deployments/{id}/schedules",
        path_params={"id": nightly.id},
        json=[extra.model_dump(mode="json", exclude_unset=True)],
    )
    fewer = [one for one in wanted if one.full_name != "unpin/any-component"]
    lines = left_over(server, fewer)
    assert any(line.startswith("not in prefect.yaml any more") for line in lines)
    assert "unpin/any-component" in lines[-1]
    assert "--prune" in lines[-1]
    assert any(line.startswith("schedule weekly of purge/nightly is not in") for line in lines)
    assert "deleted" in left_over(server, fewer, prune=True)[-1]
    with pytest.raises(ObjectNotFound):
        server.read_deployment_by_name("unpin/any-component")
    set_up("/opt/crossfade")


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
