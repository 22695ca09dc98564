from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from crossfade.adapters.aws.cloudwatch import (
    NAMESPACE,
    TrafficSamples,
    read_alarms,
    read_requests,
    read_slow,
    read_traffic,
)
from crossfade.errors import BadInput, Failed, Unavailable
from crossfade.local.strict.strict_cloudwatch import strict_cloudwatch
from crossfade.plan.gates.samples import MINUTE, AlarmState, PlatformSamples, Point, is_count
from tests.adapters.aws.dns import session
from tests.plan.shop import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

LEGACY, NEW = "app/legacy/1", "app/k8s/1"


@pytest.fixture
def cloudwatch() -> Iterator[Any]:
    with mock_aws(), strict_cloudwatch():
        yield session().client("cloudwatch")


def put(
    cloudwatch: Any,
    metric: str,
    value: float,
    *,
    at: datetime = NOON,
    balancer: str = NEW,
    namespace: str = NAMESPACE,
) -> None:
    dimensions = [{"Name": "LoadBalancer", "Value": balancer}]
    entry = {"MetricName": metric, "Value": value, "Timestamp": at, "Dimensions": dimensions}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[entry])


def read(cloudwatch: Any, minutes: int = 5, latency: str = "p90") -> TrafficSamples:
    end = NOON + minutes * MINUTE
    return read_traffic(cloudwatch, legacy=LEGACY, new=NEW, start=NOON, end=end, latency=latency)


def test_both_platforms_are_read_in_one_request(cloudwatch: Any) -> None:
    calls: list[str] = []
    cloudwatch.meta.events.register(
        "before-call.cloudwatch", lambda model, **_: calls.append(model.name)
    )
    put(cloudwatch, "RequestCount", 1000, balancer=LEGACY)
    put(cloudwatch, "RequestCount", 100, at=NOON + MINUTE)
    calls.clear()
    found = read(cloudwatch)
    assert calls == ["GetMetricData"]
    assert found.legacy.requests == (Point(NOON, 1000.0),)
    assert found.new.requests == (Point(NOON + MINUTE, 100.0),)


def test_errors_of_targets_and_of_the_load_balancer_are_added_by_minute(cloudwatch: Any) -> None:
    put(cloudwatch, "HTTPCode_Target_5XX_Count", 3)
    put(cloudwatch, "HTTPCode_ELB_5XX_Count", 4)
    put(cloudwatch, "HTTPCode_ELB_5XX_Count", 5, at=NOON + 2 * MINUTE)
    assert read(cloudwatch).new.errors == (Point(NOON, 7.0), Point(NOON + 2 * MINUTE, 5.0))


def test_what_was_not_published_has_no_points(cloudwatch: Any) -> None:
    assert read(cloudwatch) == TrafficSamples(PlatformSamples(), PlatformSamples())


def test_the_period_ends_before_its_end(cloudwatch: Any) -> None:
    put(cloudwatch, "RequestCount", 1, at=NOON - MINUTE)
    put(cloudwatch, "RequestCount", 2)
    put(cloudwatch, "RequestCount", 3, at=NOON + MINUTE)
    assert read(cloudwatch, minutes=1).new.requests == (Point(NOON, 2.0),)


def test_latency_is_read_in_the_statistic_that_is_asked(cloudwatch: Any) -> None:
    for value in range(1, 101):
        put(cloudwatch, "TargetResponseTime", value / 1000)
    assert read(cloudwatch, latency="p90").new.latency == (Point(NOON, 0.09),)
    assert read(cloudwatch, latency="Average").new.latency[0].value == pytest.approx(0.0505)


def test_the_part_of_slow_requests_is_read_for_each_limit_of_both_platforms(
    cloudwatch: Any,
) -> None:
    for percent in range(1, 101):
        put(cloudwatch, "TargetResponseTime", percent / 1000)
    put(cloudwatch, "TargetResponseTime", 2.0, balancer=LEGACY)
    found = read_slow(
        cloudwatch, legacy=LEGACY, new=NEW, start=NOON, end=NOON + MINUTE, limits=[0.09, 1.5]
    )
    assert found.new.slow == {0.09: (Point(NOON, 10.0),), 1.5: (Point(NOON, 0.0),)}
    assert found.legacy.slow == {0.09: (Point(NOON, 100.0),), 1.5: (Point(NOON, 100.0),)}


def test_without_limits_no_part_of_slow_requests_is_asked_for() -> None:
    nobody: Any = None
    found = read_slow(nobody, legacy=LEGACY, new=NEW, start=NOON, end=NOON + MINUTE, limits=[])
    assert found == TrafficSamples(PlatformSamples(), PlatformSamples())


def test_the_part_of_slow_requests_in_no_time_is_refused() -> None:
    nobody: Any = None
    with pytest.raises(BadInput, match="must not be empty"):
        read_slow(nobody, legacy=LEGACY, new=NEW, start=NOON, end=NOON, limits=[1])


def test_other_load_balancers_and_namespaces_are_not_counted(cloudwatch: Any) -> None:
    put(cloudwatch, "RequestCount", 5, balancer="app/other/1")
    put(cloudwatch, "RequestCount", 5, namespace="AWS/NetworkELB")
    assert read(cloudwatch).new.requests == ()


def test_an_empty_period_is_refused(cloudwatch: Any) -> None:
    with pytest.raises(BadInput, match="must not be empty"):
        read(cloudwatch, minutes=0)


class Pages:
    """A CloudWatch that answers with pages, or as it is told."""

    def __init__(self, *pages: dict[str, Any] | Exception) -> None:
        self.pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page

    describe_alarms = get_metric_data


def page(at: timedelta, value: float, **more: object) -> dict[str, Any]:
    result = {
        "Id": "new_requests",
        "Timestamps": [NOON + at],
        "Values": [value],
        "StatusCode": "Complete",
        **more,
    }
    return {"MetricDataResults": [result]}


def test_pages_are_joined_in_order_of_time() -> None:
    first = page(MINUTE, 2.0, StatusCode="PartialData") | {"NextToken": "more"}
    client = Pages(first, page(timedelta(), 1.0))
    assert read(client).new.requests == (Point(NOON, 1.0), Point(NOON + MINUTE, 2.0))
    assert client.asked[1]["NextToken"] == "more"


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_an_answer_that_says_it_is_broken_is_not_taken_for_no_data(status: str) -> None:
    told = page(timedelta(), 1.0, StatusCode=status, Messages=[{"Value": "try later"}])
    with pytest.raises(Unavailable, match=f"{status} try later"):
        read(Pages(told))


def test_values_without_their_minutes_are_no_answer() -> None:
    told = page(timedelta(), 1.0, Values=[1.0, 2.0])
    with pytest.raises(Unavailable, match="2 values for 1 minutes of new_requests"):
        read(Pages(told))


@pytest.mark.parametrize("targets", [(-5.0, 5.0), (5.0, -5.0), (0.5, 0.5), (inf, 1.0)])
def test_what_is_no_count_is_not_hidden_by_a_sum(targets: tuple[float, float]) -> None:
    both = [
        page(timedelta(), value, Id=f"new_{name}_errors")["MetricDataResults"][0]
        for name, value in zip(("target", "own"), targets, strict=True)
    ]
    (point,) = read(Pages({"MetricDataResults": both})).new.errors
    assert not is_count(point.value)


def test_errors_are_translated() -> None:
    throttled = ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "GetMetricData")
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")
    with pytest.raises(Unavailable, match="Throttling"):
        read(Pages(throttled))
    with pytest.raises(Unavailable, match="no answer"):
        read(Pages(ReadTimeoutError(endpoint_url="x")))
    with pytest.raises(Failed, match="access denied"):
        read_alarms(Pages(denied), ["cpu"])


def alarm(cloudwatch: Any, name: str, state: str) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="x",
        MetricName="m",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=f"{name} is {state}")


def test_alarms_are_read_with_state_and_reason_and_missing_ones_have_none(cloudwatch: Any) -> None:
    alarm(cloudwatch, "cpu", "ALARM")
    alarm(cloudwatch, "queue", "INSUFFICIENT_DATA")
    assert read_alarms(cloudwatch, ["queue", "gone", "cpu"]) == (
        AlarmState("queue", "INSUFFICIENT_DATA", "queue is INSUFFICIENT_DATA"),
        AlarmState("gone", ""),
        AlarmState("cpu", "ALARM", "cpu is ALARM"),
    )


def test_composite_alarms_are_asked_for_too() -> None:
    answer = {"CompositeAlarms": [{"AlarmName": "all", "StateValue": "OK", "StateReason": "fine"}]}
    client = Pages(answer)
    assert read_alarms(client, ["all"]) == (AlarmState("all", "OK", "fine"),)
    assert set(client.asked[0]["AlarmTypes"]) == {"MetricAlarm", "CompositeAlarm"}


def test_an_alarm_that_tells_no_state_is_not_taken_for_a_missing_one() -> None:
    client = Pages({"MetricAlarms": [{"AlarmName": "cpu"}]})
    assert read_alarms(client, ["cpu"]) == (AlarmState("cpu", "not told"),)


def test_many_alarms_are_read_a_hundred_at_a_time() -> None:
    client = Pages({}, {})
    assert len(read_alarms(client, [f"a{n}" for n in range(150)])) == 150
    assert [len(request["AlarmNames"]) for request in client.asked] == [100, 50]


def test_requests_alone_are_read_in_periods_of_any_length(cloudwatch: Any) -> None:
    for minute in range(7):
        put(cloudwatch, "RequestCount", 10, at=NOON + minute * MINUTE)
    put(cloudwatch, "RequestCount", 3, at=NOON + MINUTE, balancer=LEGACY)
    found = read_requests(
        cloudwatch,
        legacy=LEGACY,
        new=NEW,
        start=NOON,
        end=NOON + 10 * MINUTE,
        resolution=5 * MINUTE,
    )
    assert found.new.requests == (Point(NOON, 50.0), Point(NOON + 5 * MINUTE, 20.0))
    assert found.legacy.requests == (Point(NOON, 3.0),)


def test_requests_of_no_time_are_refused(cloudwatch: Any) -> None:
    with pytest.raises(BadInput, match="must not be empty"):
        read_requests(cloudwatch, legacy=LEGACY, new=NEW, start=NOON, end=NOON, resolution=MINUTE)
