"""An order that is too old is refused: its run changes nothing and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from prefect.flow_engine import run_flow_sync
from prefect.states import AwaitingRetry, Late, Scheduled

from crossfade.errors import BadInput, Refused
from flows.__main__ import VERBS
from flows.lateness import latest_of
from flows.rollback import rollback
from tests.flows.conftest import Operator, Ran

if TYPE_CHECKING:
    from prefect import Flow, State
    from prefect.client.schemas.objects import FlowRun

WHERE = {"environment": "production", "component": "web"}
DUE = datetime(2026, 11, 28, 6, tzinfo=UTC)
HOURS_AGO = timedelta(hours=6)


@pytest.fixture
def mended(operator: Operator) -> Operator:
    """A release is live that would be rolled back from."""
    story = operator.story.published("1.0.0", "1.1.0")
    story.promote("1.0.0")
    story.promote("1.1.0")
    return operator


def _asked(operator: Operator, flow: Flow[..., Any], ago: timedelta, **parameters: Any) -> FlowRun:
    """Ask for a run that was due some time ago and was not taken by any worker."""
    due: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) - ago)
    return operator.client.create_flow_run(flow, parameters=parameters, state=due)


def _begins(operator: Operator, flow: Flow[..., Any], run: FlowRun) -> Ran:
    """Let a worker begin a run."""
    state = run_flow_sync(flow, run, run.parameters, return_type="state")
    return Ran(operator.client, state)  # type: ignore[arg-type]  # asked for a state


def _starts_late(operator: Operator, ago: timedelta, **parameters: Any) -> Ran:
    run = _asked(operator, rollback, ago, **WHERE, **parameters)
    return _begins(operator, rollback, run)


def test_an_order_of_hours_ago_is_refused_and_nothing_is_changed(mended: Operator) -> None:
    ran = _starts_late(mended, HOURS_AGO, latest_start="1h")
    assert ran.state.is_failed()
    assert isinstance(ran.error, Refused)
    assert ran.message.startswith("Refused: this run was due at 2")
    assert " and starts 6 h" in ran.message
    again = """`python -m flows rollback '{"environment": "production", "component": "web"}'`"""
    assert f"Nothing was changed. If it is still wanted, ask again: {again}" in ran.message
    assert mended.story.live() == "1.1.0"


def test_an_order_that_waited_a_little_is_obeyed(mended: Operator) -> None:
    ran = _starts_late(mended, timedelta(minutes=50), latest_start="1h")
    assert ran.state.is_completed()
    assert mended.story.live() == "1.0.0"


def test_without_a_latest_start_it_is_obeyed_however_late(mended: Operator) -> None:
    assert _starts_late(mended, HOURS_AGO).state.is_completed()


def test_a_rollback_of_what_is_still_live_is_never_too_late(mended: Operator) -> None:
    assert mended.story.live() != "9.9.9"
    late = {"latest_start": "15m", "if_live": mended.story.live()}
    assert _starts_late(mended, HOURS_AGO, **late).state.is_completed()
    assert _starts_late(mended, HOURS_AGO, latest_start="15m", if_live="9.9.9").state.is_completed()


def test_an_instant_can_be_the_latest_start(mended: Operator) -> None:
    passed = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    ran = _starts_late(mended, timedelta(minutes=2), latest_start=passed)
    assert isinstance(ran.error, Refused)
    ahead = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert _starts_late(mended, HOURS_AGO, latest_start=ahead).state.is_completed()


def test_a_run_that_had_begun_is_not_judged_when_it_is_retried(mended: Operator) -> None:
    run = _asked(mended, rollback, HOURS_AGO, **WHERE, latest_start="1h")
    assert _begins(mended, rollback, run).state.is_failed()
    mended.client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    ran = _begins(mended, rollback, mended.client.read_flow_run(run.id))
    assert ran.state.is_completed(), ran.message
    assert mended.story.live() == "1.0.0"


def test_the_refusal_names_the_deployment_that_does_it(mended: Operator) -> None:
    flow = mended.client.create_flow(rollback)
    deployment = mended.client.create_deployment(flow, "any-environment")
    due: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) - HOURS_AGO)
    run = mended.client.create_flow_run_from_deployment(
        deployment, parameters={**WHERE, "latest_start": "1h"}, state=due
    )
    again = "`prefect deployment run rollback/any-environment --params "
    assert again in _begins(mended, rollback, run).message


@pytest.mark.parametrize("name", ["Resuming", "Scheduled"])
def test_a_run_that_is_scheduled_anew_is_asked_for_anew(mended: Operator, name: str) -> None:
    run = _asked(mended, rollback, HOURS_AGO, **WHERE, latest_start="1h")
    anew: State[Any] = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(minutes=5), name=name)
    mended.client.set_flow_run_state(run.id, anew, force=True)
    assert _begins(mended, rollback, mended.client.read_flow_run(run.id)).state.is_completed()


def test_a_run_that_was_seen_to_be_late_was_asked_for_when_it_was_due(mended: Operator) -> None:
    run = _asked(mended, rollback, HOURS_AGO, **WHERE, latest_start="1h")
    due = datetime.now(UTC) - HOURS_AGO
    mended.client.set_flow_run_state(run.id, Late(scheduled_time=due), force=True)
    ran = _begins(mended, rollback, mended.client.read_flow_run(run.id))
    assert isinstance(ran.error, Refused)


@pytest.mark.parametrize("flow", VERBS.values(), ids=VERBS)
def test_no_flow_acts_on_a_stale_order(mended: Operator, flow: Flow[..., Any]) -> None:
    schema = flow.parameters
    required = {name: schema.properties[name].get("enum", ["web"])[0] for name in schema.required}
    run = _asked(mended, flow, HOURS_AGO, **required, latest_start="1h")
    assert "this run was due at" in _begins(mended, flow, run).message


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("15m", DUE + timedelta(minutes=15)),
        ("1h30m", DUE + timedelta(minutes=90)),
        ("2026-11-28T14:00Z", DUE + timedelta(hours=8)),
        ("2026-11-28T14:00+01:00", DUE + timedelta(hours=7)),
    ],
)
def test_the_latest_start_is_counted_from_when_a_run_was_due_or_said(
    text: str, until: datetime
) -> None:
    assert latest_of(text, DUE) == until


@pytest.mark.parametrize("text", ["soon", "15", "0", "2026-13-01"])
def test_a_latest_start_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        latest_of(text, DUE)
