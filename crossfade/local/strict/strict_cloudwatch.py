"""A strict CloudWatch: percentiles, exact dimensions and aligned minutes, as the real one has them.

moto has no percentiles, finds a metric with dimensions in every namespace, lets periods begin at
any second, and keeps one object for every single value. `strict_cloudwatch()` replaces its storing
and reading of metrics for the time of a `with` block, in this process.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import CloudWatchBackend

from crossfade.local.strict.replacement import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_RANK = re.compile(r"PR\(([\d.]*):([\d.]*)\)")
"""A percentile rank, such as `PR(0.3:)` or `PR(:0.3)`."""

Name = tuple[str, str, frozenset[tuple[str, str]]]
"""A metric: namespace, name, and all of its dimensions."""


@dataclass(frozen=True, slots=True)
class Datum:
    """What one entry of PutMetricData said: values with their counts, or a statistic set."""

    values: tuple[tuple[float, float], ...] = ()
    count: float = 0.0
    sum: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass
class Metrics:
    """The metrics that were put, by name and minute."""

    _minutes: dict[Name, dict[datetime, list[Datum]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, namespace: str, entries: Iterable[dict[str, Any]], now: datetime) -> None:
        """Store the entries of a PutMetricData."""
        with self._lock:
            for entry in entries:
                minute = _minute(entry.get("Timestamp") or now)
                name = _name(namespace, entry["MetricName"], entry.get("Dimensions"))
                self._minutes[name].setdefault(minute, []).append(_datum(entry))

    def read(
        self, query: dict[str, Any], start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """Answer a metric query: periods are aligned to their length, empty ones are left out."""
        stat = query["MetricStat"]
        metric = stat["Metric"]
        name = _name(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
        period = timedelta(seconds=int(stat["Period"]))
        with self._lock:
            minutes = self._minutes.get(name, {})
            periods: dict[datetime, list[Datum]] = defaultdict(list)
            for minute in sorted(minutes):
                begun = _aligned(minute, period)
                if _aligned(_minute(start), period) <= begun < end:
                    periods[begun].extend(minutes[minute])
        answers = ((begun, statistic(data, stat["Stat"])) for begun, data in periods.items())
        return [(begun, value) for begun, value in answers if value is not None]


@contextmanager
def strict_cloudwatch() -> Iterator[None]:
    """Make moto's CloudWatch metrics strict until the block ends; alarms stay moto's.

    What was put while it was strict is gone when moto is reset, as moto's own metrics are.
    """
    get = CloudWatchBackend.get_metric_data
    rules = {"put_metric_data": _put_metric_data, "get_metric_data": _getting(get)}
    with replaced(CloudWatchBackend, rules):
        yield


def statistic(data: Iterable[Datum], name: str) -> float | None:
    """Return a statistic of some data, or None where CloudWatch has none.

    Percentiles need single values: like CloudWatch, a statistic set answers them only if it stands
    for one value, or for equal ones.
    """
    known = list(data)
    if ranked := _RANK.fullmatch(name):
        return _percentile_rank(known, *(float(end) if end else None for end in ranked.groups()))
    if name.startswith("p") and name[1:].replace(".", "", 1).isdigit():
        return _percentile(known, float(name[1:]))
    count = sum(one.count for one in known)
    if not count:
        return None
    known_statistics = {
        "SampleCount": count,
        "Sum": sum(one.sum for one in known),
        "Average": sum(one.sum for one in known) / count,
        "Minimum": min(one.low for one in known),
        "Maximum": max(one.high for one in known),
    }
    return known_statistics.get(name)


def _percentile_rank(data: list[Datum], over: float | None, upto: float | None) -> float | None:
    """Percent of all values that are over the one limit and not over the other."""
    values = [pair for one in data for pair in one.values]
    total = sum(count for _, count in values)
    if any(not one.values for one in data) or not total:
        return None
    inside = (
        count
        for value, count in values
        if (over is None or value > over) and (upto is None or value <= upto)
    )
    return 100 * sum(inside) / total


def _percentile(data: list[Datum], percent: float) -> float | None:
    """The smallest value that at least this part of all values do not exceed."""
    if any(not one.values for one in data):
        return None
    values = sorted(pair for one in data for pair in one.values)
    reached, total = [], 0.0
    for _, count in values:
        total += count
        reached.append(total)
    if not total:
        return None
    rank = max(1, ceil(total * percent / 100))
    return values[min(bisect_left(reached, rank), len(values) - 1)][0]


def _datum(entry: dict[str, Any]) -> Datum:
    if entry.get("StatisticValues"):
        given = entry["StatisticValues"]
        count, total, low, high = (
            float(given[key]) for key in ("SampleCount", "Sum", "Minimum", "Maximum")
        )
        alike = count == 1 or low == high
        return Datum(((low, count),) if alike else (), count, total, low, high)
    values_given = [float(value) for value in entry.get("Values") or [entry.get("Value", 0)]]
    counts = [float(count) for count in entry.get("Counts") or [1] * len(values_given)]
    values = tuple(zip(values_given, counts, strict=True))
    return Datum(
        values,
        count=sum(counts),
        sum=sum(value * count for value, count in values),
        low=min(values_given),
        high=max(values_given),
    )


def _put_metric_data(
    backend: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]
) -> None:
    for at, entry in enumerate(metric_data):
        backend._validate_parameters_put_metric_data(entry, at + 1)  # noqa: SLF001  moto's own checks
    _metrics(backend).put(namespace, metric_data, datetime.now(UTC))


def _getting(moto: Callable[..., list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    def get_metric_data(
        backend: CloudWatchBackend,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        answers = moto(backend, [], start_time, end_time, scan_by)
        start, end = _utc(start_time), _utc(end_time)
        for query in queries:
            points = _metrics(backend).read(query, start, end) if "MetricStat" in query else []
            if scan_by == "TimestampDescending":
                points.reverse()
            answers.append(
                {
                    "id": query["Id"],
                    "label": query.get("Label") or query["Id"],
                    "values": [value for _, value in points],
                    "timestamps": [at for at, _ in points],
                    "status_code": "Complete",
                }
            )
        return answers

    return get_metric_data


def _metrics(backend: CloudWatchBackend) -> Metrics:
    """The backend's metrics; kept among its own attributes, so that its reset drops them."""
    metrics: Metrics = vars(backend).setdefault("_crossfade_metrics", Metrics())
    return metrics


def _name(namespace: str, name: str, dimensions: Iterable[dict[str, str]] | None) -> Name:
    return namespace, name, frozenset((one["Name"], one["Value"]) for one in dimensions or ())


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _minute(at: datetime) -> datetime:
    return _utc(at).replace(second=0, microsecond=0)


def _aligned(at: datetime, period: timedelta) -> datetime:
    seconds = int(at.timestamp()) // int(period.total_seconds()) * int(period.total_seconds())
    return datetime.fromtimestamp(seconds, UTC)
