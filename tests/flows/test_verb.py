"""How every flow is made, and how its runs end."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from prefect.exceptions import TerminationSignal
from prefect.flow_engine import run_flow
from prefect.logging.loggers import flow_run_logger
from prefect.states import Pending

from crossfade.errors import Refused
from flows.__main__ import VERBS
from flows.promote import promote
from flows.verb import Ended, done, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect import Flow

    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Logged, Operator

SITE = "sites/production/web"
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
    operator.starts(VERBS["reverse"], subject=SITE)
    assert operator.story.live() == "1.0.0"


@pytest.mark.usefixtures("operator")
def test_a_refusal_reaches_who_called_the_flow_as_it_was_raised() -> None:
    with pytest.raises(Refused, match="nothing was live before"):
        VERBS["rollback"](environment="production", component="web")
