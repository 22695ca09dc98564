from __future__ import annotations

import pytest

from crossfade.plan.gates.gate import OnFail
from crossfade.plan.gates.guarantee import (
    false_returns,
    minutes_to_see,
    said_false_returns,
    said_sight,
)
from crossfade.plan.gates.kinds import STANDARD_GATES, ErrorsGate, LatencyGate

ERRORS = ErrorsGate(name="errors")


def test_the_standard_gates_take_back_a_good_platform_in_one_of_a_hundred_ramps() -> None:
    assert false_returns(STANDARD_GATES) == pytest.approx(0.01)
    assert "in at most 1 of 100 ramps" in said_false_returns(STANDARD_GATES)


def test_a_gate_counts_once_and_only_if_it_takes_back() -> None:
    assert false_returns([ERRORS, ERRORS]) == ERRORS.false_returns
    assert false_returns([ErrorsGate(name="errors", on_fail=OnFail.HOLD)]) == 0
    assert said_false_returns([]) == ""


def test_a_gate_of_ones_own_adds_its_part() -> None:
    more = [*STANDARD_GATES, LatencyGate(name="slow", false_returns=0.01)]
    assert "in at most 2 of 100 ramps" in said_false_returns(more)


def test_the_times_are_those_that_the_benchmark_measures() -> None:
    assert minutes_to_see(ERRORS, 3, new=100, legacy=900, step=0) == pytest.approx(25, rel=0.15)
    assert minutes_to_see(ERRORS, 2, new=100, legacy=900, step=0) == pytest.approx(80, rel=0.15)


def test_more_requests_make_it_sooner_and_a_later_stage_later() -> None:
    def seen(requests: float, step: int = 0) -> int:
        return minutes_to_see(ERRORS, 2, new=requests, legacy=9 * requests, step=step) or 0

    assert seen(1000) < seen(100) < seen(10)
    assert seen(100) < seen(100, step=1) < seen(100, step=2)


def test_without_legacy_or_for_what_is_granted_there_is_no_time() -> None:
    assert minutes_to_see(ERRORS, 2, new=100, legacy=0, step=0) is None
    granting = ErrorsGate(name="errors", times=2)
    assert minutes_to_see(granting, 2, new=100, legacy=900, step=0) is None
    assert said_sight([ERRORS], new=100, legacy=0, step=0) == ""


def test_it_is_said_in_a_sentence_where_the_load_is_known() -> None:
    told = said_sight(STANDARD_GATES, new=1000, legacy=9000, step=0)
    assert told.startswith("errors sees 0.5% doubled within ")
    assert "and tenfold within 1 minute at this load" in told
    assert said_sight(STANDARD_GATES, new=None, legacy=None, step=0) == ""
    assert said_sight([], new=1, legacy=1, step=0) == ""
