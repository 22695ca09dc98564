"""What `crossfade cron doctor` reads from memcached.

`crossfade.plan.cron.ticks.lock_grade` says what it means.

A side's clock offset is read from its newest mark, so that one host sees both.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar, cast

from crossfade.errors import Unavailable
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import (
    IDENTITY_KEY,
    Identity,
    Preference,
    RunningLease,
    SideMark,
    decode,
    lease_key,
    mark_key,
    preference_key,
)
from crossfade.plan.cron.claim.requests import Item, NoAnswer, Read, Stats
from crossfade.plan.cron.claim.restart_proof import sample_of
from crossfade.plan.cron.ticks.lock_grade import JobReading, ServerReading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.cronrun.lock.connection import Connection

Document = TypeVar("Document", Identity, RunningLease, SideMark, Preference)


def read_server(connection: Connection, address: str) -> ServerReading:
    """Read how a memcached is set up and how it is.

    Raises:
        Unavailable: It gave no answer.
    """
    settings = connection.settings()
    stats = connection.ask(Stats())
    if isinstance(stats, NoAnswer):
        raise Unavailable(f"{address} does not answer: {stats.reason}; check that it runs")
    counts = cast("Mapping[str, int]", stats)
    return ServerReading(
        address=address,
        sample=sample_of(counts, time.time()),
        evicts=settings.get("evictions") != "off",
        flushable=settings.get("flush_enabled") != "no",
        swaps=settings.get("cas_enabled") != "no",
        used=counts.get("bytes", 0),
        limit=counts.get("limit_maxbytes", 0),
        identity=_document(Identity, _read(connection, address, (IDENTITY_KEY,)), IDENTITY_KEY),
    )


def read_job(connection: Connection, address: str, job: str) -> JobReading:
    """Read what a memcached knows about a job.

    Raises:
        Unavailable: It gave no answer.
    """
    marks = {platform: mark_key(job, platform) for platform in Platform}
    keys = (preference_key(job), lease_key(job), *marks.values())
    items = _read(connection, address, keys)
    return JobReading(
        job=job,
        preference=_document(Preference, items, preference_key(job)),
        lease=_document(RunningLease, items, lease_key(job)),
        marks={platform: _document(SideMark, items, key) for platform, key in marks.items()},
    )


def _read(connection: Connection, address: str, keys: tuple[str, ...]) -> Mapping[str, Item]:
    items = connection.ask(Read(keys))
    if isinstance(items, NoAnswer):
        raise Unavailable(f"{address} does not answer: {items.reason}; check that it runs")
    return cast("Mapping[str, Item]", items)


def _document(kind: type[Document], items: Mapping[str, Item], key: str) -> Document | None:
    item = items.get(key)
    return decode(kind, item.value) if item else None
