"""prefect.yaml: every deployment loads, fits its flow, and can run beside the others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]  # PyYAML carries no types
from prefect.client.schemas.schedules import CronSchedule

from crossfade.plan.base.duration import parse_duration
from crossfade.settings import load
from deployments.automations import SILENT
from deployments.file import Deployed, Switched, deployments, with_switches
from flows.__main__ import HEARTBEAT_SECONDS, TAGS, VERBS
from tasks.pages import PROMOTE, PURGE, RESUME, REVERSE, ROLLBACK

if TYPE_CHECKING:
    from flows.offering import Names

FILE = Path(__file__).parents[1] / "prefect.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text())
NAMES: Names = {"environment": ["production", "staging"], "migration": ["shop", "minutely"]}
DEPLOYMENTS = deployments(FILE, NAMES)
BY_NAME = {one.full_name: one for one in DEPLOYMENTS}

LEAST_GRACE_SECONDS = 60
"""Prefect takes no less."""

each = pytest.mark.parametrize("deployed", DEPLOYMENTS, ids=lambda one: one.full_name)


@each
def test_its_entrypoint_is_a_module_path_to_the_flow_of_that_name(deployed: Deployed) -> None:
    name = deployed.flow.name
    module = name.replace("-", "_")
    assert deployed.document["entrypoint"] == f"flows.{module}.{module}"
    assert deployed.flow is VERBS[name]


@each
def test_its_parameters_are_ones_that_the_flow_takes(deployed: Deployed) -> None:
    given = deployed.document.get("parameters", {})
    assert given.keys() <= deployed.flow.parameters.properties.keys()
    schema = deployed.flow.parameters
    required = {name: schema.properties[name].get("enum", ["x"])[0] for name in schema.required}
    deployed.flow.validate_parameters({**required, **given})


@each
def test_its_name_says_where_or_when(deployed: Deployed) -> None:
    assert deployed.name not in {"default", "deployment", deployed.flow.name}


@each
def test_it_has_a_limit_and_says_what_happens_beyond_it(deployed: Deployed) -> None:
    limit = deployed.document["concurrency_limit"]
    assert limit["limit"] >= 1
    assert limit["collision_strategy"] in {"ENQUEUE", "CANCEL_NEW"}


@each
def test_a_run_that_never_begins_holds_its_slot_for_no_longer_than_a_minute(
    deployed: Deployed,
) -> None:
    assert deployed.document["concurrency_limit"]["grace_period_seconds"] == LEAST_GRACE_SECONDS


@each
def test_a_schedule_has_a_slug_a_time_zone_and_runs_alone(deployed: Deployed) -> None:
    for schedule in deployed.document.get("schedules", ()):
        assert schedule["slug"]
        CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        assert deployed.document["concurrency_limit"]["limit"] == 1


@each
def test_it_carries_the_tags_that_automations_go_by(deployed: Deployed) -> None:
    tags = deployed.document["tags"]
    assert set(TAGS) < set(tags), "and at least one that says what it is about"
    assert len(tags) == len(set(tags))


@each
def test_it_runs_in_crossfade_s_pool_with_a_heartbeat(deployed: Deployed) -> None:
    pool = deployed.document["work_pool"]
    assert pool["name"] == "crossfade"
    beat = int(pool["job_variables"]["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    assert beat == HEARTBEAT_SECONDS
    assert timedelta(seconds=3 * beat) <= SILENT, "one or two lost beats are no crash"


@each
def test_what_may_change_something_obeys_no_order_of_hours_ago(deployed: Deployed) -> None:
    given = deployed.document.get("parameters", {})
    decides = {"advance", "gather", "purge", "report", "settle"}  # from the world as it is then
    decides |= {"status", "history", "doctor", "gate-check"}  # they read
    if deployed.flow.name in decides or deployed.document.get("schedules"):
        assert "latest_start" not in given
        return
    assert parse_duration(given["latest_start"]) == timedelta(minutes=15)


def test_nothing_on_a_schedule_that_nobody_turned_on_changes_anything() -> None:
    for deployed in DEPLOYMENTS:
        schedules = deployed.document.get("schedules", ())
        if any(schedule["active"] for schedule in schedules):
            assert deployed.document["parameters"]["apply"] is False


def test_ways_back_have_more_room_than_ways_forward() -> None:
    limits = {one.full_name: one.document["concurrency_limit"]["limit"] for one in DEPLOYMENTS}
    for back in (ROLLBACK, REVERSE, RESUME, "rollback/production", "abort/shop"):
        assert limits[back] > limits[PROMOTE]


def test_every_flow_can_be_started_by_people_and_scripts() -> None:
    general = {one.flow.name for one in DEPLOYMENTS if one.name.startswith(("any-", "every"))}
    assert general == VERBS.keys() - {"settle"}


@pytest.mark.parametrize("name", [PROMOTE, PURGE, RESUME, REVERSE, ROLLBACK])
def test_the_deployments_that_pages_name_are_there(name: str) -> None:
    assert name in BY_NAME


@pytest.mark.parametrize(
    ("name", "fixed"),
    [
        ("promote/production", {"environment": "production"}),
        ("rollback/staging", {"environment": "staging"}),
        ("abort/shop", {"name": "shop"}),
    ],
)
def test_each_environment_and_migration_has_its_own_whose_form_names_no_other(
    name: str, fixed: dict[str, str]
) -> None:
    deployed = BY_NAME[name]
    ((parameter, value),) = fixed.items()
    field = deployed.schema()["properties"][parameter]
    assert (field["enum"], field["default"]) == ([value], value)
    assert deployed.document["parameters"][parameter] == value
    assert value in deployed.document["description"]
    assert value in deployed.document["tags"]


def test_a_name_that_the_file_has_taken_gets_no_deployment_of_its_own() -> None:
    assert BY_NAME["advance/minutely"].document["schedules"]
    assert len(BY_NAME) == len(DEPLOYMENTS)


def test_descriptions_are_sentences() -> None:
    for deployed in DEPLOYMENTS:
        assert deployed.document["description"].rstrip().endswith("."), deployed.full_name


def test_a_new_server_gets_every_switch_as_the_file_has_it() -> None:
    written = yaml.safe_load(with_switches(FILE, DEPLOYMENTS, {}))
    assert written["deployments"] == [one.document for one in DEPLOYMENTS]
    assert {**written, "deployments": []} == {**DOCUMENT, "deployments": []}


def test_deploying_again_leaves_switches_to_whoever_runs_the_server() -> None:
    there = {"advance/minutely": Switched(frozenset({"minutely"}), paused=True)}
    document = yaml.safe_load(with_switches(FILE, DEPLOYMENTS, there))
    named = dict(zip((one.full_name for one in DEPLOYMENTS), document["deployments"], strict=True))
    assert named["advance/minutely"]["paused"] is True
    (schedule,) = named["advance/minutely"]["schedules"]
    assert "active" not in schedule
    assert schedule["cron"] == "* * * * *"
    for deployed in DEPLOYMENTS:
        if deployed.full_name not in there:
            assert named[deployed.full_name] == deployed.document


def test_a_schedule_that_is_new_on_a_server_gets_its_switch_from_the_file() -> None:
    there = {"purge/nightly": Switched(frozenset({"weekly"}), paused=False)}
    written = yaml.safe_load(with_switches(FILE, DEPLOYMENTS, there))
    assert written["deployments"] == [one.document for one in DEPLOYMENTS]


def test_workers_find_the_repository_by_a_variable() -> None:
    (step,) = DOCUMENT["pull"]
    (directory,) = step.values()
    assert directory == {"directory": "{{ $CROSSFADE_HOME }}"}


def test_the_sample_configuration_is_one_that_crossfade_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSFADE_CONFIG", str(FILE.parent / "deployments" / "crossfade.toml"))
    settings = load()
    assert set(settings.environments) == {"staging", "production"}
    assert settings.components["checkout"].path == "checkout/"


def test_the_image_holds_everything_that_a_run_imports() -> None:
    image = (FILE.parent / "deployments" / "Dockerfile").read_text()
    for room in ("crossfade", "flows", "tasks", "deployments"):
        assert f"COPY {room} {room}\n" in image
    assert "COPY prefect.yaml ./\n" in image
    assert "WORKDIR /opt/crossfade\n" in image
