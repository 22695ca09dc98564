"""Periods and minutes of samples."""

from __future__ import annotations

from datetime import timedelta

from crossfade.plan.gates.samples import MINUTE, between, minute_after, minute_of
from tests.plan.shop import NOON, minutes


def test_a_period_begins_with_its_start_and_ends_before_its_end() -> None:
    series = minutes([1, 2, 3], until=NOON)
    found = between(series, NOON - 2 * MINUTE, NOON - MINUTE)
    assert [point.value for point in found] == [2]


def test_a_minute_begins_without_seconds_and_their_parts() -> None:
    late = NOON + timedelta(seconds=59, microseconds=1)
    assert minute_of(late) == NOON
    assert minute_after(late) == NOON + MINUTE
    assert minute_after(NOON) == NOON
