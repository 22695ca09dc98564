"""`crossfade resume` and `crossfade reverse`, and how `status` leads there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.local.strict.faults import ACCESS_DENIED
from tests.cli.desk import SITE

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict
    from tests.cli.desk import Desk, Typed
    from tests.story import Story


@pytest.fixture
def stopped(live: Desk, strict: Strict) -> Typed:
    """A promote that stopped in the middle: S3 denied a copy."""
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=ACCESS_DENIED)
    typed = live.types("promote", "production", "web", "1.1.0")
    strict.faults.clear()
    return typed


def test_a_promote_that_stopped_fails_and_names_both_ways_on(stopped: Typed) -> None:
    assert (stopped.code, stopped.out) == (1, "")
    last = stopped.err.splitlines()[-1]
    assert last.startswith("failed: promote web 1.0.0 -> 1.1.0 in production stopped: could not")
    assert f"`crossfade resume {SITE}` finishes it" in last
    assert f"`crossfade reverse {SITE}` takes it back" in last


@pytest.mark.usefixtures("stopped")
def test_status_tells_who_left_what_open_and_the_two_commands_that_settle_it(live: Desk) -> None:
    text = live.does("status").out
    assert "promote left open" in text
    assert "promote web 1.0.0 -> 1.1.0 in production is open" in text
    assert "UTC, by ann@desk (cli)" in text
    assert "  trouble    could not copy s3://acme-front/releases/web/1.1.0/" in text
    assert "  lease      nobody works on it" in text
    assert f"  finish     crossfade resume {SITE}\n" in text
    assert f"  take back  crossfade reverse {SITE}\n" in text


@pytest.mark.usefixtures("stopped")
def test_status_tells_scripts_the_same(live: Desk) -> None:
    (subject,) = live.does("status", SITE, "--json").document["subjects"]
    assert subject["live"]["version"] == "1.0.0"
    there = subject["open"]
    assert (there["kind"], there["by"]["who"]) == ("promote", "ann@desk")
    assert there["lease_left"] == 0
    assert there["members"] == [SITE]
    assert there["resume"] == f"crossfade resume {SITE}"
    assert there["reverse"] == f"crossfade reverse {SITE}"
    assert "holder" not in str(subject), "the lease's token is for its worker alone"


@pytest.mark.usefixtures("stopped")
def test_another_operation_is_refused_with_the_name_of_the_open_one(live: Desk) -> None:
    typed = live.types("rollback", "production", "web")
    assert typed.code == 3
    assert "refused: sites/production/web: promote web 1.0.0 -> 1.1.0" in typed.err


@pytest.mark.usefixtures("stopped")
def test_resume_finishes_it(story: Story, live: Desk) -> None:
    typed = live.does("resume", SITE)
    assert story.live() == "1.1.0"
    assert typed.out.startswith(f"{SITE}: 1.1.0 is live (")
    assert live.does("status", SITE, "--json").document["subjects"][0]["open"] is None


@pytest.mark.usefixtures("stopped")
def test_reverse_takes_it_back(story: Story, live: Desk) -> None:
    before = story.live()
    typed = live.does("reverse", SITE)
    assert story.live() == before == "1.0.0"
    assert typed.out.startswith(f"{SITE}: as it was before, 1.0.0 is live")


@pytest.mark.usefixtures("stopped")
def test_a_dry_reverse_says_what_it_would_take_back(live: Desk) -> None:
    typed = live.does("reverse", SITE, "--dry-run")
    assert "would take back promote web 1.0.0 -> 1.1.0 in production" in typed.out
    assert live.does("status", SITE, "--json").document["subjects"][0]["open"]


@pytest.mark.usefixtures("stopped")
def test_a_checkpoint_is_not_reached_over_an_open_operation(live: Desk) -> None:
    first = live.does("history", SITE, "--json").document["operations"][-1]["id"]
    typed = live.types("reverse", SITE, "--to", first)
    assert typed.code == 3
    assert "is open since" in typed.err


def test_with_nothing_open_resume_says_so(live: Desk) -> None:
    typed = live.does("resume", SITE)
    assert typed.out == f"{SITE}: nothing is open there, so there is nothing to finish\n"
    assert live.does("resume", SITE, "--json").document == {
        "subject": SITE,
        "dry_run": False,
        "operations": [],
    }


def test_with_nothing_open_reverse_takes_back_the_last_operation(story: Story, live: Desk) -> None:
    live.does("promote", "production", "web", "1.1.0")
    dry = live.does("reverse", SITE, "--dry-run")
    assert dry.out.splitlines()[-1] == "nothing was changed"
    assert story.live() == "1.1.0"
    live.does("reverse", SITE, "--last")
    assert story.live() == "1.0.0"
    (last, *_) = live.does("history", SITE, "--json").document["operations"]
    assert (last["kind"], last["from"], last["to"]) == ("reverse", "1.1.0", "1.0.0")


def test_reverse_goes_back_as_far_as_it_is_told(story: Story, live: Desk) -> None:
    first = live.does("promote", "production", "web", "1.1.0", "--json").document["operations"][0]
    story.publish("1.2.0")
    live.does("promote", "production", "web", "1.2.0")
    live.does("reverse", SITE, "--to", first["id"])
    assert story.live() == "1.0.0"


@pytest.mark.parametrize("verb", ["resume", "reverse", "status", "history"])
def test_a_subject_that_does_not_exist_is_bad_input(live: Desk, verb: str) -> None:
    typed = live.types(verb, "sites/produktion/web")
    assert typed.code == 2
    assert "did you mean 'sites/production/web'?" in typed.err
