"""What memcached knows about a job's ticks, read without changing anything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from crossfade.cronrun.lock.doctor import read_job
from crossfade.errors import Unavailable
from crossfade.plan.cron.claim.records import decode_tick, tick_key
from crossfade.plan.cron.claim.requests import Item, NoAnswer, Read, Stats
from crossfade.plan.cron.claim.restart_proof import sample_of
from crossfade.plan.cron.claim.terms import RETENTION
from crossfade.plan.cron.ticks.attempt import attempt_of_record
from crossfade.plan.cron.ticks.history import Memory, TickEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crossfade.cronrun.lock.connection import Connection
    from crossfade.plan.cron.ticks.attempt import Attempt

BATCH = 200
"""Keys of one request: with the longest names 25 kB, and ten times that to be answered."""


def read_evidence(
    connection: Connection,
    address: str,
    job: str,
    ticks: Iterable[int],
    *,
    retention: float = RETENTION,
) -> TickEvidence:
    """Read what memcached knows about some ticks of a job.

    Args:
        connection: A connection to it.
        address: Its address, for messages.
        job: The job's name.
        ticks: The ticks, in minutes since 1970.
        retention: Seconds for which its records are kept, as the wrapper's `--retention` says.

    Raises:
        Unavailable: It gave no answer.
    """
    wanted = tuple(ticks)
    found: dict[int, tuple[Attempt, ...]] = {}
    claimed: set[int] = set()
    for first in range(0, len(wanted), BATCH):
        part = {tick_key(job, tick): tick for tick in wanted[first : first + BATCH]}
        for key, item in _read(connection, address, tuple(part)).items():
            attempt = attempt_of_record(decode_tick(item.value))
            if attempt is None:
                claimed.add(part[key])
            else:
                found[part[key]] = (attempt,)
    reading = read_job(connection, address, job)
    stats = connection.ask(Stats())  # last: a restart on the way must show
    if isinstance(stats, NoAnswer):
        raise _away(address, stats)
    seen = [mark.tick for mark in reading.marks.values() if mark is not None]
    memory = Memory(
        sample=sample_of(cast("Mapping[str, int]", stats), time.time()),
        retention=retention,
        lease=reading.lease.token if reading.lease else "",
        since=min((*found, *seen), default=None),
    )
    return TickEvidence(found, claimed=frozenset(claimed), memory=memory)


def _read(connection: Connection, address: str, keys: tuple[str, ...]) -> Mapping[str, Item]:
    items = connection.ask(Read(keys))
    if isinstance(items, NoAnswer):
        raise _away(address, items)
    return cast("Mapping[str, Item]", items)


def _away(address: str, answer: NoAnswer) -> Unavailable:
    return Unavailable(f"{address} does not answer: {answer.reason}; check that memcached runs")
