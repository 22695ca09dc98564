"""Which tick a start belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput, Refused
from crossfade.plan.cron.schedule.ticks import (
    EARLY,
    MACROS,
    Schedule,
    latest_tick,
    read_schedule,
    tick_of_job,
    tick_of_start,
    ticks_from,
    when,
)

BERLIN = ZoneInfo("Europe/Berlin")
NO_LIMIT = 1e9


def minute(text: str, zone: ZoneInfo | None = None) -> int:
    face = datetime.fromisoformat(text)
    return int(face.replace(tzinfo=zone or UTC).timestamp()) // 60


def due(expression: str, since: str, count: int, zone: ZoneInfo | None = None) -> list[str]:
    schedule = read_schedule(expression, zone or UTC)
    return [when(tick) for tick in islice(ticks_from(schedule, minute(since, zone)), count)]


def test_ticks_are_minutes_in_utc_whatever_the_zone() -> None:
    assert due("30 8 * * *", "2026-01-05T00:00", 1) == ["2026-01-05T08:30Z"]
    assert due("30 8 * * *", "2026-01-05T00:00", 1, BERLIN) == ["2026-01-05T07:30Z"]
    assert due("30 8 * * *", "2026-07-05T00:00", 1, BERLIN) == ["2026-07-05T06:30Z"]


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("@hourly", "2026-01-05T01:00Z"),
        ("@Daily", "2026-01-06T00:00Z"),
        ("@weekly", "2026-01-11T00:00Z"),
        ("@monthly", "2026-02-01T00:00Z"),
        ("@yearly", "2027-01-01T00:00Z"),
        ("5-55/10 * * * *", "2026-01-05T00:05Z"),
        ("0 0 * * sun", "2026-01-11T00:00Z"),
        ("0 0 * * 7", "2026-01-11T00:00Z"),
        ("0 0 * FEB-mar *", "2026-02-01T00:00Z"),
        ("09,39 * * * *", "2026-01-05T00:09Z"),
        ("0 0 13 * 5", "2026-01-09T00:00Z"),
        ("0 0 */2 * 1", "2026-01-19T00:00Z"),
    ],
)
def test_schedules_mean_what_crontab_says(expression: str, first: str) -> None:
    assert due(expression, "2026-01-05T00:00", 1) == [first]


@pytest.mark.parametrize(
    "wrong",
    [
        "", "* * * *", "* * * * * *", "@reboot", "@every 5m", "60 * * * *", "* 24 * * *",
        "* * 0 * *", "* * L * *", "* * * * 5L", "* * * * 1#2", "* * * * ?", "*/0 * * * *",
        "5-1 * * * *", "0~59 * * * *", "* * * foo *", "a * * * *", "1- * * * *", "1, * * * *",
        "*/ * * * *", "-1 * * * *", "٣ * * * *", "0 0 30 2 */7",
    ],
)  # fmt: skip
def test_what_cron_cannot_read_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="schedule"):
        read_schedule(wrong, UTC)


def test_in_the_spring_gap_a_fixed_time_is_due_right_after_it() -> None:
    assert due("30 2 * * *", "2026-03-28T12:00", 2, BERLIN) == [
        "2026-03-29T01:00Z",
        "2026-03-30T00:30Z",
    ]


def test_in_the_hour_that_comes_twice_a_fixed_time_is_due_once() -> None:
    assert due("30 2 * * *", "2026-10-24T12:00", 2, BERLIN) == [
        "2026-10-25T00:30Z",
        "2026-10-26T01:30Z",
    ]


def test_times_that_fall_together_after_the_gap_are_one_tick() -> None:
    assert due("0,30 2-3 * * *", "2026-03-29T00:00", 3, BERLIN) == [
        "2026-03-29T01:00Z",
        "2026-03-29T01:30Z",
        "2026-03-30T00:00Z",
    ]


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule with a fixed or a repeated time, in a zone that changes its clocks."""
    low = draw(st.integers(0, 59))
    minutes = draw(st.sampled_from([f"{low}", "*/7", f"{low},59", "*", f"{low}-59/13"]))
    hours = draw(st.sampled_from(["*", "2", "*/2", "1-3", "0,23", "1,2,3"]))
    days = draw(st.sampled_from(["* * *", "29 3 *", "25-26 10 *", "* * sun", "*/2 * 0", "8 * 0"]))
    zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]
    return read_schedule(f"{minutes} {hours} {days}", ZoneInfo(draw(st.sampled_from(zones))))


around_changes = st.sampled_from(
    ["2026-03-08", "2026-03-29", "2026-04-05", "2026-04-24", "2026-10-04", "2026-10-25",
     "2026-10-30", "2026-11-01", "2026-12-31"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(schedules(), around_changes, st.integers(-200_000, 200_000))
def test_the_latest_tick_is_the_last_of_all_that_came_before(
    schedule: Schedule, day: str, offset: int
) -> None:
    now = minute(day) * 60 + offset
    latest = latest_tick(schedule, now)
    assert latest * 60 <= now
    assert next(ticks_from(schedule, latest - 1)) == latest
    between = list(takewhile(lambda tick: tick * 60 <= now, ticks_from(schedule, latest)))
    assert between == []


@given(schedules(), around_changes)
def test_ticks_come_in_order_and_once(schedule: Schedule, day: str) -> None:
    ticks = list(islice(ticks_from(schedule, minute(day) - 1440), 100))
    assert ticks == sorted(set(ticks))


def test_a_start_counts_for_its_tick_until_half_of_the_time_to_the_next() -> None:
    schedule = read_schedule("*/10 * * * *", UTC)
    noon = minute("2026-01-05T12:00") * 60
    for late in (0, 0.3, 299, 300):
        tick = tick_of_start(schedule, noon + late, max_lateness=NO_LIMIT)
        assert (tick.second, tick.deadline) == (noon, noon + 300)
    with pytest.raises(Refused, match=r"301 s after .* limit 300 s: too late"):
        tick_of_start(schedule, noon + 301, max_lateness=NO_LIMIT)


def test_a_start_a_little_early_counts_for_the_tick_to_come() -> None:
    schedule = read_schedule("*/10 * * * *", UTC)
    noon = minute("2026-01-05T12:00") * 60
    assert tick_of_start(schedule, noon - EARLY + 0.1, max_lateness=NO_LIMIT).second == noon


def test_the_limit_can_be_set_tighter_but_not_wider() -> None:
    schedule = read_schedule("*/10 * * * *", UTC)
    noon = minute("2026-01-05T12:00") * 60
    assert tick_of_start(schedule, noon, max_lateness=20).deadline == noon + 20
    assert tick_of_start(schedule, noon, max_lateness=900).deadline == noon + 300


@given(schedules(), around_changes, st.integers(-86_400, 86_400))
def test_no_start_counts_for_two_ticks(schedule: Schedule, day: str, offset: int) -> None:
    """What a start counts for never depends on when, between two halves, it comes."""
    now = minute(day) * 60 + offset
    try:
        tick = tick_of_start(schedule, now, max_lateness=NO_LIMIT)
    except Refused:
        return
    following = next(ticks_from(schedule, tick.minute))
    assert -EARLY <= now - tick.second <= (following - tick.minute) * 30


def test_a_job_that_is_due_every_four_years_has_a_latest_tick() -> None:
    schedule = read_schedule("0 0 29 2 *", UTC)
    assert latest_tick(schedule, minute("2026-01-01T00:00") * 60) == minute("2024-02-29T00:00")


TICK = "2026-01-05T12:00"


def named(name: str, now: float, zone: str = "UTC") -> int:
    schedule = read_schedule("0 12 * * *", ZoneInfo(zone))
    tick = tick_of_job(name, "reports", schedule, now, max_lateness=3600, tolerance=10)
    return tick.minute


def test_kubernetes_names_the_tick() -> None:
    tick = minute(TICK)
    assert named(f"reports-{tick}", tick * 60 + 3000) == tick


@pytest.mark.parametrize(
    ("name", "late", "said"),
    [
        ("reports-manual-x", 0, "CROSSFADE_MANUAL=1"),
        ("other-{tick}", 0, "not made by the CronJob reports"),
        ("reports-{tick}-2", 0, "not made by"),
        ("reports-٣", 0, "no tick"),
        ("reports-{other}", 0, "no tick of '0 12"),
        ("reports-{tick}", 3601, "too late"),
        ("reports-{tick}", -11, "set the clocks"),
    ],
)
def test_a_job_that_is_no_tick_is_refused(name: str, late: float, said: str) -> None:
    tick = minute(TICK)
    with pytest.raises(Refused, match=said):
        named(name.format(tick=tick, other=tick + 1), tick * 60 + late)


def test_the_second_start_that_kubernetes_makes_in_autumn_is_no_tick() -> None:
    schedule = read_schedule("30 2 * * *", BERLIN)
    first = minute("2026-10-25T00:30")
    limits = {"max_lateness": 600.0, "tolerance": 10.0}
    assert tick_of_job(f"r-{first}", "r", schedule, first * 60, **limits).minute == first
    with pytest.raises(Refused, match="no tick"):
        tick_of_job(f"r-{first + 60}", "r", schedule, first * 60 + 3600, **limits)


def test_short_names_are_written_out() -> None:
    assert read_schedule("@midnight", UTC).expression == MACROS["@midnight"]
    assert read_schedule("  */5  *\t* * * ", UTC).expression == "*/5 * * * *"


def test_a_tick_is_shown_in_utc() -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=BERLIN)
    assert when(int(noon.timestamp()) // 60) == "2026-01-05T11:00Z"
