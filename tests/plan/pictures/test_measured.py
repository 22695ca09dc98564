"""What was measured along a ramp, judged as its gate would have done it then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf, isfinite, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import Circumstances, GateResult, Outcome
from crossfade.plan.gates.kinds import ShareGate
from crossfade.plan.gates.measured_share import judge_share
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Point, Samples, Series
from crossfade.plan.pictures.measured import (
    MOST_PERIODS,
    aligned,
    counted_of,
    journalled,
    judged_of,
    resolution_of,
)
from crossfade.plan.pictures.timeline import Counted, settings_of
from crossfade.plan.ramp.stages import Plan
from tests.plan.ramp.ramps import Story, when
from tests.plan.shop import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = Plan(stages=())


def flat(requests: float, *, minutes: int = 60, every: int = 1) -> Series:
    return tuple(Point(when(at), requests) for at in range(0, minutes, every))


def served(legacy: float, new: float) -> Samples:
    return Samples(PlatformSamples(flat(legacy)), PlatformSamples(flat(new)))


@pytest.mark.parametrize(
    ("lasts", "age", "length"),
    [
        (6 * HOUR, 6 * HOUR, MINUTE),
        (DAY, DAY, 5 * MINUTE),
        (21 * DAY, 21 * DAY, 2 * HOUR),
        (HOUR, 20 * DAY, 5 * MINUTE),
        (HOUR, 100 * DAY, HOUR),
    ],
)
def test_long_ramps_and_old_ones_are_counted_in_longer_periods(
    lasts: timedelta, age: timedelta, length: timedelta
) -> None:
    start = NOON - age
    assert resolution_of(start, start + lasts, NOON) == length


@given(st.integers(1, 300 * 24 * 60), st.integers(0, 100 * 24 * 60))
def test_no_ramp_asks_for_more_periods_than_can_be_seen(lasts: int, ago: int) -> None:
    end = NOON - ago * MINUTE
    length = resolution_of(end - lasts * MINUTE, end, NOON)
    assert lasts * MINUTE / length <= MOST_PERIODS


def test_periods_begin_where_cloudwatch_begins_them() -> None:
    assert aligned(when(125.5), HOUR) == when(120)
    assert aligned(when(0.9), MINUTE) == when(0)


def test_requests_are_told_per_minute_with_the_share_of_both() -> None:
    first, second = counted_of(flat(300, minutes=10, every=5), (Point(when(0), 100.0),), 5 * MINUTE)
    assert (first.legacy, first.new, first.share) == (60, 20, 25)
    assert (second.at, second.new, second.share) == (when(5), 0, 0)


@pytest.mark.parametrize("value", [nan, inf, -1.0])
def test_what_is_no_count_is_not_drawn(value: float) -> None:
    strange = Point(when(5), value)
    assert counted_of((Point(when(0), 5.0), strange), (strange,), MINUTE) == (
        Counted(when(0), 5.0, 0.0),
    )
    settings = settings_of(Story().sets(-60, 0).sets(0.5, 10, "canary").operations)
    good = served(880, 120)
    bad = replace(good, new=replace(good.new, requests=(*good.new.requests[:5], strange)))
    drawn, none = (
        judged_of(settings[1:], one, PLAN, resolution=MINUTE, until=when(11)) for one in (good, bad)
    )
    assert len(none) < len(drawn)
    assert all(isfinite(one.share) for one in none)


def test_the_measured_share_is_what_the_gate_would_have_said_then() -> None:
    settings = settings_of(Story().sets(-60, 0).sets(0.5, 10, "canary").operations)
    samples = served(880, 120)
    found = judged_of(settings[1:], samples, PLAN, resolution=MINUTE, until=when(60))
    at = Circumstances(
        now=when(40),
        since=when(0.5),
        vector=Vector(90, 10),
        previous=Vector(100, 0),
        delay=timedelta(),
    )
    figures = judge_share(ShareGate(name="measured-share"), samples, at).figures
    (seen,) = [one for one in found if one.at == when(40)]
    assert seen.share == pytest.approx(12)
    assert seen.expected == pytest.approx(10)
    assert seen.tolerance == pytest.approx(100 * float(figures["tolerance"] or 0))


def test_nothing_is_judged_while_caches_from_before_still_answer() -> None:
    settings = settings_of(Story().sets(0, 10, "canary").sets(30, 50, "half").operations)
    found = judged_of(settings, served(500, 500), PLAN, resolution=MINUTE, until=when(40))
    assert min(one.at for one in found) == when(2)
    assert [one.at for one in found if when(28) <= one.at <= when(33)] == [
        when(28),
        when(29),
        when(32),
        when(33),
    ]
    assert {one.setting for one in found if one.at > when(30)} == {1}


def test_a_long_ramp_is_judged_over_its_own_periods() -> None:
    settings = settings_of(Story().sets(0, 50, "half").operations)
    hours = Samples(PlatformSamples(flat(60, minutes=600, every=60)))
    found = judged_of(settings, hours, PLAN, resolution=HOUR, until=when(600))
    assert [one.at for one in found][:2] == [when(120), when(180)]
    assert {one.share for one in found} == {0}


def test_without_metrics_the_share_is_what_the_gate_recorded() -> None:
    figures = {"share_measured": 0.11, "share_set": 0.1, "tolerance": 0.05}
    story = Story().sets(0, 10, "canary")
    for minute in (10, 11):
        story.decides(minute, _said(minute, **figures))
    story.sets(20, 50, "half").decides(30, _said(30, share_measured=None))
    story.decides(31, _said(31, share_measured=0.5, share_set=0.5, tolerance=0.01))
    found = journalled(story.operations, settings_of(story.operations))
    assert [(one.at, one.setting) for one in found] == [(when(10), 0), (when(11), 0), (when(31), 1)]
    assert found[0].share == pytest.approx(11)
    assert found[0].tolerance == pytest.approx(5)


def _said(minute: int, **figures: float | None) -> GateResult:
    name, outcome = "measured-share", Outcome.PASS
    return GateResult(name, outcome, "", when(minute - 5), when(minute), dict(figures))
