"""The rule that may be looked at for ever: what its odds do with evidence, and with none."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.gates.sequential import (
    difference,
    first_stake,
    log_factor,
    odds,
    stake,
    with_dispersion,
)
from crossfade.plan.gates.stakes import (
    AT_A_MINUTE,
    AT_A_STAGE,
    AT_ONCE,
    MOST_A_MINUTE,
    MULTIPLES,
    Counts,
    Limit,
    PairMinute,
    Standing,
)
from tests.plan.shop import NOON

MINUTE = timedelta(minutes=1)
WORSE = Limit(1.0)
FRESH = Standing(NOON, 0, NOON, whole=True)


def minute(
    new: tuple[float, float], legacy: tuple[float, float], *, at: int = 0, burst: float = 1.0
) -> PairMinute:
    return PairMinute(NOON + at * MINUTE, Counts(*new), Counts(*legacy), burst)


def steady(bad: float, beside: float, over: int = 30, burst: float = 1.0) -> list[PairMinute]:
    return [minute((1000, bad), (1000, beside), at=number, burst=burst) for number in range(over)]


bads = st.integers(min_value=0, max_value=40)
bursts = st.sampled_from([1.0, 1.5, 3.0, 10.0])
pairs = st.lists(st.tuples(bads, bads), min_size=1, max_size=12)


def laid(counts: list[tuple[int, int]], burst: float = 1.0) -> list[PairMinute]:
    return [
        minute((1000, new), (2000, legacy), at=number, burst=burst)
        for number, (new, legacy) in enumerate(counts)
    ]


@given(pairs, bursts, st.integers(min_value=1, max_value=20))
def test_another_error_of_new_never_lowers_the_odds_and_one_of_legacy_never_raises_them(
    counts: list[tuple[int, int]], burst: float, more: int
) -> None:
    was = odds(laid(counts, burst), WORSE, FRESH)
    (new, legacy), *others = counts
    assert odds(laid([(new + more, legacy), *others], burst), WORSE, FRESH) >= was
    assert odds(laid([(new, legacy + more), *others], burst), WORSE, FRESH) <= was


@given(pairs, bursts)
def test_the_odds_are_the_same_in_whatever_order_the_minutes_of_a_whole_bet_came(
    counts: list[tuple[int, int]], burst: float
) -> None:
    for multiple in MULTIPLES:
        there = sum(log_factor(one, WORSE, multiple) for one in laid(counts, burst))
        back = sum(log_factor(one, WORSE, multiple) for one in laid(counts[::-1], burst))
        assert there == pytest.approx(back)


@given(pairs)
def test_minutes_without_data_change_nothing_and_give_no_odds(
    counts: list[tuple[int, int]],
) -> None:
    told = laid(counts)
    silent = [minute((0, 0), (1000, 0), at=len(told)), minute((500, 0), (0, 0), at=len(told) + 1)]
    later = odds([*told, *silent], WORSE, FRESH)
    staked = sum(stake(len(told) + at) for at in range(2))
    assert later == pytest.approx(odds(told, WORSE, FRESH) + staked)
    assert odds([], WORSE, FRESH) == AT_ONCE


@given(pairs, st.integers(min_value=1, max_value=20))
def test_only_the_proportion_of_requests_counts_not_how_many_of_them_were_good(
    counts: list[tuple[int, int]], times: int
) -> None:
    more = [
        replace(
            one,
            new=Counts(one.new.requests * times, one.new.bad),
            legacy=Counts(one.legacy.requests * times, one.legacy.bad),
        )
        for one in laid(counts)
    ]
    assert odds(more, WORSE, FRESH) == pytest.approx(odds(laid(counts), WORSE, FRESH))


@given(pairs, st.integers(min_value=2, max_value=5))
def test_clusters_of_equal_size_say_no_more_than_single_ones(
    counts: list[tuple[int, int]], size: int
) -> None:
    # heavier tails are reckoned with, so that clusters say even less
    clusters = [(new * size, 0) for new, _ in counts]
    single = [(new, 0) for new, _ in counts]
    assert odds(laid(clusters, size), WORSE, FRESH) <= odds(laid(single), WORSE, FRESH) + 1e-9


@given(pairs, bursts)
def test_burstier_platforms_take_more_errors_to_be_found_worse(
    counts: list[tuple[int, int]], burst: float
) -> None:
    only_new = [(new, 0) for new, _ in counts]
    assert odds(laid(only_new, burst), WORSE, FRESH) <= odds(laid(only_new), WORSE, FRESH)


@pytest.mark.parametrize("burst", [1.0, 1.2, 3.0])
@pytest.mark.parametrize(
    "limit", [Limit(1.0), Limit(2.0, 0.001), Limit(1.0, 0.01), Limit(0.0, 0.01)]
)
@pytest.mark.parametrize("part", [0.001, 0.02, 0.3])
def test_a_platform_just_at_its_limit_wins_nothing_on_average_whatever_befalls_both(
    limit: Limit, burst: float, part: float
) -> None:
    new, legacy = 100.0, 300.0
    here, there = new * (limit.times * part + limit.plus), legacy * part

    def law(mean: float, count: int) -> float:
        if burst == 1:
            return exp(count * log(mean) - mean - lgamma(count + 1))
        size = mean / (burst - 1)
        told = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
        return exp(told - size * log(burst) + count * log((burst - 1) / burst))

    most = 400
    mine, theirs = ([law(mean, x) for x in range(most)] for mean in (here, there))
    for multiple in (1.5, 3.0):

        def factor(bad: float, beside: float, multiple: float = multiple) -> float:
            one = minute((new, bad), (legacy, beside), burst=burst)
            return log_factor(one, limit, multiple)

        base = factor(0, 0)
        up, down = factor(1, 0) - base, factor(0, 1) - base
        won = sum(p * exp(min(base + up * x, 300)) for x, p in enumerate(mine))
        kept = sum(p * exp(down * x) for x, p in enumerate(theirs))
        assert won * kept == pytest.approx(1, abs=0.02)


def test_no_single_minute_multiplies_the_odds_beyond_bounds() -> None:
    for multiple in MULTIPLES:
        assert log_factor(minute((1000, 1000), (1000, 0)), WORSE, multiple) <= MOST_A_MINUTE


def test_a_platform_that_turns_bad_late_is_still_found_after_a_long_good_time() -> None:
    good, bad = steady(5, 10, over=600), steady(30, 5, over=20)
    later = [replace(one, at=one.at + 600 * MINUTE) for one in bad]
    assert odds(good, WORSE, FRESH) < 1
    assert odds([*good, *later], WORSE, FRESH) > 1000


def test_a_platform_that_was_mended_is_seen_to_be_within_the_hour() -> None:
    bad = steady(50, 5, over=300)
    good = [replace(one, at=one.at + 300 * MINUTE) for one in steady(5, 5, over=60)]
    assert odds(bad, WORSE, FRESH) > 100_000
    assert odds([*bad, *good], WORSE, FRESH) < 10


def test_what_is_staked_over_a_whole_ramp_is_at_most_everything() -> None:
    minutes = sum(stake(age) for age in range(200_000))
    stages = sum(first_stake(step) for step in range(1, 1000))
    assert minutes <= AT_A_MINUTE
    assert stages <= AT_A_STAGE
    assert first_stake(0) + minutes + stages <= 1


def test_minutes_before_the_stage_and_a_stage_begun_long_ago_have_no_first_stake() -> None:
    old = Standing(NOON, 0, NOON + MINUTE, whole=False)
    assert odds([minute((1000, 900), (1000, 0))], WORSE, old) == 0


def test_burstiness_is_found_in_neighbouring_minutes_and_drift_is_none() -> None:
    chance = random.Random(1)  # noqa: S311  a simulation, no secret

    def seen(draw: list[int]) -> float:
        told = ((NOON + at * MINUTE, Counts(), Counts(1000, bad)) for at, bad in enumerate(draw))
        return with_dispersion(told)[-1].dispersion

    def poisson(mean: float) -> int:
        return sum(chance.random() < mean / 200 for _ in range(200))

    assert seen([poisson(5) for _ in range(600)]) == pytest.approx(1, abs=0.15)
    assert seen([3 * poisson(2) for _ in range(600)]) == pytest.approx(3, rel=0.2)
    assert seen([poisson(5 + 20 * at / 600) for at in range(600)]) == pytest.approx(1, abs=0.15)
    assert seen([0]) == 3, "supposed where nothing is known"


def test_a_new_platform_that_is_burstier_than_legacy_is_judged_by_its_own_bursts() -> None:
    def seen(new: list[int], legacy: list[int]) -> float:
        told = (
            (NOON + at * MINUTE, Counts(1000, bad), Counts(1000, beside))
            for at, (bad, beside) in enumerate(zip(new, legacy, strict=True))
        )
        return with_dispersion(told)[-1].dispersion

    even, uneven = [9, 11] * 100, [0, 0, 40, 0] * 50
    assert seen(uneven, even) > 2 * seen(even, even)
    assert seen(uneven, even) > seen(even, uneven), "and never by fewer than both have"


def test_a_minute_is_judged_by_the_burstiness_of_those_before_it() -> None:
    first, second, _ = with_dispersion(
        (NOON + at * MINUTE, Counts(100, bad), Counts(100, 0)) for at, bad in enumerate((0, 90, 0))
    )
    assert first.dispersion == second.dispersion == 3


def test_the_difference_is_told_within_an_interval_that_narrows() -> None:
    one, many = difference(steady(20, 10, over=5)), difference(steady(20, 10, over=500))
    assert one is not None
    assert many is not None
    assert one.seen == many.seen == pytest.approx(0.01)
    assert one.least < many.least < many.seen < many.most < one.most


def test_the_interval_is_wider_for_bursts_and_missing_without_both_platforms() -> None:
    even, bursty = difference(steady(20, 10)), difference(steady(20, 10, burst=3))
    assert even is not None
    assert bursty is not None
    assert bursty.least < even.least
    assert difference([minute((100, 1), (0, 0))]) is None
