"""CloudWatch: what the load balancers published, and the state of alarms.

One GetMetricData request reads everything that the gates of a stage ask about both platforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crossfade.adapters.aws.session import translated
from crossfade.errors import BadInput, Unavailable
from crossfade.plan.gates.samples import AlarmState, PlatformSamples, Point, Series, is_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import (
        GetMetricDataInputTypeDef,
        MetricDataQueryTypeDef,
        MetricDataResultTypeDef,
    )

NAMESPACE = "AWS/ApplicationELB"
PERIOD_SECONDS = 60
"""Load balancers publish once a minute."""

ALARMS_AT_ONCE = 100
MOST_POINTS = 100_800
"""Data points that one answer of GetMetricData may hold; more come in pages."""


@dataclass(frozen=True, slots=True)
class TrafficSamples:
    """What both load balancers published in one period."""

    legacy: PlatformSamples
    new: PlatformSamples


@dataclass(frozen=True, slots=True)
class _Query:
    """One series: its id in the request, the metric, and the statistic of each minute."""

    id: str
    metric: str
    statistic: str


def _queries(prefix: str, latency: str) -> tuple[_Query, ...]:
    return (
        _Query(f"{prefix}_requests", "RequestCount", "Sum"),
        _Query(f"{prefix}_target_errors", "HTTPCode_Target_5XX_Count", "Sum"),
        _Query(f"{prefix}_own_errors", "HTTPCode_ELB_5XX_Count", "Sum"),
        _Query(f"{prefix}_latency", "TargetResponseTime", latency),
    )


def read_traffic(
    client: CloudWatchClient,
    *,
    legacy: str,
    new: str,
    start: datetime,
    end: datetime,
    latency: str = "p90",
) -> TrafficSamples:
    """Read requests, 5xx answers and latency of both load balancers, minute by minute.

    A minute that the load balancer did not publish has no point: what that means is for the gates
    to say. Errors are those of the targets and of the load balancer itself, together.

    Args:
        client: boto3's `cloudwatch` client, in the load balancers' region.
        legacy: Legacy's load balancer as CloudWatch knows it, `app/name/id`.
        new: The new platform's.
        start: Beginning of the period; a whole minute, of the last 15 days: so long does CloudWatch
            keep minutes.
        end: Its end, not included.
        latency: The statistic of the response time, such as `p90` or `Average`.

    Raises:
        BadInput: The period is empty.
        Unavailable: CloudWatch did not answer, throttled, or answered in part.
    """
    if not start < end:
        raise BadInput(f"no metrics between {start} and {end}: the period must not be empty")
    sides = {"legacy": legacy, "new": new}
    request = [_as_query(query, sides[side]) for side in sides for query in _queries(side, latency)]
    series = _read(client, request, start, end)
    read = {
        side: PlatformSamples(
            requests=series.get(f"{side}_requests", ()),
            errors=_sum_of(
                series.get(f"{side}_target_errors", ()), series.get(f"{side}_own_errors", ())
            ),
            latency=series.get(f"{side}_latency", ()),
        )
        for side in sides
    }
    return TrafficSamples(legacy=read["legacy"], new=read["new"])


def read_slow(
    client: CloudWatchClient,
    *,
    legacy: str,
    new: str,
    start: datetime,
    end: datetime,
    limits: Sequence[float],
) -> TrafficSamples:
    """Read which part of both load balancers' requests was slow in each minute; nothing else.

    It is CloudWatch's percentile rank of the response time: percent of the values in a range.

    Args:
        client: boto3's `cloudwatch` client, in the load balancers' region.
        legacy: Legacy's load balancer as CloudWatch knows it, `app/name/id`.
        new: The new platform's.
        start: Beginning of the period; a whole minute, of the last 15 days.
        end: Its end, not included.
        limits: Seconds from which on a request is slow; none reads nothing.

    Raises:
        BadInput: The period is empty.
        Unavailable: CloudWatch did not answer, throttled, or answered in part.
    """
    if not start < end:
        raise BadInput(f"no metrics between {start} and {end}: the period must not be empty")
    if not limits:
        return TrafficSamples(legacy=PlatformSamples(), new=PlatformSamples())
    request = [
        _as_query(_Query(f"{side}_{at}", "TargetResponseTime", f"PR({seconds:g}:)"), balancer)
        for side, balancer in (("legacy", legacy), ("new", new))
        for at, seconds in enumerate(limits)
    ]
    series = _read(client, request, start, end)
    read = {
        side: PlatformSamples(
            slow={seconds: series[f"{side}_{at}"] for at, seconds in enumerate(limits)}
        )
        for side in ("legacy", "new")
    }
    return TrafficSamples(legacy=read["legacy"], new=read["new"])


def read_requests(
    client: CloudWatchClient,
    *,
    legacy: str,
    new: str,
    start: datetime,
    end: datetime,
    resolution: timedelta,
) -> TrafficSamples:
    """Read how many requests both load balancers had in each period; nothing else.

    Args:
        client: boto3's `cloudwatch` client, in the load balancers' region.
        legacy: Legacy's load balancer as CloudWatch knows it, `app/name/id`.
        new: The new platform's.
        start: Beginning of a period. CloudWatch keeps single minutes for 15 days, periods of five
            minutes for 63 days, and of an hour for 455 days.
        end: The end, not included.
        resolution: Length of the periods, whole minutes.

    Raises:
        BadInput: The time is empty.
        Unavailable: CloudWatch did not answer, throttled, or answered in part.
    """
    if not start < end:
        raise BadInput(f"no metrics between {start} and {end}: the period must not be empty")
    seconds = int(resolution.total_seconds())
    request = [
        _as_query(_Query(side, "RequestCount", "Sum"), balancer, seconds)
        for side, balancer in (("legacy", legacy), ("new", new))
    ]
    series = _read(client, request, start, end)
    return TrafficSamples(
        legacy=PlatformSamples(series["legacy"]), new=PlatformSamples(series["new"])
    )


def read_alarms(client: CloudWatchClient, names: Sequence[str]) -> tuple[AlarmState, ...]:
    """Read the state of alarms, metric alarms and composite ones; one that is missing has none.

    Raises:
        Unavailable: CloudWatch did not answer, or throttled.
    """
    known: dict[str, AlarmState] = {}
    for first in range(0, len(names), ALARMS_AT_ONCE):
        some = list(names[first : first + ALARMS_AT_ONCE])
        with translated(f"read the alarms {', '.join(some)}"):
            answer = client.describe_alarms(
                AlarmNames=some,
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                MaxRecords=ALARMS_AT_ONCE,
            )
        for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
            name = str(alarm["AlarmName"])
            state = alarm.get("StateValue") or "not told"
            known[name] = AlarmState(name, state, alarm.get("StateReason") or "")
    return tuple(known.get(name, AlarmState(name, "")) for name in names)


def _as_query(
    query: _Query, load_balancer: str, seconds: int = PERIOD_SECONDS
) -> MetricDataQueryTypeDef:
    return {
        "Id": query.id,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": query.metric,
                "Dimensions": [{"Name": "LoadBalancer", "Value": load_balancer}],
            },
            "Period": seconds,
            "Stat": query.statistic,
        },
        "ReturnData": True,
    }


def _read(
    client: CloudWatchClient,
    queries: Sequence[MetricDataQueryTypeDef],
    start: datetime,
    end: datetime,
) -> dict[str, Series]:
    points: dict[str, list[Point]] = {query["Id"]: [] for query in queries}
    asked: GetMetricDataInputTypeDef = {
        "MetricDataQueries": queries,
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": MOST_POINTS,
    }
    while True:
        with translated("read the load balancers' metrics"):
            answer = client.get_metric_data(**asked)
        for result in answer["MetricDataResults"]:
            _must_be_whole(result)
            points[result["Id"]].extend(_points(result))
        if not answer.get("NextToken"):
            return {name: tuple(sorted(found)) for name, found in points.items()}
        asked["NextToken"] = answer["NextToken"]


def _points(result: MetricDataResultTypeDef) -> Iterable[Point]:
    """Whether a value can be judged is for the gates to say; one without its minute cannot."""
    instants, values = result.get("Timestamps") or (), result.get("Values") or ()
    if len(instants) != len(values):
        raise Unavailable(
            f"CloudWatch answered {len(values)} values for {len(instants)} minutes of "
            f"{result['Id']}: ask again"
        )
    for at, value in zip(instants, values, strict=True):
        yield Point(at.astimezone(UTC), float(value))


def _must_be_whole(result: MetricDataResultTypeDef) -> None:
    """`PartialData` in a page that is not the last one is completed by the next; errors are not."""
    if result.get("StatusCode") in ("InternalError", "Forbidden"):
        told = "; ".join(str(one.get("Value")) for one in result.get("Messages") or ())
        raise Unavailable(
            f"CloudWatch could not read {result['Id']}: {result['StatusCode']} {told}".rstrip()
        )


def _sum_of(*series: Series) -> Series:
    """Add counts minute by minute; what is no count stays as it is, so that no sum hides it."""
    total: dict[datetime, float] = {}
    for point in (point for one in series for point in one):
        parts = (total.get(point.at, 0.0), point.value)
        total[point.at] = next((part for part in parts if not is_count(part)), sum(parts))
    return tuple(Point(at, value) for at, value in sorted(total.items()))
