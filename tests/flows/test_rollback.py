"""The flow `rollback`: back to what was live before, with one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.operations.status.status import history
from crossfade.plan.sites.rollback import Mode
from flows.rollback import rollback

if TYPE_CHECKING:
    from tests.flows.conftest import Operator

SITE = "sites/production/web"
WHERE = {"environment": "production", "component": "web"}


@pytest.fixture
def promoted(operator: Operator) -> Operator:
    """A second release is live, over a first one."""
    story = operator.story.published("1.0.0", "1.1.0")
    story.promote("1.0.0")
    story.promote("1.1.0")
    return operator


def test_it_goes_back_to_what_was_live_before(promoted: Operator) -> None:
    ran = promoted.starts(rollback, **WHERE)
    assert ran.name == "rollback-web-in-production"
    assert ran.message.startswith("rollback web 1.1.0 -> 1.0.0 in production: ")
    assert promoted.story.live() == "1.0.0"


def test_its_page_names_the_operation_that_would_take_it_back(promoted: Operator) -> None:
    page = promoted.starts(rollback, **WHERE).artifacts()["sites-production-web"]
    newest = history(promoted.story.world(), SITE)[0]
    assert f'{{"subject": "{SITE}", "to": "{newest.id}"}}' in page
    assert f"Without Prefect: `crossfade reverse {SITE} --to {newest.id}`" in page


def test_the_way_back_can_be_chosen(promoted: Operator) -> None:
    promoted.starts(rollback, **WHERE, to="1.0.0", mode="restore")
    asked = history(promoted.story.world(), SITE)[0].request
    assert (asked["to"], asked["mode"]) == ("1.0.0", Mode.RESTORE)


def test_a_dry_run_to_a_version_says_so_in_its_name(promoted: Operator) -> None:
    ran = promoted.starts(rollback, **WHERE, to="1.0.0", dry_run=True)
    assert ran.name == "rollback-web-in-production-to-1.0.0-dry-run"
    assert promoted.story.live() == "1.1.0"


def test_where_nothing_was_live_before_it_is_refused(operator: Operator) -> None:
    ran = operator.starts(rollback, **WHERE)
    assert isinstance(ran.error, Refused)
    assert ran.message.startswith(f"Refused: {SITE}: nothing was live before")
