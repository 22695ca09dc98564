from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.ramp.windows import (
    HORIZON,
    Window,
    WindowKind,
    closed_by,
    is_open,
    next_opening,
    parse_window,
)


def allow(text: str, timezone: str = "UTC") -> Window:
    return parse_window(text, kind=WindowKind.ALLOW, timezone=timezone)


def deny(text: str, timezone: str = "UTC") -> Window:
    return parse_window(text, kind=WindowKind.DENY, timezone=timezone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 2026-03-02 is a Monday.
OFFICE = allow("mon-thu 09:00-16:00")


@pytest.mark.parametrize(
    ("when", "opened"),
    [
        ("2026-03-02T08:59", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T15:59", True),
        ("2026-03-02T16:00", False),
        ("2026-03-06T12:00", False),
    ],
)
def test_an_allow_window_is_open_from_its_start_to_before_its_end(when: str, opened: bool) -> None:
    assert is_open([OFFICE], at(when)) is opened


def test_without_windows_everything_is_open() -> None:
    assert is_open([], at("2026-03-01T03:00"))
    assert closed_by([], at("2026-03-01T03:00")) == ""


def test_a_stages_windows_narrow_the_plans_and_never_widen_them() -> None:
    monday = replace(allow("mon 10:00-18:00"), scope="half")
    both = [OFFICE, monday]
    assert [hour for hour in range(24) if is_open(both, at(f"2026-03-02T{hour:02}:00"))] == [
        *range(10, 16)
    ]
    assert closed_by(both, at("2026-03-03T12:00")) == "outside of allow mon 10:00-18:00 (UTC)"
    assert closed_by(both, at("2026-03-02T17:00")) == "outside of allow mon-thu 09:00-16:00 (UTC)"
    assert next_opening(both, at("2026-03-02T17:00")) == at("2026-03-09T10:00")


def test_deny_wins_over_allow() -> None:
    windows = [OFFICE, deny("mon 12:00-13:00")]
    assert not is_open(windows, at("2026-03-02T12:30"))
    assert closed_by(windows, at("2026-03-02T12:30")) == "deny mon 12:00-13:00 (UTC)"
    assert next_opening(windows, at("2026-03-02T12:30")) == at("2026-03-02T13:00")


def test_only_deny_windows_leave_the_rest_open() -> None:
    assert is_open([deny("sat,sun 00:00-24:00")], at("2026-03-02T03:00"))
    assert not is_open([deny("sat,sun 00:00-24:00")], at("2026-03-07T23:59"))


def test_the_next_opening_skips_days_that_are_not_named() -> None:
    assert next_opening([OFFICE], at("2026-03-05T17:00")) == at("2026-03-09T09:00")
    assert closed_by([OFFICE], at("2026-03-05T17:00")) == (
        "outside of allow mon-thu 09:00-16:00 (UTC)"
    )


def test_a_freeze_of_dates_holds_through_its_last_day() -> None:
    freeze = deny("2026-12-20..2027-01-06", "Europe/Berlin")
    assert not is_open([freeze], at("2027-01-06T22:59"))
    assert is_open([freeze], at("2027-01-06T23:00"))
    assert next_opening([OFFICE, freeze], at("2026-12-24T12:00")) == at("2027-01-07T09:00")


def test_a_window_may_cross_midnight() -> None:
    night = allow("mon 22:00-02:00")
    assert is_open([night], at("2026-03-02T23:00"))
    assert is_open([night], at("2026-03-03T01:59"))
    assert not is_open([night], at("2026-03-03T02:00"))
    assert not is_open([night], at("2026-03-02T01:00"))


def test_days_may_wrap_around_the_week() -> None:
    weekend = allow("fri-mon 10:00-11:00")
    opened = [day for day in range(2, 9) if is_open([weekend], at(f"2026-03-{day:02}T10:30"))]
    assert opened == [2, 6, 7, 8]


def test_hours_are_local_and_follow_daylight_saving() -> None:
    berlin = allow("09:00-10:00", "Europe/Berlin")
    assert is_open([berlin], at("2026-01-15T08:30"))
    assert is_open([berlin], at("2026-07-15T07:30"))
    assert not is_open([berlin], at("2026-07-15T08:30"))


def test_where_the_clock_repeats_an_hour_allow_is_short_and_deny_is_long() -> None:
    # On 2026-10-25 in Berlin 02:00 to 03:00 comes twice: at 00:00 and at 01:00 UTC.
    allowed, denied = allow("02:30-04:00", "Europe/Berlin"), deny("02:30-02:45", "Europe/Berlin")
    assert not is_open([allowed], at("2026-10-25T00:45"))
    assert is_open([allowed], at("2026-10-25T01:45"))
    for minute in ("2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:40"):
        assert not is_open([denied], at(minute))


def test_where_the_clock_skips_an_hour_a_window_inside_it_never_opens() -> None:
    # On 2026-03-29 in Berlin there is no 02:30.
    gone = allow("sun 02:10-02:50", "Europe/Berlin")
    minutes = (at("2026-03-29T00:00") + timedelta(minutes=step) for step in range(0, 240, 5))
    assert not any(is_open([gone], minute) for minute in minutes)


def test_a_window_that_never_opens_has_no_next_opening() -> None:
    windows = [allow("mon 09:00-10:00"), deny("mon 00:00-24:00")]
    assert next_opening(windows, at("2026-03-02T08:00")) is None


times = st.times().map(lambda time: time.strftime("%H:%M"))
days = st.sampled_from(["", "mon ", "tue-thu ", "sat,sun "])
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
windows = st.builds(
    lambda kind, day, start, end, zone: parse_window(
        f"{day}{start}-{end}", kind=kind, timezone=zone
    ),
    st.sampled_from(WindowKind),
    days,
    times,
    times,
    zones,
)
instants = st.integers(min_value=0, max_value=365 * 24 * 60).map(
    lambda minute: at("2026-01-01T00:00") + timedelta(minutes=minute)
)


@settings(deadline=None)
@given(st.lists(windows, max_size=3), instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    some: list[Window], now: datetime
) -> None:
    opening = next_opening(some, now)
    assert is_open(some, now) == (closed_by(some, now) == "")
    if opening is None:
        assert not is_open(some, now + HORIZON / 7)
        return
    assert opening >= now
    assert is_open(some, opening)
    for part in range(1, 8):
        before = now + (opening - now) * part / 8
        assert before == opening or not is_open(some, before)


@pytest.mark.parametrize(
    "text", ["", "9-17", "mon", "25:00-26:00", "2026-02-30..2026-03-01", "fun 09:00-10:00"]
)
def test_a_window_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="window"):
        allow(text)


def test_dates_that_run_backwards_and_unknown_zones_are_refused() -> None:
    with pytest.raises(BadInput, match="swap the dates"):
        deny("2027-01-06..2026-12-20")
    for zone in ("Mars/Phobos", "../etc/passwd", ""):
        with pytest.raises(BadInput, match="time zone"):
            allow("09:00-10:00", zone)
