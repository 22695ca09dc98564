from __future__ import annotations

from datetime import timedelta

from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import LatencyGate
from crossfade.plan.gates.samples import PlatformSamples
from tests.plan.shop import circumstances, measured, served, timed

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
