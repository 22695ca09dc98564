"""What the server does by itself about runs that end badly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from prefect.events.schemas.events import Resource

from deployments.automations import CHANGING, SILENT, automations
from flows.__main__ import TAGS, VERBS

if TYPE_CHECKING:
    from prefect.automations import AutomationCore

SETTLING, TELLING = uuid4(), uuid4()
ALL = {one.name: one for one in automations(SETTLING, TELLING)}
CANCELLED = "crossfade: tell what a cancelled run left"
NOT_BEGUN = "crossfade: a run that does not begin has crashed"

OPENING_NOTHING = {"publish", "gather", "report"} | {"hold", "approve", "override", "ready"}
OPENING_NOTHING |= {"pin", "unpin", "status", "history", "doctor", "gate-check"}
"""A release is there or not; a person's word, a pin, a page and a tick's record are one write; the
others read."""


def test_a_crash_of_every_flow_that_can_leave_an_operation_open_is_settled() -> None:
    assert set(CHANGING) == VERBS.keys() - OPENING_NOTHING - {"settle"}
    assert _flows(ALL["crossfade: settle after a crash"]) == CHANGING


def test_what_a_cancelled_run_left_is_told_by_a_run_that_is_handed_its_id() -> None:
    automation = ALL[CANCELLED]
    assert _flows(automation) == CHANGING
    (action,) = automation.actions
    assert (action.deployment_id, action.parameters) == (
        TELLING,
        {"cancelled": {"__prefect_kind": "jinja", "template": "{{ flow_run.id }}"}},
    )


@pytest.mark.parametrize(("begun", "told"), [("0", False), ("1", True)])
def test_only_runs_that_had_begun_are_asked_what_they_left(begun: str, *, told: bool) -> None:
    labels = {"prefect.resource.id": "prefect.flow-run.1", "prefect.run-count": begun}
    assert _trigger(ALL[CANCELLED]).match.matches(Resource(labels)) is told


def test_a_run_that_does_not_begin_is_marked_as_crashed_unless_anything_becomes_of_it() -> None:
    trigger = _trigger(ALL[NOT_BEGUN])
    assert trigger.after == {"prefect.flow-run.Pending"}
    assert {"prefect.flow-run.Running", "prefect.flow-run.Cancelled"} <= trigger.expect
    assert trigger.within == SILENT
    assert trigger.for_each == {"prefect.resource.id"}


def _trigger(automation: AutomationCore) -> Any:
    return automation.trigger


def _flows(automation: AutomationCore) -> list[str]:
    tag, flow = _trigger(automation).match_related
    assert tag["prefect.resource.id"] == [f"prefect.tag.{name}" for name in TAGS]
    return list(flow["prefect.resource.name"])
