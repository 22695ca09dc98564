"""When a stage may begin: allow and deny windows in local time, and the next opening.

A deny window wins over every allow window. Where there is no allow window, all that is not denied
is allowed. The allow windows of one list are alternatives; where a plan and a stage both have a
list, both must be open, so that a stage's own windows only ever narrow the plan's. Windows are for
going forward only: going back asks none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.zone import zone_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=400)
"""How far ahead the next opening is looked for."""

_WEEKLY = re.compile(r"(?:([a-z, -]+?) )?(\d\d):(\d\d)-(\d\d):(\d\d)")
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_A_DAY = timedelta(days=1)


class WindowKind(StrEnum):
    """Whether a window opens or closes."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Window:
    """One window: hours on days of the week, or whole days from one date to another.

    Attributes:
        kind: Whether it opens or closes.
        timezone: Name of the time zone that its hours and dates are read in.
        days: Days of the week that it begins on, 0 for Monday; unused where dates are given.
        start: Local time that it begins at.
        end: Local time that it ends at; not after `start` means on the day after.
        first: First day of a window of dates, or None.
        last: Its last day, included.
        text: How it was written.
        scope: The list that it stands in: a stage's name, or "" for the plan's own.
    """

    kind: WindowKind
    timezone: str
    days: tuple[int, ...] = ()
    start: time = time()
    end: time = time()
    first: date | None = None
    last: date | None = None
    text: str = ""
    scope: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.text} ({self.timezone})"


def parse_window(text: str, *, kind: WindowKind, timezone: str) -> Window:
    """Read a window: `09:00-16:00`, `mon-thu 09:00-16:00`, `sat,sun 00:00-24:00` or two dates.

    Two dates, `2026-12-20..2027-01-06`, mean all hours from the first day through the last.

    Raises:
        BadInput: It cannot be read, or the time zone is unknown.
    """
    zone_named(timezone)
    plain = " ".join(text.lower().split())
    if dates := _DATES.fullmatch(plain):
        return _dates(text, kind, timezone, dates[1], dates[2])
    if weekly := _WEEKLY.fullmatch(plain):
        days, *hours = weekly.groups()
        start, end = _clock(text, *hours[:2]), _clock(text, *hours[2:])
        return Window(kind, timezone, _days(days, text), start, end, text=text)
    raise BadInput(
        f"window {text!r} cannot be read: write it like 'mon-thu 09:00-16:00' or "
        "'2026-12-20..2027-01-06'"
    )


def is_open(windows: Sequence[Window], now: datetime) -> bool:
    """Whether a stage may begin now."""
    return not _any_contains(windows, WindowKind.DENY, now) and not _closed_list(windows, now)


def next_opening(windows: Sequence[Window], now: datetime) -> datetime | None:
    """Return when a stage may begin next: now if it may, None if not within `HORIZON`."""
    if is_open(windows, now):
        return now
    edges: set[datetime] = set()
    for window in windows:
        for start, end in _intervals(window, now, now + HORIZON):
            edges.add(start if window.kind is WindowKind.ALLOW else end)
    later = (edge for edge in sorted(edges) if edge > now)
    return next((edge for edge in later if is_open(windows, edge)), None)


def closed_by(windows: Sequence[Window], now: datetime) -> str:
    """Say which window keeps a stage from beginning now; "" if none does."""
    for window in windows:
        if window.kind is WindowKind.DENY and _any_contains([window], WindowKind.DENY, now):
            return str(window)
    closed = _closed_list(windows, now)
    return f"outside of {', '.join(map(str, closed))}" if closed else ""


def _closed_list(windows: Sequence[Window], now: datetime) -> list[Window]:
    """Return the allow windows of a list of which none is open now; nothing if there is no such."""
    lists: dict[str, list[Window]] = {}
    for window in windows:
        if window.kind is WindowKind.ALLOW:
            lists.setdefault(window.scope, []).append(window)
    closed = (some for some in lists.values() if not _any_contains(some, WindowKind.ALLOW, now))
    return next(closed, [])


def _any_contains(windows: Sequence[Window], kind: WindowKind, now: datetime) -> bool:
    return any(
        start <= now < end
        for window in windows
        if window.kind is kind
        for start, end in _intervals(window, now, now)
    )


def _intervals(
    window: Window, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """All stretches of a window, in UTC, that touch a period."""
    zone = zone_named(window.timezone)
    if window.first is not None and window.last is not None:
        yield _stretch(
            window.kind,
            datetime.combine(window.first, time(), zone),
            datetime.combine(window.last + _A_DAY, time(), zone),
        )
        return
    day = (since - 2 * _A_DAY).astimezone(zone).date()
    while day <= (until + _A_DAY).astimezone(zone).date():
        if day.weekday() in window.days:
            ends_on = day if window.end > window.start else day + _A_DAY
            yield _stretch(
                window.kind,
                datetime.combine(day, window.start, zone),
                datetime.combine(ends_on, window.end, zone),
            )
        day += _A_DAY


def _stretch(kind: WindowKind, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """One stretch in UTC; where the clock skips or repeats an hour, allow is short, deny is long.

    A local time then means two instants (its two folds): the careful one is taken.
    """
    starts = [start.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    ends = [end.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    if kind is WindowKind.ALLOW:
        return max(starts), min(ends)
    return min(starts), max(ends)


def _dates(text: str, kind: WindowKind, timezone: str, first: str, last: str) -> Window:
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise BadInput(f"window {text!r} has a date that does not exist: {error}") from error
    if days[1] < days[0]:
        raise BadInput(f"window {text!r} ends before it begins: swap the dates")
    return Window(kind, timezone, first=days[0], last=days[1], text=text)


def _days(text: str | None, whole: str) -> tuple[int, ...]:
    if text is None:
        return tuple(range(len(DAYS)))
    days: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise BadInput(f"window {whole!r}: {part!r} is no day; write mon, tue, … or mon-fri")
        at = DAYS.index(first)
        length = (DAYS.index(last or first) - at) % len(DAYS)
        days.extend((at + step) % len(DAYS) for step in range(length + 1))
    return tuple(sorted(set(days)))


def _clock(text: str, hours: str, minutes: str) -> time:
    if (hours, minutes) == ("24", "00"):
        return time()
    try:
        return time(int(hours), int(minutes))
    except ValueError as error:
        raise BadInput(f"window {text!r} has a time that does not exist: {error}") from error
