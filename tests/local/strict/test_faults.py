from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from crossfade.local.strict.faults import (
    CONCURRENT_WRITE,
    EXPIRED_TOKEN,
    INTERNAL_ERROR,
    LOST,
    SLOW_DOWN,
    THROTTLING,
    TOO_MANY_REQUESTS,
    Answer,
    Faults,
)
from crossfade.local.strict.strict import make_strict

if TYPE_CHECKING:
    from crossfade.local.strict.faults import Call
    from tests.local.conftest import Aws


class Crash(BaseException):
    """Ends an operation as a crash would: nothing catches it."""


def test_every_request_is_recorded_by_service_operation_and_path(aws: Aws) -> None:
    aws.put("a b/ü.js")
    aws.s3.copy_object(Bucket=aws.bucket, Key="c", CopySource=f"{aws.bucket}/a b/ü.js")
    aws.s3.head_object(Bucket=aws.bucket, Key="c")
    aws.s3.get_object_tagging(Bucket=aws.bucket, Key="c")
    aws.keys()
    aws.s3.list_object_versions(Bucket=aws.bucket)
    aws.s3.get_bucket_versioning(Bucket=aws.bucket)
    aws.s3.delete_objects(Bucket=aws.bucket, Delete={"Objects": [{"Key": "c"}]})
    aws.cloudfront.list_distributions()
    calls = aws.strict.faults.calls
    assert [(call.service, call.operation, call.path) for call in calls] == [
        ("s3", "PutObject", "/acme-front/a b/ü.js"),
        ("s3", "CopyObject", "/acme-front/c"),
        ("s3", "HeadObject", "/acme-front/c"),
        ("s3", "GetObjectTagging", "/acme-front/c"),
        ("s3", "ListObjectsV2", "/acme-front"),
        ("s3", "ListObjectVersions", "/acme-front"),
        ("s3", "GetBucketVersioning", "/acme-front"),
        ("s3", "DeleteObjects", "/acme-front"),
        ("cloudfront", "ListDistributions", "/2020-05-31/distribution"),
    ]
    assert [call.number for call in calls] == list(range(1, 10))


@pytest.mark.parametrize(
    "answer",
    [SLOW_DOWN, THROTTLING, TOO_MANY_REQUESTS, INTERNAL_ERROR, EXPIRED_TOKEN, CONCURRENT_WRITE],
    ids=lambda answer: answer.code,
)
def test_an_error_before_the_call_leaves_the_world_as_it_was(aws: Aws, answer: Answer) -> None:
    fault = aws.strict.faults.before("s3", "PutObject", effect=answer)
    with pytest.raises(ClientError) as caught:
        aws.put("k")
    assert caught.value.response["Error"]["Code"] == answer.code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == answer.status
    assert fault.fired == 1
    assert aws.keys() == []
    aws.put("k")
    assert aws.keys() == ["k"]
    assert fault.fired == 1


def test_an_error_after_the_call_hides_that_it_acted(aws: Aws) -> None:
    aws.strict.faults.after("s3", "PutObject", effect=INTERNAL_ERROR)
    with pytest.raises(ClientError, match="InternalError"):
        aws.put("k")
    assert aws.keys() == ["k"]


def test_a_lost_answer_is_a_broken_connection_after_the_call_acted(aws: Aws) -> None:
    aws.strict.faults.lost_answer("s3", "PutObject")
    with pytest.raises(ConnectionClosedError):
        aws.put("k")
    assert aws.keys() == ["k"]


def test_a_lost_request_is_a_broken_connection_before_the_call_acted(aws: Aws) -> None:
    aws.strict.faults.before("s3", "PutObject", effect=LOST)
    with pytest.raises(ConnectionClosedError):
        aws.put("k")
    assert aws.keys() == []


def test_other_services_than_s3_break_in_the_same_way(aws: Aws) -> None:
    aws.strict.faults.before("cloudfront", effect=THROTTLING)
    aws.strict.faults.lost_answer("cloudfront", "ListDistributions", nth=2)
    with pytest.raises(ClientError, match="Throttling") as caught:
        aws.cloudfront.list_distributions()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ConnectionClosedError):
        aws.cloudfront.list_distributions()
    aws.cloudfront.list_distributions()


def test_a_head_request_is_refused_without_a_body_as_http_demands(aws: Aws) -> None:
    aws.strict.faults.before("s3", "HeadObject", effect=SLOW_DOWN)
    with pytest.raises(ClientError, match="503"):
        aws.s3.head_object(Bucket=aws.bucket, Key="k")


def test_a_fault_strikes_the_nth_matching_call_as_often_as_told(aws: Aws) -> None:
    faults = aws.strict.faults
    fault = faults.before("s3", "PutObject", path="/deep/", nth=2, times=2, effect=SLOW_DOWN)
    outcomes = []
    for key in ("deep/1", "flat", "deep/2", "deep/3", "deep/4"):
        try:
            aws.put(key)
            outcomes.append("ok")
        except ClientError:
            outcomes.append("refused")
    assert outcomes == ["ok", "ok", "refused", "refused", "ok"]
    assert fault.fired == 2


def test_cleared_faults_strike_no_more(aws: Aws) -> None:
    fault = aws.strict.faults.before(times=100, effect=SLOW_DOWN)
    aws.strict.faults.clear()
    aws.put("k")
    assert fault.fired == 0
    assert len(aws.strict.faults.calls) == 1


@pytest.mark.parametrize("aws", ["in process"], indirect=True)
@pytest.mark.parametrize(("moment", "left"), [("before", []), ("after", ["k"])])
def test_a_crash_in_process_passes_every_handler(aws: Aws, moment: str, left: list[str]) -> None:
    crash = Crash()
    if moment == "before":
        aws.strict.faults.before(nth=1, effect=crash)
    else:
        aws.strict.faults.after(nth=1, effect=crash)
    with pytest.raises(Crash):
        aws.put("k")
    assert aws.keys() == left


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_a_crash_on_the_server_drops_the_connection(aws: Aws) -> None:
    aws.strict.faults.before("s3", "PutObject", effect=Crash())
    with pytest.raises(ConnectionClosedError):
        aws.put("k")
    assert aws.keys() == []


def test_a_function_can_hold_a_call_while_others_pass(aws: Aws) -> None:
    arrived, proceed = threading.Event(), threading.Event()
    seen: list[Call] = []

    def wait(call: Call) -> None:
        seen.append(call)
        arrived.set()
        assert proceed.wait(10)

    aws.strict.faults.before("s3", "PutObject", path="slow", effect=wait)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(aws.put, "slow")
        assert arrived.wait(10)
        aws.put("quick")
        assert aws.keys() == ["quick"]
        proceed.set()
        slow.result(10)
    assert aws.keys() == ["quick", "slow"]
    assert [call.path for call in seen] == ["/acme-front/slow"]


def test_many_callers_at_once_are_all_counted(aws: Aws) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(aws.put, (str(number) for number in range(64))))
    assert sorted(call.number for call in aws.strict.faults.calls) == list(range(1, 65))


def test_nested_blocks_each_undo_themselves(aws: Aws) -> None:
    with make_strict() as inner:
        aws.put("k")
        assert len(inner.faults.calls) == 1
    aws.put("k")
    assert len(inner.faults.calls) == 1
    assert len(aws.strict.faults.calls) == 2


def test_the_first_armed_of_two_faults_on_one_call_counts() -> None:
    faults = Faults()
    first = faults.before(effect=SLOW_DOWN)
    faults.before(effect=THROTTLING)
    _, effects = faults.struck("s3", "PutObject", "/b/k")
    assert effects == {"before": SLOW_DOWN}
    assert first.fired == 1
