"""The page as a value: what it says of what was read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.base.blocks import Tone
from crossfade.plan.journal.operation import Status
from crossfade.plan.ramp.progress import Decided, Freeze
from crossfade.plan.report.compose import page_of
from crossfade.plan.report.known import Known
from crossfade.plan.report.ramps import MOST_DECISIONS
from tests.plan.report.known import (
    NOON,
    at,
    half,
    held,
    job,
    migration,
    open_,
    operation,
    promoted,
    site,
    taken_back,
)

if TYPE_CHECKING:
    from crossfade.plan.report.page import Page


def page(*known: Known) -> Page:
    return page_of(known, subject="", now=at(10))


def ways(*known: Known) -> dict[str, list[str]]:
    return {one.subject: [each.line for each in one.commands] for one in page(*known).ways}


def test_what_is_live_is_a_table_of_components_by_environments() -> None:
    made = promoted(1, "1.1.0", "1.0.0")
    other = replace(site(), subject="sites/staging/checkout")
    found = page(site("1.1.0", made_by=made, url="https://app.example"), other)
    assert [(one.name, one.url) for one in found.environments] == [
        ("production", "https://app.example"),
        ("staging", ""),
    ]
    assert [row.component for row in found.rows] == ["checkout", "web"]
    cell = found.rows[1].cells[0]
    assert (cell.version, cell.since, cell.by) == ("1.1.0", "2026-11-28 12:00:00", "ann@desk")
    assert found.rows[1].cells[1].version == ""


def test_where_nothing_wants_a_look_all_is_settled() -> None:
    found = page(site("1.0.0"), migration(half()), job())
    assert found.notices == ()
    assert (found.verdict.text, found.verdict.tone) == ("All is settled", Tone.GOOD)


def test_an_open_operation_without_a_worker_is_named_with_the_commands_that_end_it() -> None:
    found = page(site("1.0.0", open=open_(trouble="the connection broke")))
    (notice,) = found.notices
    assert (notice.badge.text, notice.badge.tone) == ("left open", Tone.WAITING)
    assert ("stopped", "the connection broke") in notice.facts
    assert [one.line for one in notice.commands] == [
        "crossfade resume sites/production/web",
        "crossfade reverse sites/production/web",
    ]
    assert found.verdict.text == "1 thing wants a look"
    assert found.ways == (), "the one way is to end what is open"


def test_an_operation_at_work_is_told_and_asks_for_nobody() -> None:
    found = page(site("1.0.0", open=open_(), lease_left=60.0))
    assert found.notices[0].badge.tone is Tone.BUSY
    assert found.verdict.text == "1 change is under way"
    assert found.rows[0].cells[0].badge is not None


def test_damage_comes_first_and_hides_nothing() -> None:
    hurt = site(trouble="s3://b/head.json cannot be read")
    found = page(replace(site(), subject="sites/a/b", open=open_()), hurt, migration(half()))
    assert [one.badge.text for one in found.notices] == ["damaged", "left open"]
    assert found.verdict.tone is Tone.BAD
    assert found.migrations[0].badge.text == "under way"


def test_a_damaged_operation_is_told_beside_those_that_can_be_read() -> None:
    hurt = site("1.0.0", operations=(promoted(1, "1.0.0"),), damaged=("operation 2 is damaged",))
    found = page(hurt)
    assert found.notices[0].facts == (("why", "operation 2 is damaged"),)
    assert len(found.events) == 1


def test_what_left_the_configuration_is_said_to_have_left() -> None:
    found = page(site("1.0.0", configured=False), migration(half(), configured=False))
    assert "2 subjects can only go back" in found.notices[0].title
    assert found.verdict.tone is Tone.GOOD, "it is no trouble"


def test_the_stages_up_to_the_present_one_are_done() -> None:
    steps = page(migration(half())).migrations[0].steps
    assert [(one.name, one.share, one.state) for one in steps] == [
        ("share-1", "1 %", "done"),
        ("share-10", "10 %", "now"),
        ("share-50", "50 %", "ahead"),
        ("share-100", "100 %", "ahead"),
    ]
    assert "bakes 30 min" in steps[1].asks


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "under way"),
        ({"completed_at": NOON}, "complete"),
        ({"final_at": NOON}, "finished"),
        ({"decided": None, "vector": None}, "not begun"),
        ({"decided": Decided("back", "errors", NOON)}, "went back"),
        ({"frozen": Freeze("lunch", "ann", NOON)}, "frozen"),
        ({"decided": Decided("hold", "changed by someone else", NOON)}, "waits for a person"),
    ],
)
def test_a_migration_says_in_a_word_how_it_stands(changes: dict[str, object], said: str) -> None:
    found = page(migration(half(**changes)))
    assert found.migrations[0].badge.text == said


def test_a_stage_that_needs_an_approval_names_the_command_that_gives_it() -> None:
    reason = "stage all needs an approval: nobody approved 1234 yet"
    found = page(migration(half(decided=Decided("hold", reason, NOON, at(1)))))
    (notice,) = found.notices
    assert notice.badge.tone is Tone.WAITING
    assert [one.line for one in notice.commands] == ["crossfade approve shop"]


def test_a_frozen_migration_says_why_and_how_it_is_let_go() -> None:
    found = page(migration(half(frozen=Freeze("errors in Rome", "ann", NOON))))
    (notice,) = found.notices
    assert ("why", "errors in Rome") in notice.facts
    assert [one.line for one in notice.commands] == ["crossfade hold shop --release"]


def test_holds_that_are_alike_are_one_decision_with_the_last_reason_and_figures() -> None:
    passing = ("errors", "pass")
    found = page(
        migration(
            half(),
            operations=(
                held(5, "bakes for another 1 min", passing),
                held(4, "bakes for another 2 min", passing),
                held(3, "bakes for another 3 min", ("errors", "no_data")),
                operation(2, "migrations/shop", "advance", "advance shop to share-10",
                          request={"decision": "advance", "reason": "on to 10 %"}),
            ),
        )
    )  # fmt: skip
    newest, earlier, begun = found.migrations[0].decisions
    assert (newest.times, newest.first, newest.why) == (
        2,
        "2026-11-28 12:04:00",
        "bakes for another 1 min",
    )
    assert newest.gates[0].tone is Tone.GOOD
    assert newest.gates[0].figures == (("minutes", "12:00-12:05"), ("share", "0.1235"))
    assert earlier.times == 1
    assert begun.why == "advance shop to share-10: on to 10 %"


def test_a_long_ramp_shows_its_newest_decisions_and_names_the_command_for_the_rest() -> None:
    many = tuple(held(one, "x", conflict=bool(one % 2)) for one in range(50, 0, -1))
    found = page(migration(half(), operations=many)).migrations[0]
    assert len(found.decisions) == MOST_DECISIONS
    assert found.more == "crossfade history migrations/shop --limit 0"


def test_lately_is_what_people_did_newest_first_and_no_mere_hold() -> None:
    made = promoted(1, "1.0.0", figures={"copy": 3}, status=Status.REVERSED)
    said = operation(7, "migrations/shop", "hold", "hold shop: lunch")
    found = page(site("1.0.0", operations=(made,)), migration(operations=(held(9, "x"), said)))
    assert [one.what for one in found.events] == [
        "hold shop: lunch",
        "promote web nothing -> 1.0.0 in production",
    ]
    assert (found.events[1].badge.text, found.events[1].cost) == ("reversed", "3 copied")


def test_the_operations_of_a_train_are_one_event() -> None:
    one = promoted(1, "1.0.0")
    other = replace(one, subject="sites/production/checkout", title="promote checkout")
    train = replace(site("1.0.0"), subject="sites/production/checkout", operations=(other,))
    found = page(site("1.0.0", operations=(one,)), train)
    assert [one.what for one in found.events] == [
        "promote checkout; promote web nothing -> 1.0.0 in production"
    ]


def test_the_way_back_of_a_promote_is_a_rollback() -> None:
    made = promoted(1, "1.1.0", "1.0.0")
    assert ways(site("1.1.0", made_by=made)) == {
        "sites/production/web": ["crossfade rollback production web"]
    }


@pytest.mark.parametrize(
    "made", [promoted(4, "1.0.0"), promoted(4, "1.0.0", "1.1.0", kind="rollback")]
)
def test_where_a_rollback_would_not_go_the_operation_itself_is_taken_back(made: object) -> None:
    known = ways(site("1.0.0", made_by=made))
    assert known == {"sites/production/web": ["crossfade reverse sites/production/web --to 4"]}


def test_the_ways_back_of_a_migration_are_its_checkpoints() -> None:
    assert ways(migration(half())) == {
        "migrations/shop": [
            "crossfade back shop",
            "crossfade abort shop",
            "crossfade reverse migrations/shop --to b",
            "crossfade reverse migrations/shop --to a",
        ]
    }
    assert ways(migration(half(final_at=NOON))) == {}


def test_the_way_back_of_a_purge_is_its_reversal() -> None:
    purge = operation(3, "releases/web", "purge", "purge web")
    known = Known("releases/web", operations=(purge,))
    assert ways(known) == {"releases/web": ["crossfade reverse releases/web --to 3"]}


def test_a_job_says_where_it_runs_and_how_it_goes_back() -> None:
    found = page(job())
    (row,) = found.jobs
    assert (row.platform, row.move) == ("new", "done 2026-11-28 12:00 UTC")
    assert ways(job()) == {"crons/reports.daily": ["crossfade reverse crons/reports.daily --last"]}


def test_a_job_that_was_taken_back_says_why() -> None:
    found = page(taken_back())
    assert ("why", "exit code 3 on new") in found.notices[0].facts
    assert found.jobs[0].platform == "legacy"
    assert ways(taken_back()) == {}


def test_a_name_from_the_journal_is_quoted_for_the_shell() -> None:
    odd = replace(site("1.0.0", open=open_()), subject="sites/x; rm -rf $HOME/web")
    (notice, *_) = page(odd).notices
    assert notice.commands[0].line == "crossfade resume 'sites/x; rm -rf $HOME/web'"
