"""The flows `resume`, `reverse` and `settle`: what a dead worker left is ended from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Refused
from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.kinds import reverse_open
from flows.resume import resume
from flows.reverse import reverse
from flows.settle import settle
from tests.story import Killed

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Operator

SITE = "sites/production/web"


@pytest.fixture
def live(operator: Operator) -> Operator:
    """One release is live, a second one is published."""
    operator.story.published("1.0.0", "1.1.0").promote("1.0.0")
    return operator


@pytest.fixture
def deserted(live: Operator, strict: Strict) -> Operator:
    """A promote died in mid-copy, and its lease has run out."""
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=Killed())
    with pytest.raises(Killed):
        live.story.promote("1.1.0")
    strict.faults.clear()
    live.lease_lapses()
    return live


@pytest.fixture
def stopped(live: Operator, strict: Strict) -> Operator:
    """A promote met an error, said so, and gave its lease back."""
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=ACCESS_DENIED)
    live.promotes("1.1.0")
    strict.faults.clear()
    return live


class TestResume:
    def test_takes_the_operation_to_its_end(self, deserted: Operator) -> None:
        ran = deserted.starts(resume, subject=SITE, by="ben@acme")
        assert ran.name == f"resume-{SITE}"
        assert ran.message == "promote web 1.0.0 -> 1.1.0 in production: done"
        assert deserted.story.live() == "1.1.0"

    def test_shows_who_took_it_over(self, deserted: Operator) -> None:
        ran = deserted.starts(resume, subject=SITE, by="ben@acme")
        page = ran.artifacts()["sites-production-web"]
        assert page.startswith("# promote web 1.0.0 -> 1.1.0 in production: done\n")
        assert "- **live now:** 1.1.0" in page
        assert ": resumed by ben@acme (flow run resume-sites/production/web, " in page
        assert "Without Prefect: `crossfade rollback production web`" in page

    def test_has_nothing_to_do_where_nothing_is_open(self, live: Operator) -> None:
        ran = live.starts(resume, subject=SITE)
        assert ran.message == f"{SITE}: no operation is open there; nothing to do"

    def test_knows_its_subjects(self, live: Operator) -> None:
        ran = live.starts(resume, subject="sites/production/wob")
        assert isinstance(ran.error, BadInput)
        assert "there is no subject 'sites/production/wob'" in ran.message


class TestReverse:
    def test_takes_an_open_operation_back(self, deserted: Operator) -> None:
        ran = deserted.starts(reverse, subject=SITE)
        assert ran.message == "promote web 1.0.0 -> 1.1.0 in production: reversed"
        assert deserted.story.live() == "1.0.0"
        assert "- **live now:** 1.0.0" in ran.artifacts()["sites-production-web"]

    def test_takes_the_last_finished_one_back_where_none_is_open(self, live: Operator) -> None:
        live.promotes("1.1.0")
        ran = live.starts(reverse, subject=SITE, last=True)
        assert ran.message.startswith("reverse web 1.1.0 -> 1.0.0 in production: ")
        assert live.story.live() == "1.0.0"

    def test_dry_changes_nothing(self, deserted: Operator) -> None:
        ran = deserted.starts(reverse, subject=SITE, dry_run=True)
        assert ran.message == (
            "dry run, nothing was changed: would take back promote web 1.0.0 -> 1.1.0 in production"
        )
        assert deserted.starts(settle).state.is_failed(), "it is still open"


class TestSettle:
    def test_fails_when_an_open_operation_has_no_worker(self, deserted: Operator) -> None:
        ran = deserted.starts(settle)
        assert isinstance(ran.error, Refused)
        assert ran.message == (
            f"Refused: 1 of 1 open operation without a worker: `crossfade status {SITE}`; "
            "`resume/any-subject` finishes one, `reverse/any-subject` takes it back"
        )
        (row,) = json.loads(ran.artifacts()["open-operations"])
        assert row["worker"] == "its worker is gone"
        assert row["finish"] == f"crossfade resume {SITE}"
        assert row["take back"] == f"crossfade reverse {SITE}"

    def test_told_to_apply_it_takes_the_operation_to_its_end(self, deserted: Operator) -> None:
        ran = deserted.starts(settle, apply=True)
        assert ran.message == "all closed"
        assert deserted.story.live() == "1.1.0"

    def test_does_not_turn_round_what_was_going_back(
        self, deserted: Operator, strict: Strict
    ) -> None:
        strict.faults.before("s3", "DeleteObjects", effect=Killed())
        with pytest.raises(Killed):
            reverse_open(deserted.story.world(), SITE)
        strict.faults.clear()
        deserted.lease_lapses()
        deserted.starts(settle, apply=True)
        assert deserted.story.live() == "1.0.0"

    def test_leaves_what_stopped_with_an_error_to_a_person(self, stopped: Operator) -> None:
        ran = stopped.starts(settle, apply=True)
        assert ran.state.is_failed()
        (row,) = json.loads(ran.artifacts()["open-operations"])
        assert "access denied" in row["worker"]
        assert stopped.story.live() == "1.0.0"

    def test_is_content_when_nothing_is_open(self, live: Operator) -> None:
        assert live.starts(settle).message == "all closed"
