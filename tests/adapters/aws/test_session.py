from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from crossfade.adapters.aws.session import new_client, session, timestamp, translated
from crossfade.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from crossfade.local.strict.strict import Strict


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["auto", "seconds"]))
def test_timestamps_mean_what_they_mean_to_botocore(at: datetime, precision: str) -> None:
    text = at.isoformat(timespec=precision).replace("+00:00", "Z")

    assert timestamp(text) == parse_timestamp(text)
    assert timestamp(text).tzinfo is not None


@pytest.mark.parametrize(
    "value",
    [
        1_790_000_000,
        1_790_000_000.25,
        "1790000000",
        "Sun, 22 Nov 2026 20:20:20 GMT",
        "2026-11-22T20:20:20+01:00",
        "2026-11-22T20:20:20 Z",
        "20261122T202020Z",
    ],
)
def test_other_forms_of_timestamps_are_left_to_botocore(value: Any) -> None:
    assert timestamp(value) == parse_timestamp(value)


def test_answers_of_a_session_carry_times_with_their_zone(strict: Strict) -> None:
    del strict
    s3 = new_client(session(), "s3", connections=1)
    s3.create_bucket(Bucket="acme", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="acme", Key="a", Body=b"")

    (row,) = s3.list_objects_v2(Bucket="acme")["Contents"]

    assert type(row["LastModified"]) is datetime
    assert row["LastModified"].tzinfo is UTC


def test_requests_name_crossfade_as_their_sender(strict: Strict) -> None:
    del strict
    sent: list[Any] = []

    def note(request: AWSPreparedRequest, **_: object) -> None:
        sent.append(request.headers["User-Agent"])

    s3 = new_client(boto3.Session(), "s3", connections=1)
    s3.meta.events.register("before-send", note)
    s3.list_buckets()

    assert sent[0].startswith(b"crossfade ")
    assert f"boto3/{boto3.__version__}".encode() in sent[0]


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(BadInput, match=r"nobody.*set AWS_PROFILE"):
        session()


@pytest.mark.parametrize("endpoint", ["user:s3cret@s3.example", "http://:s3cret@"])
def test_an_endpoint_that_is_no_address_is_not_quoted(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(BadInput, match="check AWS_ENDPOINT_URL") as wrong:
        new_client(session(), "s3", connections=1)
    assert "s3cret" not in str(wrong.value)


def test_an_endpoint_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:s3cret@127.0.0.1:1/")
    keyed = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b")
    client = new_client(keyed, "s3", connections=1)
    with pytest.raises(Unavailable) as away, translated("list the buckets"):
        client.list_buckets()
    assert "http://…@127.0.0.1:1/" in str(away.value)
    assert "s3cret" not in repr(away.value)
