"""Ticks: which scheduled instant of a job a start belongs to.

A tick is a whole minute in UTC, counted from 1970 (the number that Kubernetes puts at the end of a
Job's name), so that two platforms in different time zones mean the same thing by it. Kubernetes
names the tick; cron tells nothing, and it is derived from the schedule on the wrapper's line and
the clock.

The expressions are read by cronsim, which follows Debian's cron: day fields, and the hours that
daylight saving takes away or repeats. Only the light part of the standard library is imported,
because the wrapper on the hosts starts with this module.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from cronsim import CronSim, CronSimError

from crossfade.errors import BadInput, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = 60

EARLY = 2.0
"""Seconds before a tick at which a start already counts for it: a clock may step back a little."""

_NEAR = 26 * 3600
"""Seconds within which a change of the clocks can touch a day's ticks."""

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""What crontab(5) means by its short names. `@reboot` is no schedule."""

_MONTHS = frozenset(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
)
_DAYS = frozenset(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
_NAMES: tuple[frozenset[str], ...] = (frozenset(),) * 3 + (_MONTHS, _DAYS)
"""For each of the five fields, the names that may stand for numbers."""


class Schedule(NamedTuple):
    """When a job is due.

    Attributes:
        expression: Five fields as in crontab(5), short names already written out.
        zone: The time zone in which the fields are meant.
    """

    expression: str
    zone: tzinfo


class Tick(NamedTuple):
    """One scheduled instant of a job, and how long a start still counts for it.

    Attributes:
        minute: The instant, in minutes since 1970 in UTC.
        deadline: The latest instant to begin its run, in seconds since 1970.
    """

    minute: int
    deadline: float

    @property
    def second(self) -> int:
        """The instant in seconds since 1970."""
        return self.minute * MINUTE


def read_schedule(text: str, zone: tzinfo) -> Schedule:
    """Read a schedule as crontab(5) writes it.

    Args:
        text: Five fields, or a short name such as `@daily`.
        zone: The time zone in which it is meant.

    Raises:
        BadInput: It is not a schedule that both cron and Kubernetes know how to read.
    """
    words = MACROS.get(text.strip().lower(), text).split()
    if len(words) != len(_NAMES):
        raise BadInput(
            f"the schedule {text!r} has {len(words)} fields: give minute, hour, day of month, "
            "month and day of week, or one of " + ", ".join(MACROS)
        )
    for word, names in zip(words, _NAMES, strict=True):
        wrong = next((item for item in word.lower().split(",") if not _plain(item, names)), None)
        if wrong is not None:
            raise BadInput(f"the schedule {text!r} has a part that cron cannot read: {wrong!r}")
    expression = " ".join(words)
    try:
        CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise BadInput(f"the schedule {text!r} cannot be read: {error}") from error
    return Schedule(expression, zone)


def ticks_from(schedule: Schedule, minute: int) -> Iterator[int]:
    """Yield the ticks after `minute`, each once, in order.

    In the hour that daylight saving skips, a job with a fixed time is due right after the gap; in
    the hour that comes twice it is due once. Jobs with `*` in minute or hour follow real time.
    """
    last = minute
    for due in CronSim(  # pragma: no branch  it never ends
        schedule.expression, _local(schedule, minute * MINUTE)
    ):
        tick = int(due.timestamp()) // MINUTE
        if tick > last:  # two skipped times can fall on the same minute after the gap
            last = tick
            yield tick


def latest_tick(schedule: Schedule, now: float) -> int:
    """Return the last tick at or before `now` (seconds since 1970).

    There is one: a schedule that is never due was refused when it was read.
    """
    second = int(now)
    due = next(CronSim(schedule.expression, _local(schedule, second + 1), reverse=True))
    found = int(due.timestamp()) // MINUTE
    if _steady(schedule, second) and _steady(schedule, found * MINUTE):
        return found
    # Backwards, cronsim misses ticks on days on which clocks change: go forward through them.
    since = found - _NEAR // MINUTE
    near = takewhile(lambda tick: tick * MINUTE <= now, ticks_from(schedule, since))
    return max(near, default=found)


def tick_of_start(schedule: Schedule, now: float, *, max_lateness: float) -> Tick:
    """Say which tick a start by cron is meant for.

    A start counts for the latest tick until half of the time to the next one has passed: after that
    nobody can tell a very late start from a very early one.

    Args:
        schedule: The job's schedule.
        now: The start, in seconds since 1970.
        max_lateness: A tighter limit, in seconds.

    Raises:
        Refused: The start is too late to tell its tick.
    """
    minute = latest_tick(schedule, now + EARLY)
    following = next(ticks_from(schedule, minute))
    limit = min(max_lateness, (following - minute) * MINUTE / 2)
    return _in_time(Tick(minute, minute * MINUTE + limit), now)


def tick_of_job(
    name: str,
    cronjob: str,
    schedule: Schedule,
    now: float,
    *,
    max_lateness: float,
    tolerance: float,
) -> Tick:
    """Say which tick a Kubernetes Job is, from its name `<cronjob>-<minutes since 1970>`.

    Args:
        name: The Job's name.
        cronjob: The CronJob's name.
        schedule: The job's schedule.
        now: The start, in seconds since 1970.
        max_lateness: How long after the tick its run may begin, in seconds.
        tolerance: How far clocks may be apart, in seconds.

    Raises:
        Refused: The Job was made by hand, is no tick of this schedule, or starts too late or, by
            this host's clock, before its tick.
    """
    prefix, _, number = name.rpartition("-")
    if prefix != cronjob or not number.isdecimal():
        raise Refused(
            f"the Job {name} was not made by the CronJob {cronjob}'s schedule, so it is no tick: "
            "to run it by hand all the same, set CROSSFADE_MANUAL=1 in it"
        )
    minute = int(number)
    if next(ticks_from(schedule, minute - 1)) != minute:
        raise Refused(
            f"the Job {name} is for {when(minute)}, which is no tick of {schedule.expression!r} "
            f"in {schedule.zone} as cron counts: nothing to run"
        )
    if now < minute * MINUTE - tolerance:
        raise Refused(
            f"the Job {name} was made {minute * MINUTE - now:.0f} s before its tick by this host's "
            f"clock, more than the {tolerance:g} s by which clocks may differ: set the clocks"
        )
    return _in_time(Tick(minute, minute * MINUTE + max_lateness), now)


def when(minute: int) -> str:
    """Return a tick as a person reads it, e.g. `2026-01-31T02:30Z`."""
    return datetime.fromtimestamp(minute * MINUTE, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _plain(item: str, names: frozenset[str]) -> bool:
    """Whether an item of a list is what cron knows: `*`, a value or a range, perhaps with a step.

    cronsim also reads `L`, `#` and seconds, which neither cron nor Kubernetes does.
    """
    values, slash, step = item.partition("/")
    low, dash, high = values.partition("-")
    ends = [low, high] if dash else [low]
    known = values == "*" or all(end.isdecimal() or end in names for end in ends)
    return item.isascii() and known and (not slash or step.isdecimal())


def _in_time(tick: Tick, now: float) -> Tick:
    """Return the tick, or refuse a start after its deadline."""
    if now > tick.deadline:
        raise Refused(
            f"started {now - tick.second:.0f} s after its last tick {when(tick.minute)}, limit "
            f"{tick.deadline - tick.second:.0f} s: too late to run it; start it at its next "
            "tick, or now and by hand with --manual"
        )
    return tick


def _steady(schedule: Schedule, second: int) -> bool:
    """Whether the zone's clocks do not change within a day of an instant."""
    before, after = (_local(schedule, second + far) for far in (-_NEAR, _NEAR))
    return before.utcoffset() == after.utcoffset()


def _local(schedule: Schedule, second: int) -> datetime:
    """Return an instant in the schedule's zone, in the form in which cronsim knows UTC."""
    instant = datetime.fromtimestamp(second, UTC)
    return instant if schedule.zone is UTC else instant.astimezone(schedule.zone)
