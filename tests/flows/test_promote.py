"""The flow `promote`: the procedure of the command line, shown step by step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.adapters.aws.session import ATTEMPTS
from crossfade.errors import BadInput, Conflict, Failed, Refused
from crossfade.local.strict.faults import ACCESS_DENIED, SLOW_DOWN
from crossfade.operations.status.status import history
from flows.resume import resume

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict
    from tests.flows.conftest import Logged, Operator

SITE = "sites/production/web"
PAGE = "sites-production-web"


@pytest.fixture
def live(operator: Operator) -> Operator:
    """One release is live, a second one is published."""
    operator.story.published("1.0.0", "1.1.0").promote("1.0.0")
    return operator


def test_it_makes_the_release_live_and_ends_with_the_plan_in_one_line(live: Operator) -> None:
    ran = live.promotes("1.1.0")
    assert live.story.live() == "1.1.0"
    assert ran.state.is_completed()
    assert ran.message.startswith("promote web 1.0.0 -> 1.1.0 in production: 1 page, 2 new")


def test_its_run_is_named_after_what_it_does(live: Operator) -> None:
    assert live.promotes("1.1.0").name == "promote-web-1.1.0-in-production"


def test_each_step_is_a_task_run_and_no_object_is_one(live: Operator) -> None:
    assert [step.name for step in live.promotes("1.1.0").steps(9)] == [
        "read and plan web 1.1.0 in production",
        "open promote web 1.0.0 -> 1.1.0 in production",
        "production/web: add 2 new assets",
        "production/web: change 1 asset in place",
        "production/web: switch 1 entry page",
        "production/web: remove 1 file",
        "production/web: read back",
        "close promote web 1.0.0 -> 1.1.0 in production",
        "read what is live in production",
    ]


def test_its_artifact_tells_what_changed_and_how_to_take_it_back(live: Operator) -> None:
    page = live.promotes("1.1.0").artifacts()[PAGE]
    assert page.startswith("# promote web 1.0.0 -> 1.1.0 in production\n")
    assert "- **from:** 1.0.0\n- **to:** 1.1.0\n" in page
    assert "- **kept for open pages:** 2\n" in page
    assert "| 2 change | `logo.svg` | bytes differ |" in page
    assert "| 3 switch | `index.html` | " in page
    assert '```json\n{"environment": "production", "component": "web"}\n```' in page
    assert "Without Prefect: `crossfade rollback production web`" in page


def test_what_another_hand_did_is_shown(live: Operator) -> None:
    live.story.world().s3.put_object(Bucket="acme-front", Key="live/logo.svg", Body=b"by hand")
    page = live.promotes("1.1.0").artifacts()[PAGE]
    assert "**changed by another hand**\n\n- logo.svg: was changed by hand" in page


def test_the_live_table_has_a_row_for_each_component(live: Operator) -> None:
    rows = json.loads(live.promotes("1.1.0", by="ann@acme").artifacts()["live-production"])
    assert [(row["component"], row["version"], row["by"]) for row in rows] == [
        ("checkout", "", ""),
        ("web", "1.1.0", "ann@acme"),
    ]


def test_the_journal_says_who_asked_and_through_which_run(live: Operator) -> None:
    ran = live.promotes("1.1.0", by="ann@acme")
    by = history(live.story.world(), SITE)[0].by
    assert (by.who, by.trigger) == ("ann@acme", "person")
    assert by.via == f"flow run promote-web-1.1.0-in-production, {ran.run.id}"


def test_a_train_goes_live_together(live: Operator) -> None:
    live.story.publish("1.2.0", component="checkout")
    ran = live.promotes("1.1.0", train={"checkout": "1.2.0"})
    assert live.story.live(component="checkout") == "1.2.0"
    assert set(ran.artifacts()) == {PAGE, "sites-production-checkout", "live-production"}
    assert "With it go back: `sites/production/checkout`" in ran.artifacts()[PAGE]


def test_a_component_cannot_be_in_its_own_train_under_another_version(live: Operator) -> None:
    ran = live.promotes("1.1.0", train={"web": "1.0.0"})
    assert ran.message == "BadInput: web is in its own train as 1.0.0: name it once"


class TestADryRun:
    def test_shows_the_plan_and_changes_nothing(self, live: Operator) -> None:
        before = live.story.serves()
        ran = live.promotes("1.1.0", dry_run=True)
        assert ran.name == "promote-web-1.1.0-in-production-dry-run"
        assert ran.message.startswith("dry run, nothing was changed: promote web 1.0.0 -> 1.1.0")
        assert "# Plan: promote web 1.0.0 -> 1.1.0 in production" in ran.artifacts()[f"plan-{PAGE}"]
        assert live.story.serves() == before

    def test_names_the_plan_that_can_then_be_done_exactly(self, live: Operator) -> None:
        digest = _digest(live.promotes("1.1.0", dry_run=True).artifacts()[f"plan-{PAGE}"])
        assert live.promotes("1.1.0", plan=digest).state.is_completed()

    def test_and_is_refused_once_the_site_has_changed(self, live: Operator) -> None:
        digest = _digest(live.promotes("1.1.0", dry_run=True).artifacts()[f"plan-{PAGE}"])
        live.story.world().s3.put_object(Bucket="acme-front", Key="live/logo.svg", Body=b"by hand")
        ran = live.promotes("1.1.0", plan=digest)
        assert isinstance(ran.error, Conflict)
        assert ran.message.startswith(f"Conflict: the plan is no longer {digest} but ")


def _digest(page: str) -> str:
    return page.split("`plan` set to `")[1].split("`", maxsplit=1)[0]


def test_promoting_what_is_live_changes_nothing_and_says_so(live: Operator) -> None:
    ran = live.promotes("1.0.0")
    assert "nothing to do, 5 files stand as they must" in ran.message
    assert set(ran.artifacts()) == {"live-production"}


def test_it_is_refused_in_one_sentence_while_another_operation_is_open(
    live: Operator, strict: Strict, logged: Logged
) -> None:
    strict.faults.before("s3", "CopyObject", times=1000, effect=ACCESS_DENIED)
    live.promotes("1.1.0", by="ann@acme")
    strict.faults.clear()
    logged.records.clear()
    ran = live.promotes("1.1.0")
    assert ran.state.is_failed()
    assert isinstance(ran.error, Refused)
    assert ran.message.startswith(
        "Refused: sites/production/web: promote web 1.0.0 -> 1.1.0 in production is open since "
    )
    assert "by ann@acme (flow run promote-web-1.1.0-in-production, " in ran.message
    assert logged.tracebacks == []


def test_an_unknown_release_is_bad_input(live: Operator) -> None:
    ran = live.promotes("9.9.9")
    assert isinstance(ran.error, BadInput)
    assert ran.message.startswith("BadInput: web 9.9.9 is not published")


def test_an_environment_is_judged_by_the_worker_s_own_configuration(live: Operator) -> None:
    ran = live.promotes("1.1.0", environment="produktion")
    assert "there is no environment 'produktion'" in ran.message
    assert "did you mean 'production'" in ran.message


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"colour": "red"}, "colour"), ({"dry_run": "perhaps"}, "dry_run")],
    ids=["an unknown name", "a wrong value"],
)
def test_wrong_parameters_end_the_run_before_it_begins(
    live: Operator, wrong: dict[str, Any], told: str
) -> None:
    ran = live.promotes("1.1.0", **wrong)
    assert ran.state.is_failed()
    assert told in (ran.state.message or "")
    assert live.story.live() == "1.0.0"


def test_a_step_that_s3_throttles_is_tried_again(live: Operator, strict: Strict) -> None:
    page = strict.faults.before(
        "s3", "CopyObject", path="index.html", times=ATTEMPTS, effect=SLOW_DOWN
    )
    ran = live.promotes("1.1.0")
    assert page.fired == ATTEMPTS, "boto3 itself gave up"
    assert live.story.live() == "1.1.0"
    assert {step.name: step.run_count for step in ran.steps(9) if step.run_count > 1} == {
        "production/web: switch 1 entry page": 2
    }


def test_a_step_that_fails_for_good_leaves_the_operation_open_for_resume(
    live: Operator, strict: Strict
) -> None:
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=ACCESS_DENIED)
    ran = live.promotes("1.1.0")
    strict.faults.clear()
    assert isinstance(ran.error, Failed)
    assert ran.message.startswith("Failed: promote web 1.0.0 -> 1.1.0 in production stopped: ")
    assert f"`crossfade resume {SITE}` finishes it" in ran.message
    assert [step.run_count for step in ran.steps(3)] == [1, 1, 1], "nothing was tried again"
    assert live.starts(resume, subject=SITE).state.is_completed()
    assert live.story.live() == "1.1.0"
