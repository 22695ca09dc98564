"""The list document in S3: written only over what was read, and foreign parts kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest

from crossfade.adapters.aws.s3 import Bucket
from crossfade.adapters.aws.s3_clock import S3Clock
from crossfade.adapters.cron.list_document import is_on, read_list, write_entry
from crossfade.errors import Conflict, Failed
from crossfade.local.strict.faults import Lost
from tests.story import STATE, Clockwork

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

KEY = "crons.json"
ENTRY = {"suspend": False, "by": "op"}


@pytest.fixture
def bucket(strict: Strict) -> Bucket:
    del strict
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Bucket(s3, STATE, S3Clock(Clockwork().monotonic, lambda: datetime.now(UTC)))


def put(bucket: Bucket, body: object) -> None:
    bucket.client.put_object(Bucket=STATE, Key=KEY, Body=json.dumps(body).encode())


def test_where_there_is_no_document_every_job_is_off(bucket: Bucket) -> None:
    found = read_list(bucket, KEY)
    assert (found.etag, found.entry("a")) == ("", None)


def test_an_entry_is_written_and_removed_and_all_else_stays(bucket: Bucket) -> None:
    before = {"x": 1, "crossfade": "crons", "jobs": {"b": {"suspend": False, "note": "ü"}}}
    put(bucket, before)
    write_entry(bucket, KEY, read_list(bucket, KEY), "a", ENTRY)
    assert read_list(bucket, KEY).body == {**before, "jobs": {**before["jobs"], "a": ENTRY}}  # type: ignore[dict-item]
    write_entry(bucket, KEY, read_list(bucket, KEY), "a", None)
    assert read_list(bucket, KEY).body == before


def test_an_entry_keeps_its_place(bucket: Bucket) -> None:
    put(bucket, {"crossfade": "crons", "jobs": {"a": {}, "b": {}}})
    write_entry(bucket, KEY, read_list(bucket, KEY), "a", ENTRY)
    assert list(read_list(bucket, KEY).body["jobs"]) == ["a", "b"]


def test_a_document_that_changed_meanwhile_is_not_overwritten(bucket: Bucket) -> None:
    for first in (None, {"crossfade": "crons", "jobs": {}}):
        if first is not None:
            put(bucket, first)
        seen = read_list(bucket, KEY)
        put(bucket, {"crossfade": "crons", "jobs": {"b": {}}})
        with pytest.raises(Conflict):
            write_entry(bucket, KEY, seen, "a", ENTRY)
        assert read_list(bucket, KEY).entry("a") is None
        bucket.delete([(KEY, "")])


def test_a_lost_answer_is_settled_by_reading_back(bucket: Bucket, strict: Strict) -> None:
    strict.faults.after("s3", "PutObject", times=10, effect=Lost())
    write_entry(bucket, KEY, read_list(bucket, KEY), "a", ENTRY)
    assert read_list(bucket, KEY).entry("a") == ENTRY


@pytest.mark.parametrize(
    "body", ["[]", "no json", '{"jobs": {}}', '{"crossfade": "crons", "jobs": {"a": 1}}', "1"]
)
def test_what_is_no_list_is_not_touched(bucket: Bucket, body: str) -> None:
    bucket.client.put_object(Bucket=STATE, Key=KEY, Body=body.encode())
    with pytest.raises(Failed, match="is no list of cron jobs"):
        read_list(bucket, KEY)


def test_only_an_entry_that_says_so_is_on() -> None:
    assert is_on({"suspend": False})
    assert not any(map(is_on, (None, {}, {"suspend": True}, {"suspend": 0})))
