"""What became of ticks, from whatever is known of them, in whatever order it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.cron.claim.records import State, TickRecord
from crossfade.plan.cron.claim.restart_proof import Sample
from crossfade.plan.cron.claim.spool_line import Entry, Event
from crossfade.plan.cron.claim.terms import RETENTION
from crossfade.plan.cron.schedule.ticks import MINUTE, read_schedule
from crossfade.plan.cron.ticks.attempt import Attempt, attempt_of_entry, attempt_of_record, joined
from crossfade.plan.cron.ticks.day import Day, day_from_json, day_of, day_to_json, put_together
from crossfade.plan.cron.ticks.history import (
    Fate,
    Memory,
    PastTick,
    TickEvidence,
    counted,
    due_ticks,
    settled_after,
    told,
    what_became,
)

EVERY_MINUTE = read_schedule("* * * * *", UTC)
TICK = 29_000_000
DUE = float(TICK * MINUTE)
LATER = DUE + 3600

RECORD = TickRecord(
    State.DONE, "t1", "new", "pod-1", at=DUE + 9, start=DUE + 1, end=DUE + 9, exit_code=0, lease=60,
    outcome="won",
)  # fmt: skip
RUN = Attempt("t1", "new", "pod-1", outcome="won", start=DUE + 1, end=DUE + 9, exit_code=0)
CRASH = replace(RUN, end=None, exit_code=None, leased=True)
MEMORY = Memory(Sample(LATER, int(LATER), 400_000, 0), since=TICK - 100)


def became(
    *attempts: Attempt, now: float = LATER, memory: Memory | None = MEMORY, **known: frozenset[int]
) -> PastTick:
    evidence = TickEvidence({TICK: attempts}, memory=memory, **known)
    (tick,) = what_became(EVERY_MINUTE, [TICK], evidence, now=now)
    return tick


def test_a_tick_that_was_run_is_done_or_failed() -> None:
    done, failed = became(RUN), became(replace(RUN, exit_code=3))
    assert (done.fate, done.run, done.wrong) == (Fate.DONE, RUN, False)
    assert (failed.fate, failed.wrong) == (Fate.FAILED, True)


def test_the_losers_mark_is_no_second_run() -> None:
    loser = Attempt("t2", "legacy", "host-1", outcome="held", reason="new/pod-1 has it: running")
    tick = became(loser, RUN)
    assert (tick.fate, tick.run, tick.others, tick.doubled) == (Fate.DONE, RUN, (loser,), False)


def test_two_runs_of_one_tick_are_a_double_and_the_first_counts() -> None:
    second = replace(RUN, id="t0", platform="legacy", host="host-1", start=DUE + 5)
    tick = became(second, RUN)
    assert (tick.run, tick.doubled, tick.wrong) == (RUN, True, True)
    assert tick.reason == "run twice: by legacy/host-1 too"


def test_a_run_that_was_taken_over_after_its_crash_is_no_double() -> None:
    second = replace(RUN, id="t2", platform="legacy", number=2, start=DUE + 90, end=DUE + 99)
    tick = became(CRASH, second)
    assert (tick.run, tick.doubled, tick.fate) == (second, False, Fate.DONE)


def test_a_frozen_run_that_ended_after_all_beside_its_take_over_is_a_double() -> None:
    second = replace(RUN, id="t2", platform="legacy", number=2, start=DUE + 90, end=DUE + 99)
    assert became(RUN, second).doubled


def test_a_run_whose_lease_is_gone_crashed_and_one_whose_lease_is_held_runs() -> None:
    assert became(CRASH, memory=replace(MEMORY, lease="t1")).fate is Fate.RUNNING
    crashed = became(CRASH)
    assert (crashed.fate, crashed.wrong) == (Fate.CRASHED, True)
    assert "lease is gone" in crashed.reason


def test_a_run_that_has_just_begun_runs_whatever_the_lease_says() -> None:
    assert became(CRASH, now=DUE + 5).fate is Fate.RUNNING


def test_a_run_without_a_lease_counts_as_running_for_as_long_as_records_are_kept() -> None:
    loose = replace(CRASH, leased=False)
    assert became(loose).fate is Fate.RUNNING
    assert became(loose, now=DUE + RETENTION + 2).fate is Fate.CRASHED
    assert became(CRASH, memory=None).fate is Fate.RUNNING


def test_a_tick_is_skipped_where_an_earlier_run_still_ran() -> None:
    skipped = Attempt("t1", "new", "pod-1", outcome="skipped", reason="new/pod-0 still runs")
    tick = became(skipped)
    assert (tick.fate, tick.run, tick.reason) == (Fate.SKIPPED, None, "new/pod-0 still runs")


def test_a_record_that_says_skipped_is_told_as_such() -> None:
    skipped = attempt_of_record(
        RECORD._replace(state=State.SKIPPED, start=None, end=None, reason="new/pod-0 still runs")
    )
    assert skipped is not None
    assert became(skipped).fate is Fate.SKIPPED


def test_a_tick_of_which_only_the_loser_is_left_is_held() -> None:
    loser = Attempt("t2", "legacy", "host-1", outcome="held", reason="new/pod-1 has it: running")
    assert became(loser, memory=None).fate is Fate.HELD


def test_nobody_came_only_where_memcached_would_know() -> None:
    assert became().fate is Fate.MISSED
    silences = {
        "does not answer": None,
        "wrapped by then": replace(MEMORY, since=TICK + 1),
        "started 1 min ago": replace(MEMORY, sample=MEMORY.sample._replace(uptime=60)),
        "evicted": replace(MEMORY, sample=MEMORY.sample._replace(losses=1)),
        "for less time": replace(MEMORY, retention=3600),
    }
    for words, memory in silences.items():
        tick = became(memory=memory)
        assert (tick.fate, tick.wrong) == (Fate.UNKNOWN, False), words
        assert words in tick.reason


def test_a_restart_right_at_the_tick_leaves_it_unknown() -> None:
    age = int(LATER - DUE)
    just = replace(MEMORY, sample=MEMORY.sample._replace(uptime=age + 12))
    assert became(memory=just).fate is Fate.UNKNOWN
    assert became(memory=replace(just, sample=just.sample._replace(uptime=age + 13))).fate is (
        Fate.MISSED
    )


def test_what_was_missed_when_it_was_gathered_stays_missed_until_a_run_turns_up() -> None:
    missed = frozenset({TICK})
    assert became(memory=None, missed=missed).fate is Fate.MISSED
    assert became(RUN, memory=None, missed=missed).fate is Fate.DONE


def test_a_tick_is_due_while_somebody_may_start_it() -> None:
    assert became(now=DUE + 119).fate is Fate.DUE
    assert became(now=DUE + 121).fate is Fate.MISSED
    assert became(claimed=frozenset({TICK})).fate is Fate.DUE


def test_how_long_a_tick_may_be_started_follows_from_the_next() -> None:
    hourly, often = (read_schedule(text, UTC) for text in ("0 * * * *", "*/10 * * * *"))
    at = TICK - TICK % 60
    limits = [settled_after(one, at) - at * MINUTE for one in (EVERY_MINUTE, often, hourly)]
    assert limits == [120, 300, 600]


def test_both_sides_saying_why_they_did_not_run_makes_it_missed() -> None:
    sides = [
        Attempt(f"t-{name}", name, "h", outcome="unavailable", reason="memcached gave no answer")
        for name in ("legacy", "new")
    ]
    assert became(*sides, memory=None).fate is Fate.MISSED
    one = became(sides[0], memory=None)
    assert (one.fate, one.reason) == (Fate.UNKNOWN, "legacy/h: memcached gave no answer")


def test_a_tick_that_a_signal_took_from_its_winner_is_missed() -> None:
    gone = attempt_of_record(RECORD._replace(state=State.FAILED, end=None, reason="signal 15"))
    assert gone is not None
    tick = became(gone, memory=None)
    assert (tick.fate, tick.run) == (Fate.MISSED, None)


def test_an_attempt_that_was_interrupted_before_it_claimed_says_nothing_of_others() -> None:
    entry = Entry("t9", Event.SKIP, "j", TICK, "legacy", "h", DUE, "interrupted", "signal 15")
    assert became(attempt_of_entry(entry), memory=None).fate is Fate.UNKNOWN


def test_a_record_and_the_lines_of_its_run_are_one_attempt() -> None:
    start = Entry("t1", Event.START, "j", TICK, "new", "pod-1", DUE + 1, "won", start=DUE + 1)
    end = start._replace(event=Event.END, end=DUE + 9, exit_code=0, lost="new/pod-2 took the lease")
    record = attempt_of_record(RECORD)
    assert record is not None
    (whole,) = joined([attempt_of_entry(end), record, attempt_of_entry(start)])
    assert whole == replace(RUN, leased=True, lost="new/pod-2 took the lease")


def test_a_suspect_run_is_told_as_one() -> None:
    running = RECORD._replace(
        state=State.RUNNING,
        end=None,
        exit_code=None,
        outcome="",
        reason="memcached started 2 s ago",
    )
    ended = RECORD._replace(outcome="suspect", reason="memcached started 2 s ago")
    for record in (running, ended):
        attempt = attempt_of_record(record)
        assert attempt is not None
        assert attempt.suspect
        assert attempt.reason == "memcached started 2 s ago"
    stopped = attempt_of_record(RECORD._replace(state=State.FAILED, reason="ran longer than 5 s"))
    assert stopped is not None
    assert (stopped.suspect, stopped.stopped) == (False, "ran longer than 5 s")


def test_a_claim_is_no_attempt_and_a_record_that_cannot_be_read_keeps_the_tick() -> None:
    assert attempt_of_record(RECORD._replace(state=State.CLAIMED)) is None
    unreadable = TickRecord(State.UNREADABLE, "", "an unknown platform", "?")
    for record in (unreadable, RECORD._replace(start="then")):  # type: ignore[arg-type]  # as found
        odd = attempt_of_record(record)
        assert odd is not None
        assert became(odd).fate is Fate.HELD


ATTEMPTS = st.builds(
    Attempt,
    id=st.sampled_from(["a", "b"]),
    platform=st.sampled_from(["legacy", "new"]),
    host=st.just("h"),
    number=st.integers(1, 3),
    outcome=st.sampled_from(["", "won", "held", "suspect"]),
    start=st.none() | st.floats(0, 9),
    end=st.none() | st.floats(0, 9),
    exit_code=st.none() | st.integers(0, 3),
    reason=st.sampled_from(["", "x", "y"]),
)
DAYS = st.builds(
    Day,
    st.just("j"),
    st.just(day_of(TICK)),
    st.dictionaries(st.integers(TICK, TICK + 2), st.lists(ATTEMPTS, max_size=3).map(joined)),
    st.sets(st.integers(TICK, TICK + 2)).map(lambda ticks: tuple(sorted(ticks))),
)


@given(DAYS, DAYS, DAYS)
def test_days_are_put_together_in_any_order_and_any_number_of_times(
    one: Day, two: Day, three: Day
) -> None:
    forth = put_together(put_together(one, two), three)
    back = put_together(three, put_together(two, one))
    assert forth == back
    assert put_together(forth, two) == forth
    assert day_to_json(forth) == day_to_json(back)


@given(DAYS)
def test_a_day_is_read_back_as_it_was_written(day: Day) -> None:
    assert day_from_json(day_to_json(day)) == day


@given(st.permutations([RUN, CRASH, replace(RUN, id="t2"), replace(CRASH, id="t3", number=2)]))
def test_the_answer_does_not_depend_on_the_order_of_what_is_told(order: list[Attempt]) -> None:
    assert became(*order) == became(*sorted(order, key=repr))


def test_ticks_of_a_span_begin_after_it_and_end_with_it() -> None:
    assert due_ticks(EVERY_MINUTE, DUE - 60, DUE + 60) == (TICK, TICK + 1)
    assert due_ticks(EVERY_MINUTE, DUE, DUE) == ()
    assert due_ticks(EVERY_MINUTE, DUE - 1, DUE + 59) == (TICK,)


def test_counts_name_every_fate_and_platform() -> None:
    double = became(RUN, replace(RUN, id="t2", platform="legacy", outcome="suspect"))
    counts = counted([double, became()])
    assert {name: number for name, number in counts.items() if number} == {
        "ticks": 2, "done": 1, "missed": 1, "doubles": 1, "suspect": 1, "runs_legacy": 1,
        "runs_new": 1,
    }  # fmt: skip
    assert {"failed", "due", "unknown"} <= counts.keys()


@pytest.mark.parametrize(
    ("tick", "line"),
    [
        (became(RUN), "done 2025-02-19T21:20Z by new/pod-1"),
        (became(), "missed 2025-02-19T21:20Z: nobody came"),
    ],
)
def test_a_tick_is_told_in_a_line(tick: PastTick, line: str) -> None:
    assert told(tick) == line
