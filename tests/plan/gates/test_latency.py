from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import LatencyGate
from crossfade.plan.gates.latency import slow_limits, spared_by
from crossfade.plan.gates.samples import PlatformSamples
from tests.plan.shop import circumstances, measured, minutes, served, timed

GATE = LatencyGate(name="latency")
GOOD = served(1000, seconds=0.1)


def asked(
    new: PlatformSamples, legacy: PlatformSamples = GOOD, gate: LatencyGate = GATE
) -> GateResult:
    return judge(gate, measured(new, legacy), circumstances())


def test_a_platform_as_fast_as_legacy_passes() -> None:
    result = asked(served(1000, seconds=0.12))
    assert result.outcome is Outcome.PASS
    assert result.reason.startswith("p90 is 120 ms on new, 100 ms on legacy; ")
    assert "slower than 170 ms: 0.00% of new" in result.reason


def test_a_platform_much_slower_than_legacy_fails() -> None:
    result = asked(served(1000, seconds=0.2))
    assert result.outcome is Outcome.FAIL
    assert "more than 10% beyond legacy's part are slower than 170 ms, odds" in result.reason


def test_an_absolute_limit_fails_a_platform_that_is_not_slower_than_legacy() -> None:
    gate = LatencyGate(name="latency", max_seconds=0.15)
    assert (
        asked(served(1000, seconds=0.16), served(1000, seconds=0.14), gate).outcome is Outcome.FAIL
    )


def test_slowness_of_both_platforms_is_no_reason_to_go_back() -> None:
    gate = LatencyGate(name="latency", max_seconds=0.15)
    result = asked(served(1000, seconds=0.5), served(1000, seconds=0.5), gate)
    assert result.outcome is Outcome.INCONCLUSIVE


def test_one_slow_minute_does_not_decide() -> None:
    spiky = timed([1000] * 30, [0.1] * 15 + [9] + [0.1] * 14)
    assert asked(spiky).outcome is Outcome.PASS


def test_legacy_counts_only_in_the_minutes_that_both_served() -> None:
    new = timed([1000] * 2, [0.3] * 2)
    legacy = timed([1000] * 5, [0.1, 0.1, 0.1, 0.3, 0.3])
    assert asked(new, legacy).figures["seconds_legacy"] == 0.3


def test_no_latency_is_no_data_and_few_requests_are_inconclusive() -> None:
    assert asked(PlatformSamples()).outcome is Outcome.NO_DATA
    assert asked(served(1, seconds=9)).outcome is Outcome.INCONCLUSIVE


def test_without_a_control_or_a_limit_nothing_can_be_said() -> None:
    result = asked(GOOD, served(1))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "too few requests to compare with" in result.reason
    absolute = LatencyGate(name="latency", max_seconds=1, max_times=None)
    assert asked(GOOD, served(1), absolute).outcome is Outcome.PASS


def test_a_pass_needs_the_whole_window() -> None:
    young = circumstances(since=timedelta(minutes=2))
    assert judge(GATE, measured(GOOD, GOOD), young).outcome is Outcome.INCONCLUSIVE


def slow(percent: float, *, over: int = 30, seconds: float = 0.1) -> PlatformSamples:
    """A platform that serves a thousand a minute, of which so many percent are slow."""
    return replace(
        served(1000, seconds=seconds, over=over),
        slow={0.17: minutes([percent] * over), 0.5: minutes([percent] * over)},
    )


def test_a_tenth_beyond_legacys_own_part_may_be_slow_and_more_fails() -> None:
    assert asked(slow(10), slow(1)).outcome is Outcome.PASS
    failed = asked(slow(16), slow(1))
    assert failed.outcome is Outcome.FAIL
    assert failed.figures["slower_than"] == 0.17
    assert asked(slow(30), slow(25)).outcome is Outcome.PASS, "both are slow"


def test_no_more_than_on_legacy_at_all_may_be_asked_for() -> None:
    strict = LatencyGate(name="latency", times=1)
    assert asked(slow(1), slow(1), strict).outcome is Outcome.PASS
    result = asked(slow(3), slow(1), strict)
    assert result.outcome is Outcome.FAIL
    assert "more are slower than 170 ms than on legacy, odds" in result.reason
    assert "than 2 times as on legacy" in (
        asked(slow(9), slow(1), LatencyGate(name="latency", times=2)).reason
    )


def test_other_percentiles_leave_other_parts_over() -> None:
    assert spared_by("p99") == pytest.approx(0.01)
    assert spared_by("p99.9") == pytest.approx(0.001)
    assert spared_by("Average") == pytest.approx(spared_by("p90")) == pytest.approx(0.1)


def test_the_limit_beside_legacy_stands_still_while_legacy_becomes_slower() -> None:
    legacy = timed([1000] * 180, [0.1] * 90 + [0.4] * 90)
    (limit,) = slow_limits(GATE, measured(GOOD, legacy), circumstances())
    assert limit.seconds == 0.17, "what it was before the stage began"
    young = circumstances(since=timedelta(hours=5))
    (limit,) = slow_limits(GATE, measured(GOOD, GOOD), young)
    assert limit.seconds == 0.17, "with nothing known from before, what there is"


def test_without_a_percentile_rank_nothing_is_known_and_nothing_is_taken_back() -> None:
    result = asked(replace(served(1000, seconds=9), slow={}))
    assert result.outcome is Outcome.NO_DATA
    assert "no percentile rank of 170 ms on new" in result.reason


def test_an_own_limit_holds_without_legacy_and_one_beside_it_does_not() -> None:
    own = LatencyGate(name="latency", max_seconds=0.5, max_times=None)
    assert asked(slow(60), PlatformSamples(), own).outcome is Outcome.FAIL
    assert asked(slow(60), PlatformSamples()).outcome is not Outcome.FAIL


def test_a_rank_that_is_no_percentage_is_an_error() -> None:
    result = asked(slow(101), slow(1))
    assert result.outcome is Outcome.ERROR
    assert "percent over 0.17 s on new of" in result.reason


def test_a_median_over_the_limit_holds_before_the_slow_requests_are_sure() -> None:
    new = replace(slow(9), latency=minutes([0.2] * 30))
    result = asked(new, slow(1))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "over 170 ms, but too few to be sure" in result.reason


def test_a_platform_that_is_likely_too_slow_is_held_until_it_is_sure() -> None:
    young = circumstances(since=timedelta(minutes=6))
    samples = measured(slow(13, over=6), slow(1, over=6))
    result = judge(GATE, samples, young)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "are slower than 170 ms, odds" in result.reason
