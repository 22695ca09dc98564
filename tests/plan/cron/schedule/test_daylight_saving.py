"""When clocks change, and what that touches."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crossfade.plan.cron.schedule.daylight_saving import changes, touched
from crossfade.plan.cron.schedule.ticks import read_schedule

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("UTC", []),
        ("Asia/Tokyo", []),
        (
            "Europe/Berlin",
            ["2026-03-29T02:00 2026-03-29T03:00", "2026-10-25T03:00 2026-10-25T02:00"],
        ),
        (
            "America/New_York",
            ["2026-03-08T02:00 2026-03-08T03:00", "2026-11-01T02:00 2026-11-01T01:00"],
        ),
        (
            "Australia/Lord_Howe",
            ["2026-04-05T02:00 2026-04-05T01:30", "2026-10-04T02:00 2026-10-04T02:30"],
        ),
    ],
)  # fmt: skip
def test_changes_are_found_to_the_second(zone: str, found: list[str]) -> None:
    seen = changes(ZoneInfo(zone), SINCE, 366)
    faces = [f"{change.before:%Y-%m-%dT%H:%M} {change.after:%Y-%m-%dT%H:%M}" for change in seen]
    assert faces == found
    assert all(change.before.second == change.after.second == 0 for change in seen)


@pytest.mark.parametrize(
    ("expression", "faces"),
    [
        ("30 2 * * *", ["03-29 02:30 missing", "10-25 02:30 twice"]),
        ("0 2 * * *", ["03-29 02:00 missing", "10-25 02:00 twice"]),
        ("0 3 * * *", []),
        ("59 1 * * *", []),
        ("0,59 2 * * *", ["03-29 02:00 missing", "03-29 02:59 missing", "10-25 02:00 twice",
                          "10-25 02:59 twice"]),
        ("30 2 * * mon", []),
        ("*/30 2 * * *", []),
        ("30 */2 * * *", []),
    ],
)  # fmt: skip
def test_only_fixed_times_within_the_change_are_touched(expression: str, faces: list[str]) -> None:
    schedule = read_schedule(expression, ZoneInfo("Europe/Berlin"))
    found = [
        f"{tick.face:%m-%d %H:%M} {'missing' if tick.missing else 'twice'}"
        for tick in touched(schedule, SINCE)
    ]
    assert found == faces
