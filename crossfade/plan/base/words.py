"""Figures and instants as people read them, and as they write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.duration import shown_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERBS = {
    "copy": "copied",
    "write": "written",
    "restore": "restored",
    "delete": "deleted",
    "taken_over_done": "done by an earlier worker",
}
_ORDER = (*_VERBS, "bytes", "unchanged", "seconds")
_STEP = 1000
_TENTHS = 10


def size(number: int) -> str:
    """Write bytes: `417 B`, `12.3 kB`, `1.2 GB`."""
    value, units = float(number), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= _STEP - 0.5 and unit != "TB":
        value, unit = value / _STEP, next(units)
    return f"{number} B" if unit == "B" else f"{value:.1f} {unit}"


def when(iso: str) -> str:
    """Write an instant of the journal, which is in UTC, to the second."""
    return iso[:19].replace("T", " ")


def seconds(number: float) -> str:
    """Write a duration: `0.4 s` below ten seconds, above in two units at most: `3 min 20 s`."""
    if round(number, 1) < _TENTHS:
        return f"{number:.1f} s"
    return shown_duration(timedelta(seconds=number))


def about(number: float) -> str:
    """Write a duration to the second: `8 s`, `1 min 12 s`."""
    return shown_duration(timedelta(seconds=number))


def figures(found: Mapping[str, object]) -> str:
    """Write an operation's figures: what was done and how much, without what was not."""
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    known = [name for name in _ORDER if name in numbers]
    others = [name for name in numbers if name not in _ORDER]
    return ", ".join(_figure(name, numbers[name]) for name in (*known, *others) if numbers[name])


def _figure(name: str, value: float) -> str:
    if name == "bytes":
        return size(int(value))
    if name == "seconds":
        return seconds(value)
    what = _VERBS.get(name, name.replace("_", " "))
    return f"{value} {what.removesuffix('s') if value == 1 else what}"


def count(number: int, one: str, many: str = "") -> str:
    """Write a number of things: `1 file`, `3 files`, `2 entries`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def instant(text: str) -> datetime:
    """Read an instant that a person wrote; without a zone it is in UTC.

    Raises:
        BadInput: It is no instant.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(
            f"{text!r} is no time: write it like 2026-11-22T20:40, in UTC or with its zone as in "
            "2026-11-22T20:40+01:00"
        ) from error
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
