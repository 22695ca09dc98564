from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from math import inf, nan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.gates.gate import Circumstances, GateResult, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import DrainGate, ShareGate
from crossfade.plan.gates.measured_share import Concentration, concentration_of, deviation, pooled
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Point, Samples
from tests.plan.shop import NOON, circumstances, measured, minutes, served

GATE = ShareGate(name="measured-share")
HOUR = timedelta(hours=1)


def split(new: float, legacy: float) -> Samples:
    return measured(served(new), served(legacy))


def asked(samples: Samples, at: Circumstances | None = None) -> GateResult:
    return judge(GATE, samples, at or circumstances(10))


def test_traffic_that_follows_the_weights_passes() -> None:
    result = asked(split(100, 900))
    assert result.outcome is Outcome.PASS
    assert result.figures["share_measured"] == 0.1
    assert result.figures["share_set"] == 0.1


def test_weights_without_traffic_are_not_believed() -> None:
    # Argo Rollouts #3333, #3926, #4595: configured weight taken for real traffic
    result = asked(split(0, 1000))
    assert result.outcome is Outcome.FAIL
    assert "does not follow the weights" in result.reason


def test_traffic_that_lags_is_inconclusive_while_old_connections_may_last() -> None:
    result = asked(split(0, 1000), circumstances(10, keep_alive=2 * HOUR))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "until 13:01 UTC" in result.reason


def test_traffic_far_beyond_the_weights_is_inconclusive() -> None:
    # a 10 % stage that became 100/0 by target health, the other way round
    result = asked(split(900, 100))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "target health" in result.reason


def test_on_the_way_down_it_is_the_rest_on_new_that_counts() -> None:
    assert asked(split(600, 400), circumstances(10, before=90)).outcome is Outcome.FAIL
    assert asked(split(0, 1000), circumstances(10, before=90)).outcome is Outcome.INCONCLUSIVE


def test_no_requests_are_no_data_and_few_are_inconclusive() -> None:
    assert asked(Samples()).outcome is Outcome.NO_DATA
    assert asked(split(4, 36)).outcome is Outcome.INCONCLUSIVE


def test_a_pass_needs_the_whole_window_after_the_ttl() -> None:
    result = asked(split(100, 900), circumstances(10, since=timedelta(minutes=10)))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "only 9 min" in result.reason


@pytest.mark.parametrize(("window", "points"), [(1, 5.1), (5, 2.3), (30, 0.9)])
def test_the_noise_is_that_of_resolvers_which_draw_once_per_ttl(window: int, points: float) -> None:
    # 1000 resolvers after Zipf's law, TTL 60 s, 10 %
    gate = ShareGate(name="s", concentration=0.029)
    at = circumstances(10)
    period = at.period(timedelta(minutes=window))
    assert 100 * deviation(gate, at, period, 10**9) == pytest.approx(points, abs=0.06)


def test_few_requests_add_noise_of_their_own() -> None:
    at = circumstances(10)
    period = at.period(timedelta(minutes=5))
    assert deviation(GATE, at, period, 100) > deviation(GATE, at, period, 10**6)
    assert deviation(GATE, at, period, 0) > 0


def test_connections_that_outlast_the_window_do_not_average_out() -> None:
    lasting = circumstances(10, keep_alive=HOUR, concentration=0.02)
    brief = circumstances(10, concentration=0.02)
    period = brief.period(timedelta(minutes=10))
    assert deviation(GATE, lasting, period, 10**9) == pytest.approx(
        deviation(GATE, brief, period, 10**9) * sqrt(10)
    )


@settings(deadline=None)
@given(st.floats(min_value=0, max_value=1), st.integers(min_value=500, max_value=10**6))
def test_a_pass_is_within_the_tolerance_that_is_stated(part: float, requests: int) -> None:
    new = round(part * requests)
    result = asked(split(new, requests - new))
    found, tolerance = result.figures["share_measured"], result.figures["tolerance"]
    assert isinstance(found, float)
    assert isinstance(tolerance, float)
    assert (result.outcome is Outcome.PASS) == (abs(found - 0.1) <= tolerance)


def drawn(sizes: list[float], *, count: int, seed: int, ttl: float = 1.0) -> Samples:
    """Minutes of resolvers that draw each `ttl` minutes, each at a time of its own."""
    chance = random.Random(seed)  # noqa: S311  a repeatable draw
    new = [0.0] * count
    for size in sizes:
        at = -ttl * chance.random()
        while at < count:
            if chance.random() < 0.1:
                for minute in range(max(0, int(at)), min(count, int(at + ttl) + 1)):
                    overlap = min(at + ttl, minute + 1) - max(at, minute)
                    new[minute] += 100_000 * size * max(0.0, overlap)
            at += ttl
    whole = [round(value) for value in new]
    return Samples(
        new=PlatformSamples(requests=minutes(whole)),
        legacy=PlatformSamples(requests=minutes([100_000 - value for value in whole])),
    )


@pytest.mark.parametrize("ttl", [0.5, 1.0, 5.0])
def test_the_concentration_is_measured_from_the_spread_of_the_minutes(ttl: float) -> None:
    sizes = [0.25] + [0.75 / 50] * 50
    truth = sum(size**2 for size in sizes)
    samples = drawn(sizes, count=2000, seed=7, ttl=ttl)
    at = replace(circumstances(10), ttl=ttl * timedelta(minutes=1))
    found = concentration_of(samples, at, start=NOON - 2000 * timedelta(minutes=1), end=NOON)
    assert found is not None
    assert found.minutes == 2000 / max(1, ttl)
    assert found.value == pytest.approx(truth, rel=0.2)


@pytest.mark.parametrize("new", [0, 100])
def test_nothing_is_measured_where_nothing_can_spread(new: int) -> None:
    period = {"start": NOON - HOUR, "end": NOON}
    assert concentration_of(split(10, 90), circumstances(new), **period) is None


@pytest.mark.parametrize("value", [nan, inf, -5.0, 0.5])
def test_minutes_with_what_is_no_count_measure_nothing(value: float) -> None:
    good = split(100, 900)
    new = replace(good.new, requests=(*good.new.requests[:-1], Point(NOON - MINUTE, value)))
    period = {"start": NOON - HOUR / 2, "end": NOON}
    assert concentration_of(good, circumstances(10), **period) is not None
    assert concentration_of(replace(good, new=new), circumstances(10), **period) is None


def test_too_few_minutes_measure_nothing() -> None:
    assert (
        concentration_of(split(1, 9), circumstances(10), start=NOON - HOUR / 10, end=NOON) is None
    )
    assert pooled([Concentration(0.02, 9)]) is None
    assert pooled([]) is None


def test_more_minutes_narrow_the_margin() -> None:
    few, many = pooled([Concentration(0.02, 20)]), pooled([Concentration(0.02, 2000)])
    assert few is not None
    assert many is not None
    assert 0.02 < many < few <= 1


def test_stages_are_pooled_by_their_minutes() -> None:
    joined = pooled([Concentration(0.01, 300), Concentration(0.04, 100)])
    assert joined == pooled([Concentration(0.0175, 400)])


def drained(legacy: PlatformSamples, at: Circumstances) -> GateResult:
    return judge(DrainGate(name="drained"), measured(served(1000), legacy), at)


def test_legacy_without_requests_for_the_window_is_drained() -> None:
    result = drained(PlatformSamples(), circumstances(100, since=2 * HOUR, keep_alive=HOUR))
    assert result.outcome is Outcome.PASS


def test_legacy_is_not_drained_before_old_connections_have_ended() -> None:
    result = drained(PlatformSamples(), circumstances(100, since=HOUR, keep_alive=HOUR))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "from 2026-03-02 12:31 UTC on" in result.reason


def test_legacy_that_still_gets_requests_is_not_drained() -> None:
    result = drained(served(7), circumstances(100, since=3 * HOUR, keep_alive=HOUR))
    assert result.outcome is Outcome.FAIL
    assert "up to 7 requests a minute" in result.reason


def test_silence_of_both_platforms_is_no_drain() -> None:
    at = circumstances(100, since=3 * HOUR, keep_alive=HOUR)
    assert judge(DrainGate(name="drained"), Samples(), at).outcome is Outcome.NO_DATA
