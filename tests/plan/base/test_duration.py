from __future__ import annotations

from datetime import timedelta

import pytest

from crossfade.errors import BadInput
from crossfade.plan.base.duration import parse_duration, shown_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("7d", 604_800),
        ("0", 0),
        ("1H 5s", 3605),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "m", "1.5h", "1w", "-5m", "5m!"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90_061, "1 d 1 h"),
        (125, "2 min 5 s"),
    ],
)
def test_durations_are_shown_in_at_most_two_units(seconds: int, text: str) -> None:
    assert shown_duration(timedelta(seconds=seconds)) == text
