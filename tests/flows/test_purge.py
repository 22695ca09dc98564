"""The flow `purge`: a dry run unless it is told to delete, with what stays and why."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.status.status import releases
from flows.purge import purge
from flows.reverse import reverse

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Logged, Operator


@pytest.fixture
def crowded(operator: Operator) -> Operator:
    """Three releases, of which the newest is live; one clock tells their order."""
    world = operator.story.world()
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        operator.story.publish(version, world=world)
    operator.story.promote("1.2.0")
    return operator


def _versions(operator: Operator) -> list[str]:
    return [release.version for release in releases(operator.story.world(), "web")]


def test_it_shows_what_would_go_and_deletes_nothing(crowded: Operator) -> None:
    ran = crowded.starts(purge, component="web", keep=1)
    assert ran.name == "purge-web-dry-run"
    assert ran.message.startswith("dry run, nothing was deleted: purge web: 2 of 3 releases go")
    assert _versions(crowded) == ["1.2.0", "1.1.0", "1.0.0"]
    page = ran.artifacts()["purge-web"]
    assert "## Would be deleted" in page
    assert "Run `purge/on-request` with the same parameters, `apply` on" in page


def test_told_to_apply_it_deletes_and_says_what_it_kept_and_why(crowded: Operator) -> None:
    ran = crowded.starts(purge, component="web", keep=1, apply=True)
    assert ran.name == "purge-web"
    assert _versions(crowded) == ["1.2.0"]
    page = ran.artifacts()["purge-web"]
    assert "| `1.0.0` |" in page.split("## Deleted")[1].split("## Kept", maxsplit=1)[0]
    assert "| live in production; " in page.split("## Kept")[1]
    assert "Without Prefect: `crossfade reverse releases/web --to " in page


def test_without_a_number_the_configured_depth_stays(crowded: Operator) -> None:
    ran = crowded.starts(purge, component="web", apply=True)
    assert ran.message == "purge web: nothing to do, 3 releases stay"


def test_without_a_component_it_goes_through_all(crowded: Operator) -> None:
    ran = crowded.starts(purge, keep=1, apply=True)
    assert ran.name == "purge-all"
    assert set(ran.artifacts()) == {"purge-web", "purge-checkout"}


@pytest.fixture
def stuck(crowded: Operator, strict: Strict) -> Operator:
    """A promote that stopped in the middle."""
    strict.faults.before("s3", "CopyObject", times=1000, effect=ACCESS_DENIED)
    crowded.promotes("1.1.0")
    strict.faults.clear()
    return crowded


def test_a_component_that_is_refused_fails_the_run_when_the_others_are_done(
    stuck: Operator,
) -> None:
    ran = stuck.starts(purge, keep=1, apply=True)
    assert isinstance(ran.error, Refused)
    assert "purge checkout: nothing to do" in ran.message
    assert "web: sites/production/web: promote web 1.2.0 -> 1.1.0" in ran.message


def test_a_dry_run_of_the_night_tells_of_an_open_promote_and_is_no_alarm(
    stuck: Operator, logged: Logged
) -> None:
    logged.records.clear()
    ran = stuck.starts(purge, apply=False)
    assert ran.state.is_completed()
    assert [one.getMessage() for one in logged.records if one.levelno >= logging.ERROR] == []
    assert any("purge web: refused: sites/production/web" in text for text in logged.texts)
    assert "purge checkout: nothing to do" in ran.message
    assert "web: sites/production/web: promote web 1.2.0 -> 1.1.0" in ran.message


def test_the_flow_reverse_brings_the_releases_back(crowded: Operator) -> None:
    crowded.starts(purge, component="web", keep=1, apply=True)
    ran = crowded.starts(reverse, subject="releases/web", last=True)
    assert ran.message == "reverse the purge of web: bring back 1.0.0, 1.1.0"
    assert _versions(crowded) == ["1.2.0", "1.1.0", "1.0.0"]
    assert "| 1.1.0 | 4 |" in ran.artifacts()["purge-web"]
