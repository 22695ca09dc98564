"""How every flow is made, and how its runs end."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import StateType
from prefect.exceptions import TerminationSignal
from prefect.flow_engine import run_flow
from prefect.logging.loggers import flow_run_logger
from prefect.states import Cancelled, Pending

from crossfade.errors import Refused
from crossfade.operations.journal.lease import LOOK_AGE_SECONDS, SETTLING_SECONDS, SIGNED_SECONDS
from crossfade.plan.journal.head import seconds_left
from flows.__main__ import VERBS
from flows.promote import promote
from flows.verb import Ended, done, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Logged, Operator

SITE = "sites/production/web"
GIVEN_BACK_SECONDS = SIGNED_SECONDS + LOOK_AGE_SECONDS + SETTLING_SECONDS
"""What a worker that stops leaves of its lease, for the writes that it signed."""
REQUEST = {"environment": "production", "component": "web", "version": "1.1.0"}


@pytest.mark.parametrize("flow", VERBS.values(), ids=VERBS)
def test_no_flow_is_retried_as_a_whole_or_keeps_results(flow: Flow[..., Any]) -> None:
    assert (flow.retries, flow.persist_result, flow.timeout_seconds) == (0, False, None)


@pytest.mark.parametrize("flow", VERBS.values(), ids=VERBS)
def test_every_parameter_is_explained_to_who_fills_in_the_form(flow: Flow[..., Any]) -> None:
    assert flow.description
    for name, schema in flow.parameters.properties.items():
        assert schema.get("description"), f"{flow.name} does not explain {name}"


def test_a_flow_is_named_after_its_function() -> None:
    @verb("take back {what}")
    def take_back(*, what: str) -> Ended:
        """Take it back.

        Args:
            what: What.
        """
        return done(what)

    assert take_back.name == "take-back"


def test_a_worker_s_run_that_is_refused_logs_no_traceback(
    operator: Operator, logged: Logged
) -> None:
    """A worker hands its run's logger to Prefect's engine, which logs what the run raised."""
    asked = {**REQUEST, "version": "9.9.9"}
    run = operator.client.create_flow_run(promote, parameters=asked, state=Pending())
    with pytest.raises(Exception, match=r"^web 9.9.9 is not published"):
        run_flow(promote, flow_run=run, error_logger=flow_run_logger(run))  # type: ignore[arg-type]  # Prefect passes its adapter too
    assert logged.tracebacks == []
    assert any("Finished in state Failed('BadInput: web 9.9.9" in text for text in logged.texts)


def test_an_error_that_nobody_expected_keeps_its_traceback(
    operator: Operator, strict: Strict, logged: Logged
) -> None:
    strict.faults.before("s3", "GetObject", effect=ZeroDivisionError("a defect"))
    ran = operator.promotes("1.1.0")
    assert ran.state.is_failed()
    assert logged.tracebacks


@pytest.fixture
def _survives() -> Iterator[None]:
    """This process outlives the signal, which Prefect passes on to whoever had it before."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_survives")
def test_a_stopped_process_gives_its_lease_back_and_says_what_it_left(
    operator: Operator, strict: Strict, logged: Logged
) -> None:
    operator.story.published("1.0.0", "1.1.0").promote("1.0.0")

    def told_to_end(_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    strict.faults.before("s3", "CopyObject", path="index.html", effect=told_to_end)
    with pytest.raises(TerminationSignal):
        operator.promotes("1.1.0")
    strict.faults.clear()
    head, _ = operator.story.world().journal.head(SITE)
    assert head.open is not None
    assert head.open.trouble.startswith("Prefect stopped the run")
    assert any(f"`crossfade resume {SITE}` finishes it" in text for text in logged.texts)
    assert seconds_left(head, datetime.now(UTC)) < GIVEN_BACK_SECONDS
    operator.lease_lapses()
    operator.starts(VERBS["reverse"], subject=SITE)
    assert operator.story.live() == "1.0.0"


@pytest.fixture
def stopped(
    _survives: None, operator: Operator, strict: Strict, client: SyncPrefectClient
) -> FlowRun:
    """A promote whose process was told to end while it copied."""
    operator.story.published("1.0.0", "1.1.0").promote("1.0.0")

    def told_to_end(_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    strict.faults.before("s3", "CopyObject", path="index.html", effect=told_to_end)
    run = client.create_flow_run(promote, parameters=REQUEST, state=Pending())
    with pytest.raises(TerminationSignal):
        run_flow(promote, flow_run=run)
    strict.faults.clear()
    return run


def test_a_stopped_run_leaves_a_page_that_says_what_is_half_done_and_how_it_is_ended(
    stopped: FlowRun, client: SyncPrefectClient
) -> None:
    page = _artifacts(client, stopped)["sites-production-web"]
    assert page.startswith("# Half done: promote web 1.0.0 -> 1.1.0 in production\n")
    assert "- **live before:** 1.0.0" in page
    assert "- **to be live:** 1.1.0" in page
    assert "- **stopped:** Prefect stopped the run: cancelled, or its process told to end" in page
    assert "run `resume/on-request` to finish it, or `reverse/on-request` to take it back" in page
    assert f'{{"subject": "{SITE}"}}' in page
    assert f"`crossfade resume {SITE}` or `crossfade reverse {SITE}`" in page


def test_prefect_s_word_of_a_cancel_that_went_well_becomes_what_is_half_done(
    stopped: FlowRun, operator: Operator, client: SyncPrefectClient
) -> None:
    well = Cancelled(message="Flow run was cancelled successfully.")
    client.set_flow_run_state(stopped.id, well, force=True)
    told = operator.starts(VERBS["settle"], cancelled=str(stopped.id))
    assert told.state.is_completed()
    assert "# Half done: " in told.artifacts()["sites-production-web"]
    state = client.read_flow_run(stopped.id).state
    assert state is not None
    assert (state.type, state.name) == (StateType.CANCELLED, "HalfDone")
    assert state.message == (
        "Cancelled. promote web 1.0.0 -> 1.1.0 in production is half done and open: "
        f"`resume/on-request` or `crossfade resume {SITE}` finishes it, "
        f"`reverse/on-request` or `crossfade reverse {SITE}` takes it back"
    )
    assert operator.story.live() == "1.0.0", "it only tells"


def test_of_a_cancelled_run_that_left_nothing_open_nothing_is_told(
    operator: Operator, client: SyncPrefectClient
) -> None:
    cancelled = Cancelled(message="Flow run was cancelled successfully.")
    run = client.create_flow_run(promote, parameters=REQUEST, state=cancelled)
    told = operator.starts(VERBS["settle"], cancelled=str(run.id))
    assert told.message == f"{run.name} was cancelled and left nothing open"
    state = client.read_flow_run(run.id).state
    assert state is not None
    assert state.name == "Cancelled"


@pytest.mark.parametrize("identifier", ["web", "6b1a86a5-6a54-4d2c-8c1c-0d39a9f9a9ab"])
def test_a_run_that_is_none_is_bad_input(operator: Operator, identifier: str) -> None:
    told = operator.starts(VERBS["settle"], cancelled=identifier)
    assert told.message == f"BadInput: '{identifier}' is not the id of a flow run"


def _artifacts(client: SyncPrefectClient, run: FlowRun) -> dict[str, Any]:
    mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    return {one.key or "": one.data for one in client.read_artifacts(artifact_filter=mine)}


@pytest.mark.usefixtures("operator")
def test_a_refusal_reaches_who_called_the_flow_as_it_was_raised() -> None:
    with pytest.raises(Refused, match="nothing was live before"):
        VERBS["rollback"](environment="production", component="web")
