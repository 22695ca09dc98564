"""Readers and people's words: what the command line has, from a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput
from flows.approve import approve
from flows.doctor import doctor
from flows.gate_check import gate_check
from flows.history import history
from flows.override import override
from flows.pin import pin
from flows.status import status
from flows.unpin import unpin

if TYPE_CHECKING:
    from prefect import Flow

    from tests.flows.conftest import Operator

SITE = "sites/production/web"


@pytest.fixture
def live(operator: Operator) -> Operator:
    """One release is live, a second one is published."""
    operator.story.published("1.0.0", "1.1.0").promote("1.0.0")
    return operator


def test_status_says_what_is_live_in_its_state_and_on_its_page(live: Operator) -> None:
    ran = live.starts(status, subject=SITE)
    assert ran.message == f"1 subject; live: {SITE} 1.0.0; nothing is open"
    assert f"{SITE}  1.0.0" in ran.artifacts()["status-sites-production-web"]


def test_history_lists_the_newest_and_says_that_there_is_more(live: Operator) -> None:
    live.story.promote("1.1.0")
    ran = live.starts(history, subject=SITE, limit=1)
    assert ran.message.startswith(f"{SITE}: 1 operation and more; the newest: promote web 1.0.0")
    assert "1.0.0 -> 1.1.0" in ran.artifacts()["history-sites-production-web"]


def test_history_of_what_nobody_knows_is_bad_input(live: Operator) -> None:
    assert isinstance(live.starts(history, subject="sites/production/wbe").error, BadInput)


def test_a_release_is_pinned_and_unpinned_with_its_reason(live: Operator) -> None:
    kept = {"component": "web", "version": "1.0.0"}
    assert live.starts(pin, **kept, why="audit").message == "web 1.0.0 is pinned: audit"
    assert "no longer pinned" in live.starts(unpin, **kept).message


def test_doctor_leaves_each_finding_with_its_mend(live: Operator) -> None:
    ran = live.starts(doctor, environment="production", read_only=True)
    page = ran.artifacts()["doctor-production"]
    assert page.startswith(f"# Doctor: {ran.message.removeprefix('Failed: ')}")
    assert "mend: " in page


@pytest.mark.parametrize(
    ("flow", "more"),
    [(approve, {}), (override, {"gate": "errors", "reason": "known"}), (gate_check, {})],
)
def test_words_about_a_migration_that_is_not_there_are_bad_input(
    live: Operator, flow: Flow[..., object], more: dict[str, str]
) -> None:
    assert isinstance(live.starts(flow, name="shpo", **more).error, BadInput)
