from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.gates.errors import Failures
from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import ErrorsGate
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Samples, Source
from tests.plan.shop import NOON, circumstances, measured, minutes, served

GATE = ErrorsGate(name="errors")
GOOD = served(1000)
SECOND, HOURS = timedelta(seconds=1), timedelta(hours=5)


def asked(
    new: PlatformSamples, legacy: PlatformSamples = GOOD, gate: ErrorsGate = GATE
) -> GateResult:
    return judge(gate, measured(new, legacy), circumstances())


def test_no_5xx_series_beside_requests_is_zero_errors() -> None:
    result = asked(served(1000))
    assert result.outcome is Outcome.PASS
    assert result.figures["errors_new"] == 0
    assert result.figures["requests_new"] == 5000


@pytest.mark.parametrize("legacy", [PlatformSamples(), GOOD])
def test_no_requests_of_new_are_no_data_and_never_a_pass(legacy: PlatformSamples) -> None:
    assert asked(PlatformSamples(), legacy).outcome is Outcome.NO_DATA


def test_a_young_stage_without_requests_says_how_little_is_measured_yet() -> None:
    def said_after(age: timedelta) -> str:
        at = circumstances(since=age)
        result = judge(GATE, measured(PlatformSamples(), GOOD), at)
        assert (result.outcome, result.counts) == (Outcome.NO_DATA, False)
        return result.reason

    assert said_after(timedelta()) == (
        "nothing is measured yet: no whole minute is over since the weights were set"
    )
    assert said_after(timedelta(minutes=1)) == "no requests of new yet: only 1 min is measured yet"


def test_one_request_is_no_plural() -> None:
    one = PlatformSamples(requests=minutes([1]))
    assert "1 request on new in 5 min: too few to tell" in asked(one).reason


def test_too_few_requests_are_inconclusive() -> None:
    result = asked(served(10))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "50 requests on new" in result.reason


def test_more_errors_than_the_limit_fail() -> None:
    result = asked(served(1000, errors=50))
    assert result.outcome is Outcome.FAIL
    assert "5.00% of 5000 requests failed on new" in result.reason


def test_more_errors_than_legacy_fail_below_the_absolute_limit() -> None:
    result = asked(served(2000, errors=10), served(2000, errors=2))
    assert result.outcome is Outcome.FAIL
    assert "worse than legacy, odds" in result.reason


def test_an_absolute_limit_fails_a_platform_that_is_not_worse_than_legacy_allows() -> None:
    loose = ErrorsGate(name="errors", times=None, max_times=20)
    result = asked(served(1000, errors=50), served(1000, errors=5), loose)
    assert result.outcome is Outcome.FAIL
    assert "over the limit of 1.00%" in result.reason
    assert asked(served(1000, errors=50), served(1)).outcome is Outcome.FAIL


def test_errors_on_both_platforms_are_no_reason_to_go_back() -> None:
    result = asked(served(1000, errors=50), served(1000, errors=60))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "going back would not help" in result.reason


def test_errors_that_may_be_chance_are_inconclusive() -> None:
    few = replace(served(30), errors=minutes([1, 0, 1, 0, 0]))
    result = asked(few, gate=ErrorsGate(name="errors", max_times=None))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "too few to be sure" in result.reason


def test_a_legacy_with_too_few_requests_is_no_control() -> None:
    result = asked(served(1000, errors=2), served(1))
    assert result.outcome is Outcome.PASS
    assert result.figures["limit_beside_legacy"] is None
    assert "no control" in result.reason


def test_a_load_balancer_without_healthy_targets_fails_though_it_counts_no_requests() -> None:
    dead = PlatformSamples(errors=minutes([500] * 30))
    result = asked(dead)
    assert result.outcome is Outcome.FAIL
    assert result.figures["ratio_new"] == 1


def test_a_pass_needs_the_whole_window() -> None:
    young = circumstances(since=timedelta(minutes=3))
    result = judge(GATE, measured(GOOD, GOOD), young)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "only 3 min" in result.reason


def test_a_fail_does_not_wait_for_the_whole_window() -> None:
    young = circumstances(since=timedelta(minutes=2))
    assert judge(GATE, measured(served(1000, errors=500), GOOD), young).outcome is Outcome.FAIL


def test_a_single_minute_decides_nothing_however_bad_it_is() -> None:
    burst = replace(served(1000), errors=minutes([1000]))
    result = asked(burst)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.figures["errors_new"] == 1000


def test_only_minutes_since_the_change_are_looked_at() -> None:
    before = PlatformSamples(requests=minutes([1000] * 30), errors=minutes([900] * 20 + [0] * 10))
    result = judge(GATE, measured(before, GOOD), circumstances(since=timedelta(minutes=10)))
    assert result.outcome is Outcome.PASS


def test_what_could_not_be_read_is_an_error_and_holds() -> None:
    # Argo Rollouts #4479: "Successful" though every measurement failed
    unread = Samples(unread={Source.TRAFFIC: "AccessDenied"})
    result = judge(GATE, unread, circumstances())
    assert result.outcome is Outcome.ERROR
    assert "AccessDenied" in result.reason


def test_the_answer_tells_the_difference_with_its_interval_and_the_odds() -> None:
    result = asked(served(1000, errors=6), served(9000, errors=45))
    figures = result.figures
    low, seen, high = (figures[f"difference{end}"] for end in ("_at_least", "", "_at_most"))
    assert isinstance(low, float)
    assert isinstance(seen, float)
    assert isinstance(high, float)
    assert low < seen < high
    assert seen == pytest.approx(0.001)
    assert (
        f"({seen * 100:+.2f} points, {low * 100:+.2f} to {high * 100:+.2f} at 95%)" in result.reason
    )
    assert figures["odds_needed"] == pytest.approx(14 / 12 / GATE.false_returns)


def test_evidence_of_a_whole_stage_counts_where_its_last_minutes_would_tell_nothing() -> None:
    # 4 of 5 minutes are as good as legacy's, and the limits of the window are not reached
    some = PlatformSamples(minutes([200] * 300), errors=minutes([0, 1, 2, 1, 0] * 60))
    result = judge(GATE, measured(some, served(9000, errors=5)), circumstances(since=HOURS))
    assert result.outcome is Outcome.FAIL
    assert result.figures["ratio_new"] == 0.004


def test_looking_again_at_the_same_minutes_says_the_same() -> None:
    samples, at = measured(served(1000, errors=6), served(9000, errors=45)), circumstances()
    assert judge(GATE, samples, at) == judge(GATE, samples, replace(at, now=at.now + 59 * SECOND))


def test_a_worker_that_missed_minutes_says_what_one_that_looked_at_each_says() -> None:
    samples = measured(served(1000, errors=6), served(9000, errors=45))
    odds = [
        judge(GATE, samples, replace(circumstances(), now=NOON - ago * MINUTE)).figures["odds"]
        for ago in (3, 2, 1, 0)
    ]
    assert judge(GATE, samples, circumstances()).figures["odds"] == odds[-1]


def test_a_platform_that_loses_its_data_is_held_and_not_taken_back() -> None:
    before = NOON - 10 * MINUTE
    gone = PlatformSamples(minutes([1000] * 20, until=before), minutes([500] * 20, until=before))
    assert asked(gone).outcome is Outcome.NO_DATA


def test_an_incident_of_both_platforms_takes_nothing_back() -> None:
    incident = [0] * 10 + [300] * 10 + [0] * 10
    new = PlatformSamples(minutes([1000] * 30), errors=minutes(incident))
    legacy = PlatformSamples(minutes([9000] * 30), errors=minutes([9 * one for one in incident]))
    assert asked(new, legacy).outcome is Outcome.PASS


def test_what_is_granted_beside_legacy_is_no_failure() -> None:
    granting = ErrorsGate(name="errors", times=3, max_times=None, max_ratio=0.05)
    twice = served(1000, errors=8), served(1000, errors=4)
    assert asked(*twice).outcome is Outcome.FAIL
    assert asked(*twice, granting).outcome is Outcome.PASS


def test_minutes_that_were_read_as_what_is_no_count_before_the_window_say_nothing() -> None:
    broken = replace(GOOD, errors=minutes([nan] + [0] * 20))
    assert asked(broken).outcome is Outcome.PASS


counts = st.integers(min_value=0, max_value=10_000)


@settings(deadline=None)
@given(counts, counts, counts, counts)
def test_a_pass_always_has_enough_requests_and_a_ratio_within_its_limits(
    requests: int, errors: int, there: int, wrong: int
) -> None:
    result = asked(served(requests, errors=errors), served(there, errors=wrong))
    ratio, limit = result.figures["ratio_new"], result.figures["limit"]
    if result.outcome is Outcome.PASS:
        assert max(requests, errors) * 5 >= GATE.min_requests
        assert isinstance(ratio, float)
        assert isinstance(limit, float)
        assert ratio <= limit


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**6), st.floats(min_value=0, max_value=1))
def test_what_is_sure_is_never_more_than_what_was_seen(requests: int, ratio: float) -> None:
    failures = Failures(requests, requests * ratio)
    assert 0 <= failures.at_least(2.0) <= failures.ratio + 1e-9
    assert Failures(0, 0).at_least(2.0) == Failures(0, 0).ratio == 0
