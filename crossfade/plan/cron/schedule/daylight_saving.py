"""When clocks change, and which ticks of a job that touches.

A time that does not exist in spring: cron runs the job right after the gap, Kubernetes not at all.
A time that comes twice in autumn: cron runs the job once, Kubernetes twice. Both hold only for jobs
with fixed times; those with `*` in minute or hour follow real time on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cronsim import CronSim

if TYPE_CHECKING:
    from crossfade.plan.cron.schedule.ticks import Schedule

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change of a zone's clocks.

    Attributes:
        at: When.
        before: The clock's face right before it, without a zone.
        after: Its face right after it.
    """

    at: datetime
    before: datetime
    after: datetime

    @property
    def skips(self) -> bool:
        """Whether the clock goes forward."""
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class Touched:
    """A tick that a change of the clocks touches.

    Attributes:
        face: The clock's face at which it is due.
        missing: That face does not exist on that day; else it comes twice.
    """

    face: datetime
    missing: bool


def changes(zone: tzinfo, since: datetime, days: int) -> tuple[ClockChange, ...]:
    """Return the changes of a zone's clocks within some days."""
    found = []
    for number in range(days):
        day = since.astimezone(UTC) + number * DAY
        if _offset(zone, day) != _offset(zone, day + DAY):
            found.append(_change(zone, day, day + DAY))
    return tuple(found)


def touched(schedule: Schedule, since: datetime, days: int = 366) -> tuple[Touched, ...]:
    """Return the ticks of a job with fixed times that changes of the clocks touch."""
    minute, hour, *_ = schedule.expression.split()
    if minute.startswith("*") or hour.startswith("*"):
        return ()
    found = []
    for change in changes(schedule.zone, since, days):
        first, last = sorted((change.before, change.after))
        for face in CronSim(schedule.expression, first - SECOND):  # pragma: no branch  never ends
            if face >= last:
                break
            found.append(Touched(face, missing=change.skips))
    return tuple(found)


def _offset(zone: tzinfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _change(zone: tzinfo, low: datetime, high: datetime) -> ClockChange:
    """Find the change between two instants, to the second."""
    offset = _offset(zone, low)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    face = high.astimezone(zone).replace(tzinfo=None)
    before = (high - SECOND).astimezone(zone).replace(tzinfo=None) + SECOND
    return ClockChange(high, before, face)
