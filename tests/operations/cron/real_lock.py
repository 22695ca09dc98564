"""A real memcached in which both platforms' wrappers have left what they leave."""

from __future__ import annotations

import json
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import boto3

from crossfade.adapters.cron.memcached import connect
from crossfade.local.stack.memcached import memcached
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import (
    LONGEST_LIFE,
    SideMark,
    State,
    TickRecord,
    encode,
    mark_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Add
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

JOB = "reports.daily"
PAST = 4


@contextmanager
def wrapped_job(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a memcached with a job whose last ticks new ran and legacy came to; configure both.

    The new platform's list is a document in the state bucket, which is made.
    """
    boto3.client("s3").create_bucket(
        Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    cron = {"schedule": "* * * * *", "on": "document", "document": f"s3://{STATE}/crons.json"}
    with memcached() as server, closing(connect(server.address)) as line:
        monkeypatch.setenv("CROSSFADE__STATE__BUCKET", STATE)
        monkeypatch.setenv("CROSSFADE__RELEASES__BUCKET", STATE)
        monkeypatch.setenv("CROSSFADE__LOCK__SERVERS", json.dumps([server.address]))
        monkeypatch.setenv("CROSSFADE__CRONS", json.dumps({JOB: cron}))
        last = int(time.time() // 60) - 1
        for minute in range(last - PAST + 1, last + 1):
            start = minute * 60.0
            ran = TickRecord(
                State.DONE, f"t{minute}", "new", "pod-1", at=start, start=start, end=start + 2,
                exit_code=0,
            )  # fmt: skip
            line.ask(Add(tick_key(JOB, minute), encode(ran), LONGEST_LIFE))
        for platform in Platform:
            mark = SideMark(last, last * 60.0, f"{platform}-1", "won", 0, 0.0)
            line.ask(Add(mark_key(JOB, platform), encode(mark), LONGEST_LIFE))
        yield
