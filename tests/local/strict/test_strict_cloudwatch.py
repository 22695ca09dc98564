from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.base_backend import BackendDict
from moto.server import ThreadedMotoServer

from crossfade.local.strict.strict_cloudwatch import Datum, statistic, strict_cloudwatch
from tests.adapters.aws.dns import session
from tests.plan.shop import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = timedelta(minutes=1)
BALANCER = {"Name": "LoadBalancer", "Value": "app/k8s/1"}
GROUP = {"Name": "TargetGroup", "Value": "targetgroup/web/1"}


@pytest.fixture(params=["in process", "server"])
def cloudwatch(request: pytest.FixtureRequest) -> Iterator[Any]:
    with strict_cloudwatch():
        if request.param == "in process":
            with mock_aws():
                yield session().client("cloudwatch")
            return
        BackendDict.reset()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        client = session().client("cloudwatch", endpoint_url=f"http://{host}:{port}")
        try:
            yield client
        finally:
            server.stop()


def put(cloudwatch: Any, *, at: datetime = NOON, **entry: object) -> None:
    known = {"MetricName": "RequestCount", "Timestamp": at, "Dimensions": [BALANCER], **entry}
    cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=[known])


def ask(
    cloudwatch: Any,
    stat: str = "Sum",
    *,
    period: int = 60,
    start: datetime = NOON,
    end: datetime = NOON + 10 * MINUTE,
    dimensions: tuple[dict[str, str], ...] = (BALANCER,),
    newest_first: bool = False,
) -> list[tuple[int, float]]:
    """The answer as pairs of a minute after noon and a value."""
    metric = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "RequestCount",
        "Dimensions": list(dimensions),
    }
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}
        ],
        StartTime=start,
        EndTime=end,
        ScanBy="TimestampDescending" if newest_first else "TimestampAscending",
    )
    (result,) = answer["MetricDataResults"]
    minutes = [round((at - NOON) / MINUTE) for at in result["Timestamps"]]
    return list(zip(minutes, result["Values"], strict=True))


def test_what_was_put_comes_back_by_minute(cloudwatch: Any) -> None:
    put(cloudwatch, Value=5.0)
    put(cloudwatch, Value=2.0, at=NOON + timedelta(seconds=59))
    put(cloudwatch, Value=9.0, at=NOON + 3 * MINUTE)
    assert ask(cloudwatch) == [(0, 7.0), (3, 9.0)]
    assert ask(cloudwatch, newest_first=True) == [(3, 9.0), (0, 7.0)]


def test_percentiles_of_values_with_counts(cloudwatch: Any) -> None:
    put(cloudwatch, Values=[0.1, 0.2, 9.0], Counts=[90.0, 9.0, 1.0])
    assert ask(cloudwatch, "p50") == [(0, 0.1)]
    assert ask(cloudwatch, "p99") == [(0, 0.2)]
    assert ask(cloudwatch, "p99.9") == [(0, 9.0)]
    assert ask(cloudwatch, "SampleCount") == [(0, 100.0)]


def test_a_percentile_rank_is_the_part_over_the_one_limit_and_not_over_the_other(
    cloudwatch: Any,
) -> None:
    put(cloudwatch, Values=[0.1, 0.2, 9.0], Counts=[90.0, 9.0, 1.0])
    assert ask(cloudwatch, "PR(0.1:)") == [(0, 10.0)]
    assert ask(cloudwatch, "PR(:0.2)") == [(0, 99.0)]
    assert ask(cloudwatch, "PR(0.1:0.2)") == [(0, 9.0)]


def test_a_statistic_set_has_no_percentile_rank(cloudwatch: Any) -> None:
    put(cloudwatch, StatisticValues={"SampleCount": 10, "Sum": 30, "Minimum": 1, "Maximum": 9})
    assert ask(cloudwatch, "PR(2:)") == []


def test_a_statistic_set_has_no_percentiles(cloudwatch: Any) -> None:
    spread = {"SampleCount": 10, "Sum": 30, "Minimum": 1, "Maximum": 9}
    put(cloudwatch, StatisticValues=spread)
    assert ask(cloudwatch, "p50") == []
    assert ask(cloudwatch, "Average") == [(0, 3.0)]
    assert ask(cloudwatch, "Minimum") == [(0, 1.0)]
    assert ask(cloudwatch, "Maximum") == [(0, 9.0)]


def test_a_statistic_set_of_equal_values_has_them(cloudwatch: Any) -> None:
    equal = {"SampleCount": 10, "Sum": 30, "Minimum": 3, "Maximum": 3}
    put(cloudwatch, StatisticValues=equal)
    assert ask(cloudwatch, "p50") == [(0, 3.0)]


def test_all_dimensions_must_match_in_any_order(cloudwatch: Any) -> None:
    put(cloudwatch, Value=1.0, Dimensions=[BALANCER, GROUP])
    assert ask(cloudwatch) == []
    assert ask(cloudwatch, dimensions=(GROUP, BALANCER)) == [(0, 1.0)]
    assert ask(cloudwatch, dimensions=()) == []


def test_periods_are_aligned_to_their_length(cloudwatch: Any) -> None:
    for minute in range(10):
        put(cloudwatch, Value=1.0, at=NOON + minute * MINUTE)
    assert ask(cloudwatch, period=300) == [(0, 5.0), (5, 5.0)]
    assert ask(cloudwatch, period=300, start=NOON + 2 * MINUTE) == [(0, 5.0), (5, 5.0)]
    assert ask(cloudwatch, start=NOON + timedelta(seconds=90), end=NOON + 3 * MINUTE) == [
        (1, 1.0),
        (2, 1.0),
    ]


def test_an_unknown_statistic_has_no_values(cloudwatch: Any) -> None:
    put(cloudwatch, Value=1.0)
    assert ask(cloudwatch, "tm99") == []


def test_what_moto_refuses_is_still_refused(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="EndTime"):
        ask(cloudwatch, start=NOON, end=NOON)
    with pytest.raises(ClientError, match="same size"):
        put(cloudwatch, Values=[1.0, 2.0], Counts=[1.0])


def test_metrics_are_forgotten_with_moto_and_kept_apart_by_region() -> None:
    with strict_cloudwatch():
        with mock_aws():
            here = session().client("cloudwatch")
            put(here, Value=1.0)
            assert ask(session().client("cloudwatch", region_name="eu-west-1")) == []
            assert ask(here) == [(0, 1.0)]
        with mock_aws():
            assert ask(session().client("cloudwatch")) == []


def test_what_strictness_replaced_is_put_back() -> None:
    before = dict(vars(CloudWatchBackend))
    with strict_cloudwatch():
        assert vars(CloudWatchBackend)["get_metric_data"] is not before["get_metric_data"]
    assert dict(vars(CloudWatchBackend)) == before


values = st.lists(st.integers(min_value=0, max_value=50), min_size=1, max_size=30)


@settings(deadline=None)
@given(values, st.floats(min_value=0.1, max_value=100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(
    known: list[int], percent: float
) -> None:
    data = [Datum(((float(value), 1.0),), 1.0, value, value, value) for value in known]
    found = statistic(data, f"p{percent:.2f}")
    assert found in known
    reached = sum(value <= found for value in known)
    assert reached / len(known) >= round(percent, 2) / 100 - 1e-9


def test_no_data_has_no_statistics() -> None:
    assert statistic([], "Sum") is None
    assert statistic([], "p90") is None
