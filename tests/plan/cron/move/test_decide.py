"""The decision about a job's move."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.decide import (
    Done,
    Facts,
    Held,
    Start,
    TakeBack,
    Watching,
    Wish,
    decide,
    told,
    word,
)
from crossfade.plan.cron.move.move import (
    Standing,
    TakenBack,
    TickSeen,
    Watch,
    seen_more,
    settled,
)
from crossfade.plan.journal.documents import state_from_json, state_to_json

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD, BAD = TickSeen(1, "good", "5.0 s on new-1"), TickSeen(2, "bad", "exit code 1 on new-1")
UNKNOWN = TickSeen(3, "unknown", "nobody knows")
WATCHED = Standing(Platform.NEW, Preference("new"), "op", Watch(NOW, 3))
TAKEN = Standing(taken_back=TakenBack(NOW, "exit code 1"))
TO_LEGACY = Wish(Platform.LEGACY)


def test_a_job_that_both_platforms_are_able_to_run_is_begun() -> None:
    assert decide(Wish(), Standing(), Facts()) == Start("both platforms are able")


def test_whatever_is_wrong_holds_it_all_at_once() -> None:
    assert decide(Wish(), Standing(), Facts(("one", "two"))) == Held("one; two")


def test_what_was_taken_back_is_tried_again_only_when_asked_for() -> None:
    held = decide(Wish(), TAKEN, Facts())
    assert held == Held(
        "was taken back at 2026-03-01 12:00 UTC: exit code 1; --again tries it again"
    )
    assert isinstance(decide(Wish(again=True), TAKEN, Facts()), Start)


def test_a_proof_from_the_past_is_a_reason_to_begin() -> None:
    proof = Facts(proof=(GOOD, GOOD))
    assert decide(Wish(), Standing(), proof) == Start("2 ticks that new ran before prove it")


def test_a_job_that_is_moved_is_done() -> None:
    assert decide(Wish(), settled(WATCHED, NOW), Facts()) == Done("new runs it already")
    assert decide(TO_LEGACY, Standing(), Facts()) == Done("legacy runs it already")


@pytest.mark.parametrize("standing", [WATCHED, settled(WATCHED, NOW)])
def test_nothing_keeps_a_job_from_going_back(standing: Standing) -> None:
    facts = Facts(objections=("all is wrong",), unread="memcached is away")
    assert decide(TO_LEGACY, standing, facts) == TakeBack("asked for")


def test_too_few_ticks_are_waited_for() -> None:
    watching = decide(
        Wish(), WATCHED, Facts(ticks=(GOOD,), next_at=NOW, unread="memcached is away")
    )
    assert watching == Watching(
        "1 of 3 ticks seen; 1970-01-01T00:01Z good: 5.0 s on new-1; no tick can be judged now: "
        "memcached is away",
        NOW,
    )


@given(
    st.lists(st.sampled_from([GOOD, BAD, UNKNOWN]), max_size=6),
    st.lists(st.sampled_from([GOOD, BAD, UNKNOWN]), max_size=6),
)
def test_one_bad_tick_takes_it_back_and_enough_good_ones_are_enough(
    before: list[TickSeen], now: list[TickSeen]
) -> None:
    standing = seen_more(WATCHED, tuple(before))
    decision = decide(Wish(), standing, Facts(ticks=tuple(now)))
    seen = [*before, *now]
    if BAD in seen:
        assert isinstance(decision, TakeBack)
        assert "exit code 1" in decision.reason
    elif seen.count(GOOD) >= 3:
        assert decision == Done(
            f"{seen.count(GOOD)} of 3 ticks were run once, by new, well and in time", news=True
        )
    else:
        assert isinstance(decision, Watching)
    assert decide(Wish(), seen_more(standing, tuple(now)), Facts()) == decision, "seen or recorded"


def test_a_standing_is_kept_as_json() -> None:
    standing = replace(
        settled(seen_more(WATCHED, (GOOD, BAD)), NOW),
        taken_back=TAKEN.taken_back,
        mover="migrations/shop",
    )
    assert state_from_json(state_to_json(standing), Standing) == standing
    assert state_from_json({}, Standing) == Standing()
    assert seen_more(Standing(), (GOOD,)) == Standing()


def test_a_preference_is_kept_in_the_journal_as_an_object_with_its_names() -> None:
    standing = Standing(Platform.NEW, Preference("new", 1.5, "op"), "op")
    kept = {"platform": "new", "since": 1.5, "by": "op"}
    state = state_to_json(standing)
    assert state["preferred"] == kept
    assert state_from_json(state, Standing) == standing


def test_a_decision_is_told_with_its_word_first() -> None:
    assert told(TakeBack("why")) == {"decision": "back", "reason": "why"}
    assert word(Watching("why")) == "watching"
