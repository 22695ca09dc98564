"""Samples: what was read about the traffic, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE = timedelta(minutes=1)
"""Load balancers publish their metrics once a minute."""

MOST = 2.0**53
"""From here on a float no longer tells one from the next, and sums of them grow into infinity."""


class Point(NamedTuple):
    """One value of a series; `at` is the beginning of its minute."""

    at: datetime
    value: float


Series = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class PlatformSamples:
    """What one platform's load balancer published.

    Attributes:
        requests: Requests in each minute; a minute without any has no point.
        errors: Answers with a 5xx status, of the targets and of the load balancer; likewise.
        latency: The asked statistic of the response time in each minute, in seconds.
        slow: For each limit in seconds, percent of the requests of each minute that took longer.
    """

    requests: Series = ()
    errors: Series = ()
    latency: Series = ()
    slow: Mapping[float, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlarmState:
    """A CloudWatch alarm as read.

    Attributes:
        name: Its name.
        state: `OK`, `ALARM`, `INSUFFICIENT_DATA`, or "" where no such alarm exists.
        reason: CloudWatch's own reason.
    """

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProbeSample:
    """One HTTP request that crossfade itself made to a platform.

    Attributes:
        host: The host name that was asked for.
        target: The load balancer or address that was asked.
        status: The HTTP status, or None where there was no answer.
        seconds: How long it took.
        failure: Why there was no good answer, or "".
        certificate_days: Days until the certificate expires, or None without TLS.
    """

    host: str
    target: str
    status: int | None
    seconds: float
    failure: str = ""
    certificate_days: float | None = None


@dataclass(frozen=True, slots=True)
class ParitySample:
    """What both platforms of a tandem run.

    Attributes:
        legacy: What legacy was seen to run, in words.
        new: What new was seen to run.
        differences: How they differ from what is meant, or from each other.
        unread: What could not be seen, and why.
        working: What is under way on the tandem, or "".
        since: Since when they differ, or None.
        by: Which change made them differ, or "".
        overdue: That a hotfix has lasted longer than it was to, or "".
    """

    legacy: str
    new: str
    differences: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    working: str = ""
    since: datetime | None = None
    by: str = ""
    overdue: str = ""


class Source(StrEnum):
    """Where samples come from; a gate names the one that it needs."""

    TRAFFIC = "traffic"
    ALARMS = "alarms"
    PROBES = "probes"
    PARITY = "parity"


@dataclass(frozen=True, slots=True)
class Samples:
    """All that was read for one evaluation of gates.

    Attributes:
        legacy: The legacy platform's load balancer: the concurrent control.
        new: The new platform's.
        alarms: The alarms that were asked for.
        probes: Probes of the new platform.
        control_probes: The same probes of the legacy platform.
        parity: What both platforms of the tandem run.
        unread: For each source that could not be read, why.
    """

    legacy: PlatformSamples = PlatformSamples()
    new: PlatformSamples = PlatformSamples()
    alarms: tuple[AlarmState, ...] = ()
    probes: tuple[ProbeSample, ...] = ()
    control_probes: tuple[ProbeSample, ...] = ()
    parity: ParitySample | None = None
    unread: dict[Source, str] = field(default_factory=dict)


def between(series: Series, start: datetime, end: datetime) -> Series:
    """Return the points of a period; its end is not part of it."""
    return tuple(point for point in series if start <= point.at < end)


def total(series: Series, start: datetime, end: datetime) -> float:
    """Return the sum of a period's points; missing minutes count nothing."""
    return sum(point.value for point in between(series, start, end))


def minute_of(at: datetime) -> datetime:
    """Return the beginning of an instant's minute."""
    return at.replace(second=0, microsecond=0)


def minute_after(at: datetime) -> datetime:
    """Return the first beginning of a minute that is not before an instant."""
    begun = minute_of(at)
    return begun if begun == at else begun + MINUTE


def is_time(value: object) -> TypeGuard[float]:
    """Whether a value can be a time in seconds."""
    return is_number(value) and isfinite(value) and 0 <= value < MOST


def is_count(value: object) -> bool:
    """Whether a value can be a count."""
    return is_time(value) and float(value) == int(value)


def is_percent(value: object) -> bool:
    """Whether a value can be a percentage of a whole."""
    return is_time(value) and value <= 100  # noqa: PLR2004  percent


def counts(*series: Series) -> bool:
    """Whether all values of some series can be counts."""
    return all(is_count(point.value) for one in series for point in one)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number, if not a finite one; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
