"""Figures and instants as people read and write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crossfade.errors import BadInput
from crossfade.plan.base.words import about, count, figures, instant, seconds, size, when


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345, "12.3 kB"),
        (999_960, "1.0 MB"),
        (5_368_709_120, "5.4 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_bytes(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (80, "1 min 20 s"), (7200, "2 h"), (9.96, "10 s")],
)
def test_durations(number: float, text: str) -> None:
    assert seconds(number) == text


@pytest.mark.parametrize(("number", "text"), [(8.4, "8 s"), (72, "1 min 12 s"), (300, "5 min")])
def test_durations_that_are_known_to_the_second_alone(number: float, text: str) -> None:
    assert about(number) == text


def test_figures_tell_what_was_done_first_and_leave_out_what_was_not() -> None:
    found = {
        "unchanged": 7,
        "delete": 0,
        "copy": 3,
        "bytes": 1500,
        "invalidation": "I123",
        "pages_loaded": 2,
        "taken_over_done": 1,
        "seconds": 0.44,
    }
    assert figures(found) == (
        "3 copied, 1 done by an earlier worker, 1.5 kB, 7 unchanged, 0.4 s, 2 pages loaded"
    )


def test_one_thing_is_no_plural() -> None:
    assert (count(1, "file"), count(2, "file"), count(0, "entry", "entries")) == (
        "1 file",
        "2 files",
        "0 entries",
    )


def test_an_instant_is_shown_to_the_second() -> None:
    assert when("2026-11-22T20:40:12.123Z") == "2026-11-22 20:40:12"


@pytest.mark.parametrize(
    "text", ["2026-11-22T20:40", "2026-11-22 20:40Z", "2026-11-22T21:40+01:00"]
)
def test_an_instant_without_a_zone_is_in_utc(text: str) -> None:
    assert instant(text) == datetime(2026, 11, 22, 20, 40, tzinfo=UTC)


def test_what_is_no_instant_is_answered_with_an_example() -> None:
    with pytest.raises(BadInput, match=r"'noon' is no time: write it like 2026-11-22T20:40"):
        instant("noon")
