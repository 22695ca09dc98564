"""Who ran which tick of a job: the gathered record, memcached's and hosts' own, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import Unavailable
from crossfade.operations.cron.ticks.gather import from_memcached, gathered_ticks, spooled, weighed
from crossfade.operations.journal.fan_out import fan_out
from crossfade.plan.cron.schedule.ticks import MINUTE, latest_tick
from crossfade.plan.cron.ticks.day import day_of
from crossfade.plan.cron.ticks.history import TickEvidence, due_ticks, what_became

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.adapters.cron.gathered import Found
    from crossfade.operations.base.world import World
    from crossfade.plan.cron.ticks.history import PastTick

DAY = 86_400


@dataclass(frozen=True, slots=True)
class JobHistory:
    """What became of a job's ticks in some span of time.

    Attributes:
        job: The job's name.
        after: Ticks after this instant, in seconds since 1970.
        until: Ticks at or before this one.
        ticks: The ticks, oldest first.
        trouble: Why memcached was not asked; "" if it answered.
    """

    job: str
    after: float
    until: float
    ticks: tuple[PastTick, ...]
    trouble: str = ""

    @property
    def wrong(self) -> bool:
        """Whether a tick was missed, failed, crashed or ran twice."""
        return any(tick.wrong for tick in self.ticks)


def cron_history(
    world: World, job: str, *, seconds: float = DAY, at: datetime | None = None, spool: str = ""
) -> JobHistory:
    """Tell what became of a job's ticks.

    Args:
        world: The world.
        job: The job's name.
        seconds: How far to look back.
        at: Tell of one tick only: the last one at or before this instant.
        spool: A folder with the record of this host, or with copies of several; "" for none.

    Raises:
        BadInput: The configuration knows no such job, or not exactly one memcached.
        Unavailable: S3 did not answer. Without memcached, what was gathered is told.
    """
    schedule = world.settings.cron(job).when()
    now = world.clock.now().timestamp()
    until = now if at is None else min(now, at.timestamp())
    after = until - seconds if at is None else latest_tick(schedule, until) * MINUTE - 1
    due = due_ticks(schedule, after, until)
    days = _gathered(world, job, after, until)
    settled = frozenset[int]().union(*(found.day.settled() for found in days))
    trouble = ""
    try:
        evidence = from_memcached(world, job, [tick for tick in due if tick not in settled])
    except Unavailable as error:
        evidence, trouble = TickEvidence(), str(error)
    whole = weighed(evidence, days, spooled(spool, job, after))
    recorded = {tick for tick in whole.attempts if after < tick * MINUTE <= until}
    ticks = what_became(schedule, sorted({*due, *recorded}), whole, now=now)
    return JobHistory(job, after, until, ticks, trouble)


def _gathered(world: World, job: str, after: float, until: float) -> Sequence[Found]:
    """Read what was gathered: one request for each day of a span."""
    minutes = range(int(after // MINUTE), int(until // MINUTE) + 1)
    days = sorted({day_of(minute) for minute in (*minutes[:: DAY // MINUTE], minutes[-1])})
    store = gathered_ticks(world)
    return fan_out(lambda day: store.read(job, day), days, width=world.connections)
