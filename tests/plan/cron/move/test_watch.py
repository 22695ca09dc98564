"""What a job's ticks say about its move."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.cron.move.move import Watch
from crossfade.plan.cron.move.watch import BAD, GOOD, UNKNOWN, judged, proved, usual_seconds
from crossfade.plan.cron.ticks.attempt import Attempt
from crossfade.plan.cron.ticks.history import Fate, PastTick

SINCE = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
FIRST = int(SINCE.timestamp() // 60) + 5
NOW = SINCE + timedelta(hours=1)
WATCH = Watch(SINCE, 3)


def ran(
    minute: int = FIRST, platform: str = "new", seconds: float | None = 5, **more: Any
) -> PastTick:
    """Return a tick that was run."""
    start = minute * 60.0
    end = None if seconds is None else start + seconds
    code = more.pop("code", 0)
    run = Attempt(
        f"t{minute}", platform, f"{platform}-1", more.pop("number", 1), start=start, end=end,
        exit_code=None if end is None else code,
    )  # fmt: skip
    fate = Fate.RUNNING if end is None else Fate.FAILED if code else Fate.DONE
    return PastTick(minute, more.pop("fate", fate), run, **more)


def verdicts(watch: Watch, *past: PastTick, now: datetime = NOW, sign: int | None = None) -> Any:
    return [(tick.verdict, tick.why) for tick in judged(watch, past, now, sign=sign)]


def test_a_tick_that_new_ran_once_well_and_in_time_is_good() -> None:
    ((verdict, why),) = verdicts(replace(WATCH, usual=5.0), ran())
    assert (verdict, why) == (GOOD, "5.0 s on new-1")


@pytest.mark.parametrize(
    ("tick", "why"),
    [
        (ran(platform="legacy"), "legacy/legacy-1 ran it, new did not"),
        (ran(code=3), "exit code 3 on new-1"),
        (ran(code=143, reason="max-runtime"), "exit code 143 on new-1: max-runtime"),
        (ran(seconds=None, fate=Fate.CRASHED), "crashed on new-1"),
        (ran(number=2), "needed 2 attempts: the run before crashed"),
        (ran(seconds=61), "took 61 s on new-1, usual are 60 s"),
        (ran(doubled=True, reason="run twice: by legacy/h too"), "run twice: by legacy/h too"),
        (ran(seconds=None, platform="legacy"), "legacy/legacy-1 ran it, new did not"),
        (ran(seconds=None), "still runs after 3330 s, usual are 60 s"),
        (PastTick(FIRST, Fate.MISSED, reason="nobody came"), "missed: nobody came"),
        (PastTick(FIRST, Fate.SKIPPED, reason="still runs"), "skipped: still runs"),
        (PastTick(FIRST, Fate.HELD), "held"),
    ],
)
def test_every_other_tick_is_bad(tick: PastTick, why: str) -> None:
    assert verdicts(replace(WATCH, usual=60.0), tick) == [(BAD, why)]


def test_without_a_usual_duration_any_is_in_time() -> None:
    assert verdicts(WATCH, ran(seconds=5000))[0][0] == GOOD
    assert verdicts(WATCH, ran(seconds=None)) == []


def test_what_nobody_knows_counts_for_nothing() -> None:
    tick = PastTick(FIRST, Fate.UNKNOWN, reason="memcached started 9 s ago")
    assert verdicts(WATCH, tick) == [(UNKNOWN, "nobody knows: memcached started 9 s ago")]


def test_the_next_ticks_to_judge_are_those_after_the_last_one() -> None:
    assert WATCH.after == SINCE.timestamp()
    assert replace(WATCH, seen=judged(WATCH, [ran()], NOW)).after == FIRST * 60


def test_judging_stops_at_the_first_tick_that_is_not_decided() -> None:
    due = PastTick(FIRST, Fate.DUE)
    running = ran(seconds=None)
    for undecided in (due, running):
        assert verdicts(WATCH, undecided, ran(FIRST + 5)) == []
        assert len(verdicts(WATCH, ran(FIRST - 1), undecided, ran(FIRST + 5))) == 1


PIPELINE = replace(WATCH, applies_until=SINCE + timedelta(minutes=15))
EARLY = SINCE + timedelta(minutes=10)


def test_before_a_pipeline_has_applied_the_list_ticks_of_legacy_count_for_nothing() -> None:
    legacy = ran(platform="legacy")
    assert verdicts(PIPELINE, legacy, now=EARLY)[0][0] == UNKNOWN
    ((verdict, why),) = verdicts(PIPELINE, legacy, now=NOW)
    assert (verdict, why) == (BAD, "the list was not applied on the new platform in time")


def test_the_first_sign_of_new_proves_that_the_list_is_applied() -> None:
    legacy = ran(platform="legacy")
    later = ran(FIRST + 5, platform="legacy")
    assert verdicts(PIPELINE, legacy, sign=FIRST, now=EARLY)[0][0] == BAD
    assert verdicts(PIPELINE, ran(), later, now=EARLY)[1][0] == BAD
    told = judged(PIPELINE, [ran()], EARLY)
    assert verdicts(replace(PIPELINE, seen=told), later, now=EARLY)[0][0] == BAD


def test_a_mark_from_before_the_move_or_after_the_tick_is_no_sign() -> None:
    legacy = ran(platform="legacy")
    for sign in (FIRST - 100, FIRST + 1):
        assert verdicts(PIPELINE, legacy, sign=sign, now=EARLY)[0][0] == UNKNOWN


def test_usual_is_twice_the_longest_of_legacy_and_a_minute_at_least() -> None:
    assert usual_seconds([ran(platform="legacy", seconds=100), ran(seconds=900)]) == 200
    assert usual_seconds([ran(platform="legacy", seconds=2)]) == 60
    assert usual_seconds([ran(), ran(platform="legacy", seconds=None)]) == 0


def test_past_ticks_of_new_prove_a_move_if_all_were_good_and_enough() -> None:
    mixed = [ran(FIRST + minute) for minute in range(3)] + [ran(FIRST + 9, platform="legacy")]
    seen, lacking = proved(mixed, 60, 3)
    assert (len(seen), lacking) == (3, "")
    assert "new ran 3 ticks in that time, 4 are needed" in proved(mixed, 60, 4)[1]
    assert "exit code 1" in proved([*mixed, ran(FIRST + 20, code=1)], 60, 3)[1]
    assert proved([*mixed, ran(FIRST + 20, seconds=None)], 60, 3)[1] == ""


@given(st.lists(st.sampled_from(["good", "legacy", "failed", "due", "unknown"]), max_size=8))
def test_ticks_are_judged_once_in_order_and_never_beyond_an_undecided_one(kinds: list[str]) -> None:
    made = {
        "good": ran,
        "legacy": lambda minute: ran(minute, platform="legacy"),
        "failed": lambda minute: ran(minute, code=1),
        "due": lambda minute: PastTick(minute, Fate.DUE),
        "unknown": lambda minute: PastTick(minute, Fate.UNKNOWN),
    }
    past = [made[kind](FIRST + number) for number, kind in enumerate(kinds)]
    whole = judged(WATCH, past, NOW)
    decided = kinds[: kinds.index("due")] if "due" in kinds else kinds
    assert [tick.minute for tick in whole] == [FIRST + number for number in range(len(decided))]
    first = judged(WATCH, past[:1], NOW)
    rest = judged(replace(WATCH, seen=first), past[len(first) :], NOW)
    if first or not past:
        assert (*first, *rest) == whole
