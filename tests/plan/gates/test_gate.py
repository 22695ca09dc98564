from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import (
    Circumstances,
    GateTally,
    OnFail,
    Outcome,
    OutcomeLimits,
    counted,
    limit_reached,
    passed,
)
from crossfade.plan.gates.kinds import STANDARD_GATES, ErrorsGate, ShareGate
from crossfade.plan.gates.samples import MINUTE
from tests.plan.shop import NOON, circumstances, said


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.NO_DATA, Outcome.INCONCLUSIVE])
def test_what_could_not_tell_does_not_end_a_row_of_fails(outcome: Outcome) -> None:
    tallies = counted((), [said("errors", Outcome.FAIL)])
    tallies = counted(tallies, [said("errors", outcome, at=NOON + MINUTE)])
    tallies = counted(tallies, [said("errors", Outcome.FAIL, at=NOON + 2 * MINUTE)])
    assert tallies == (GateTally("errors", Outcome.FAIL, 2, NOON + 2 * MINUTE),)


def test_the_same_outcome_in_a_row_is_counted() -> None:
    tallies = counted((), [said("errors", Outcome.FAIL)])
    tallies = counted(tallies, [said("errors", Outcome.FAIL, at=NOON + MINUTE)])
    assert tallies == (GateTally("errors", Outcome.FAIL, 2, NOON + MINUTE),)


def test_another_outcome_begins_anew() -> None:
    tallies = counted((), [said("errors", Outcome.FAIL)])
    tallies = counted(tallies, [said("errors", Outcome.PASS, at=NOON + MINUTE)])
    assert tallies == (GateTally("errors", Outcome.PASS, 1, NOON + MINUTE),)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=5))
def test_looking_twice_at_the_same_minutes_counts_once(times: int) -> None:
    tallies: tuple[GateTally, ...] = ()
    for _ in range(times):
        tallies = counted(tallies, [said("errors", Outcome.FAIL)])
    assert tallies == (GateTally("errors", Outcome.FAIL, 1, NOON),)


@pytest.mark.parametrize("outcome", [Outcome.NO_DATA, Outcome.INCONCLUSIVE])
def test_what_a_gate_cannot_tell_before_its_window_is_full_is_not_counted(outcome: Outcome) -> None:
    young = replace(said("errors", outcome), full=False)
    assert counted((), [young]) == ()
    assert counted((), [replace(young, full=True)])[0].count == 1


def test_a_failure_is_counted_before_the_window_is_full() -> None:
    assert counted((), [replace(said("errors", Outcome.FAIL), full=False)])[0].count == 1


def test_gates_are_counted_apart() -> None:
    tallies = counted((), [said("b", Outcome.FAIL), said("a", Outcome.NO_DATA)])
    assert [(tally.gate, tally.outcome) for tally in tallies] == [
        ("a", Outcome.NO_DATA),
        ("b", Outcome.FAIL),
    ]


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NO_DATA, Outcome.ERROR])
def test_what_was_not_measured_never_takes_anything_back_by_default(outcome: Outcome) -> None:
    # Flagger #1035, #883: no data counted as failure
    assert not limit_reached(ErrorsGate(name="errors"), GateTally("errors", outcome, 10**6, NOON))


def test_a_single_fail_is_enough_by_default() -> None:
    assert limit_reached(ErrorsGate(name="errors"), GateTally("errors", Outcome.FAIL, 1, NOON))


def test_each_outcome_has_a_limit_of_its_own() -> None:
    gate = ErrorsGate(name="errors", limits=OutcomeLimits(fail=3, error=5, no_data=None))
    reached = {
        (outcome, count)
        for outcome in Outcome
        for count in (1, 3, 5, 100)
        if limit_reached(gate, GateTally("errors", outcome, count, NOON))
    }
    assert reached == {
        (Outcome.FAIL, 3),
        (Outcome.FAIL, 5),
        (Outcome.FAIL, 100),
        (Outcome.ERROR, 5),
        (Outcome.ERROR, 100),
    }


def test_a_measured_share_that_fails_holds_and_does_not_take_back() -> None:
    assert ShareGate(name="measured-share").on_fail is OnFail.HOLD
    assert {gate.name for gate in STANDARD_GATES} >= {"errors", "measured-share"}


def test_a_gate_looks_at_whole_complete_minutes_after_the_change() -> None:
    at = Circumstances(
        now=NOON + timedelta(seconds=59),
        since=NOON - timedelta(minutes=9, seconds=30),
        vector=Vector(90, 10),
        previous=Vector(100, 0),
        delay=timedelta(minutes=2),
    )
    period = at.period(timedelta(minutes=5))
    assert (period.start, period.end, period.full) == (NOON - 7 * MINUTE, NOON - 2 * MINUTE, True)
    early = at.period(timedelta(minutes=30))
    assert (early.start, early.minutes, early.full) == (NOON - 9 * MINUTE, 7, False)
    settling = at.period(timedelta(minutes=5), settling=timedelta(hours=1))
    assert (settling.minutes, settling.full) == (0, False)


def test_the_direction_of_travel_is_known() -> None:
    assert circumstances(10, before=0).travel == 1
    assert circumstances(10, before=50).travel == -1
    assert circumstances(10, before=10).travel == 0


def test_what_was_seen_before_a_whole_minute_is_no_pass() -> None:
    at = circumstances(since=timedelta())
    said_so = passed("all is well", at.period(5 * MINUTE))
    assert said_so.outcome is Outcome.INCONCLUSIVE
    assert said_so.reason == "all is well, but no whole minute is measured yet"
