"""Who started a run: what Prefect knows, and what is only said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from tasks.world import UNNAMED, actor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = UUID("01a20515-c4e4-781b-aeea-1704d16e1a7f")


def _run(**known: Any) -> FlowRun:
    facts: Mapping[str, Any] = {"id": RUN, "name": "promote-web", "flow_id": uuid4(), **known}
    return FlowRun(**facts)


@pytest.fixture(autouse=True)
def _a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSFADE_ACTOR", "worker-1")


def test_a_run_in_this_process_was_started_by_its_user() -> None:
    actor = actor_of(_run(), "")
    assert (actor.who, actor.trigger) == ("worker-1", "person")
    assert actor.via == f"flow run promote-web, {RUN}"


def test_a_schedule_is_named() -> None:
    nightly = {"id": uuid4(), "type": "SCHEDULE", "display_value": "nightly"}
    actor = actor_of(_run(auto_scheduled=True, created_by=nightly, deployment_id=uuid4()), "")
    assert (actor.who, actor.trigger) == ("schedule nightly", "schedule")


def test_an_automation_is_named() -> None:
    by = {"id": uuid4(), "type": "AUTOMATION", "display_value": "settle after a crash"}
    actor = actor_of(_run(created_by=by, deployment_id=uuid4()), "")
    assert (actor.who, actor.trigger) == ("automation settle after a crash", "automation")


def test_whoever_starts_a_deployment_is_who_they_say_they_are() -> None:
    actor = actor_of(_run(deployment_id=uuid4()), "alarm web-5xx")
    assert (actor.who, actor.trigger) == ("alarm web-5xx", "request")


def test_and_not_the_worker_when_they_say_nothing() -> None:
    assert actor_of(_run(deployment_id=uuid4()), "").who == UNNAMED


def test_outside_a_run_it_is_the_user_of_the_process() -> None:
    assert actor_of(None, "").who == "worker-1"
