"""What the manifests say is what Kubernetes reads: its parser is robfig/cron's, by its rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cronsim import CronSim
from hypothesis import assume, given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.kubernetes_cronjob import kubernetes_schedule

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
DAYS = "sun mon tue wed thu fri sat"
NAMES = ({}, {}, {}, {n: i for i, n in enumerate(MONTHS.split(), 1)}, {
    n: i for i, n in enumerate(DAYS.split())
})  # fmt: skip
NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def kubernetes_reads(text: str) -> list[set[int]]:
    """Read five fields by the rules; ValueError where Kubernetes refuses them.

    A list of ranges, empty ones passed over; `*` and `?` are all; a single value with a step goes
    on to the end; names have three letters; no bound is stepped over, and no range runs
    backwards. The names behind `@` are in small letters.
    """
    fields = text.split()
    if len(fields) != len(BOUNDS):
        raise ValueError(text)
    return [
        {value for part in field.split(",") if part for value in _range(part, low, high, names)}
        for field, (low, high), names in zip(fields, BOUNDS, NAMES, strict=True)
    ]


def _range(part: str, low: int, high: int, names: dict[str, int]) -> range:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if first in {"*", "?"}:
        begin, end = low, high
    else:
        begin = _value(first, names)
        end = _value(last, names) if dash else high if slash else begin
    if not low <= begin <= end <= high or (slash and int(step) == 0):
        raise ValueError(part)
    return range(begin, end + 1, int(step) if slash else 1)


def _value(text: str, names: dict[str, int]) -> int:
    return names[text.lower()] if text.lower() in names else int(text)


@pytest.mark.parametrize(
    "text", ["* * * * 7", "60 * * * *", "* * * * 5-7", "* * * * fri-mon", "*/0 * * * *", "* * * *"]
)
def test_what_kubernetes_refuses_by_its_rules(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        kubernetes_reads(text)


def field(low: int, high: int, names: dict[str, int]) -> st.SearchStrategy[str]:
    value = st.one_of(st.integers(low, high).map(str), st.sampled_from([*names] or ["*"]))
    span = st.tuples(st.integers(low, high), st.integers(low, high)).map(
        lambda ends: f"{min(ends)}-{max(ends)}"
    )
    longer = span.filter(lambda ends: len(set(ends.split("-"))) > 1)
    stepped = st.tuples(st.one_of(st.just("*"), longer), st.integers(1, 20)).map(
        lambda both: f"{both[0]}/{both[1]}"
    )
    return st.lists(st.one_of(value, span, stepped), min_size=1, max_size=3).map(",".join)


SCHEDULES = st.tuples(
    *(field(low, high + (high == 6), names)
      for (low, high), names in zip(BOUNDS, NAMES, strict=True))
).map(" ".join)  # fmt: skip


@given(st.one_of(SCHEDULES, st.sampled_from(NICKNAMES)))
def test_kubernetes_reads_the_same_fields_that_cron_reads(text: str) -> None:
    try:
        schedule = read_schedule(text, UTC)
    except BadInput:
        assume(False)
    minutes, hours, days, months, weekdays = kubernetes_reads(
        kubernetes_schedule(schedule.expression)
    )
    read = CronSim(schedule.expression, datetime(2000, 1, 1, tzinfo=UTC))
    assert minutes == read.minutes
    assert hours == read.hours
    assert days == read.days
    assert months == read.months
    assert weekdays == {day % 7 for day in read.weekdays if isinstance(day, int)}
