"""Durations as people write them in a plan: `90s`, `30m`, `2h`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

from crossfade.errors import BadInput

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+)([dhms])")


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        BadInput: It is not written in days, hours, minutes and seconds.
    """
    compact = text.replace(" ", "").lower()
    if compact == "0":
        return timedelta()
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise BadInput(f"{text!r} is no duration: write it like 90s, 30m, 2h, 1h30m or 7d")
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))


def shown_duration(duration: timedelta) -> str:
    """Write a duration for people, in at most two units: `1 h 30 min`, `2 min 5 s`."""
    left = round(duration.total_seconds())
    words: list[str] = []
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        if number:
            words.append(f"{number} {unit}")
    return " ".join(words[:2]) or "0 s"
