"""`crossfade promote` and `crossfade rollback`: plans, outcomes, trains and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.desk import SITE

if TYPE_CHECKING:
    from tests.cli.desk import Desk
    from tests.story import Story


def test_promote_says_what_is_live_and_how_to_go_back(story: Story, live: Desk) -> None:
    typed = live.does("promote", "production", "web", "1.1.0")
    assert story.live() == "1.1.0"
    first, second, third = typed.out.splitlines()
    assert first.startswith(f"{SITE}: 1.1.0 is live (4 copied, 1 deleted, 105 B, ")
    assert second.startswith("operation 20")
    assert third == "`crossfade rollback production web` goes back"


def test_steps_are_told_on_standard_error_in_their_order(live: Desk) -> None:
    lines = live.does("promote", "production", "web", "1.1.0").err.splitlines()
    told = [line for line in lines if line.startswith("production/web: ")]
    assert [line.split(": ")[1].split()[0] for line in told] == [
        "add",
        "change",
        "switch",
        "remove",
        "read",
    ]


def test_a_dry_run_prints_the_plan_as_one_json_object(story: Story, live: Desk) -> None:
    typed = live.does("promote", "production", "web", "1.1.0", "--dry-run", "--json")
    document = typed.document
    assert story.live() == "1.0.0"
    assert document["dry_run"]
    assert [(one["group"], one["path"], one["why"]) for one in document["copies"]] == [
        ("add", "assets/app-b2c3d4e5.js", "new"),
        ("add", "assets/lazy-1f2e3d4c.js", "new"),
        ("change", "logo.svg", "bytes differ"),
        ("pages", "index.html", "bytes differ"),
    ]
    assert [one["path"] for one in document["deletions"]] == ["about.html"]
    assert {one["subject"] for one in document["copies"]} == {SITE}
    assert document["invalidation_paths"] == ["/*"]
    assert document["bytes"] == 105
    assert 10 < document["calls"] < 25
    assert document["operations"] == []
    assert (document["sites"][0]["from"], document["sites"][0]["to"]) == ("1.0.0", "1.1.0")
    assert typed.err == ""


def test_a_dry_run_tells_people_each_file_with_its_step_and_the_reason(live: Desk) -> None:
    typed = live.does("promote", "production", "web", "1.1.0", "--dry-run")
    assert "1 add     assets/app-b2c3d4e5.js   new " in typed.out
    assert "3 switch  index.html               bytes differ " in typed.out
    assert "4 remove  about.html               entry page that left the release " in typed.out
    assert "1 file under an unchanged name" in typed.out
    assert typed.err == ""


def test_a_dry_run_speaks_of_cloudfront_only_where_there_is_a_distribution(
    live: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("promote", "production", "web", "1.1.0", "--dry-run")
    assert "CloudFront" not in live.does(*words).out
    assert live.does(*words, "--json").document["sites"][0]["distribution"] == ""
    monkeypatch.setenv("CROSSFADE__ENVIRONMENTS__PRODUCTION__DISTRIBUTION_ID", "E1")
    assert "CloudFront forgets /*" in live.does(*words).out


def test_a_long_plan_is_shortened_for_people_alone(story: Story, live: Desk) -> None:
    from_one_to_thirty = {f"assets/{n:02}.js": str(n) for n in range(30)}
    story.build({"index.html": "", **from_one_to_thirty}, "web-3")
    live.does("publish", live.build("3"), "--component", "web", "--version", "3")
    assert (
        "and 10 more; --json lists all"
        in live.does("promote", "production", "web", "3", "--dry-run").out
    )
    document = live.does("promote", "production", "web", "3", "--dry-run", "--json").document
    assert len(document["copies"]) == 31


def test_the_plan_that_was_approved_is_done_and_no_other(story: Story, live: Desk) -> None:
    dry = live.does("promote", "production", "web", "1.1.0", "--dry-run", "--json")
    digest = dry.document["digest"]
    refused = live.types("promote", "production", "web", "1.0.0", "--plan", digest)
    assert refused.code == 3
    assert f"the plan is no longer {digest}" in refused.err
    live.does("promote", "production", "web", "1.1.0", "--plan", digest)
    assert story.live() == "1.1.0"


def test_a_plan_for_people_ends_with_the_digest_to_approve(live: Desk) -> None:
    words = ["promote", "production", "web", "1.1.0", "--dry-run"]
    digest = live.does(*words, "--json").document["digest"]
    assert live.does(*words).out.splitlines()[-1] == (
        f"nothing was changed; --plan {digest} does exactly this, or refuses"
    )


def test_promoting_what_is_live_does_nothing_and_says_so(live: Desk) -> None:
    typed = live.does("promote", "production", "web", "1.0.0")
    assert typed.out == f"{SITE}: 1.0.0 is live, nothing to do\n"


def test_the_document_of_a_promote_has_the_operation_with_who_and_figures(live: Desk) -> None:
    document = live.does("promote", "production", "web", "1.1.0", "--json").document
    (operation,) = document["operations"]
    assert operation["status"] == "done"
    assert operation["by"] == {"who": "ann@desk", "via": "cli", "trigger": "person"}
    assert (operation["from"], operation["to"]) == ("1.0.0", "1.1.0")
    assert operation["figures"]["copy"] == 4


def test_a_train_goes_live_together_and_comes_back_together(story: Story, live: Desk) -> None:
    story.publish("1.0.0", component="checkout")
    story.publish("1.2.0", component="checkout")
    live.does("promote", "production", "checkout", "1.0.0")
    live.does("promote", "production", "web", "1.1.0", "--with", "checkout=1.2.0")
    assert (story.live(), story.live(component="checkout")) == ("1.1.0", "1.2.0")
    typed = live.does("rollback", "production", "checkout", "--json")
    assert [one["subject"] for one in typed.document["sites"]] == [
        "sites/production/checkout",
        SITE,
    ]
    assert (story.live(), story.live(component="checkout")) == ("1.0.0", "1.0.0")


def test_a_component_that_was_new_with_its_train_stays_live(story: Story, live: Desk) -> None:
    story.publish("1.2.0", component="checkout")
    live.does("promote", "production", "web", "1.1.0", "--with", "checkout=1.2.0")
    typed = live.does("rollback", "production", "web")
    assert "sites/production/checkout was new with this train: it stays live" in typed.err
    assert (story.live(), story.live(component="checkout")) == ("1.0.0", "1.2.0")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ("checkout", "--with checkout is not COMPONENT=VERSION"),
        ("checkout=", "--with checkout= is not COMPONENT=VERSION"),
        ("web=1.1.0", "web is named twice (1.0.0 and 1.1.0)"),
    ],
)
def test_a_train_that_cannot_be_read_is_bad_input(live: Desk, other: str, says: str) -> None:
    typed = live.types("promote", "production", "web", "1.0.0", "--with", other)
    assert typed.code == 2
    assert says in typed.err


def test_rollback_goes_back_to_what_was_live_before(story: Story, live: Desk) -> None:
    live.does("promote", "production", "web", "1.1.0")
    typed = live.does("rollback", "production", "web")
    assert story.live() == "1.0.0"
    assert typed.out.startswith(f"{SITE}: 1.0.0 is live (")
    assert typed.out.endswith(f"`crossfade reverse {SITE} --last` goes back\n")


def test_rollback_takes_a_version_and_a_way(story: Story, live: Desk) -> None:
    live.does("promote", "production", "web", "1.1.0")
    story.publish("1.2.0")
    live.does("promote", "production", "web", "1.2.0")
    words = ["rollback", "production", "web", "--to", "1.0.0", "--mode", "restore"]
    dry = live.does(*words, "--dry-run", "--json")
    assert {one["do"] for one in dry.document["copies"]} == {"restore"}
    assert story.live() == "1.2.0"
    live.does(*words)
    assert story.live() == "1.0.0"


def test_a_way_that_does_not_exist_is_a_usage_error(live: Desk) -> None:
    typed = live.types("rollback", "production", "web", "--mode", "sideways")
    assert typed.code == 2
    assert "'sideways' is not one of 'auto', 'redeploy', 'restore'" in typed.err


def test_a_name_that_is_nearly_right_is_guessed(live: Desk) -> None:
    typed = live.types("promote", "productoin", "web", "1.0.0")
    assert typed.code == 2
    assert "did you mean 'production'?" in typed.err
    assert "Traceback" not in typed.err


@pytest.mark.parametrize("version", ["1" * 1200, "1" * 129, "../secret", "1.0 "])
def test_what_cannot_be_a_version_is_bad_input(live: Desk, version: str) -> None:
    for words in (
        ("promote", "production", "web", version),
        ("promote", "production", "web", version, "--dry-run"),
        ("releases", "pin", "web", version, "--why", "an audit"),
        ("releases", "unpin", "web", version),
    ):
        typed = live.types(*words)
        assert typed.code == 2
        assert f"{version!r} cannot be a version: use 1 to 128 of" in typed.err


def test_a_history_under_a_name_that_no_key_can_hold_is_bad_input(live: Desk) -> None:
    typed = live.types("history", f"releases/{'w' * 1200}")
    assert typed.code == 2
    assert "at most 1024 bytes: give a shorter name" in typed.err
