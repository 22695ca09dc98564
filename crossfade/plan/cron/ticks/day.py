"""The gathered record: one document for each job and day, which only ever grows.

Putting together two states of a day gives a state in which nothing of either is lost, in whichever
order and however often: two that gather at once, or one that gathers twice, end up with the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from crossfade.plan.cron.schedule.ticks import MINUTE
from crossfade.plan.cron.ticks.attempt import Attempt, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NEWEST = 1
"""The version of the document's form."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of a job's ticks of one day, in UTC.

    Attributes:
        job: The job's name.
        day: The day, as 2026-01-31.
        attempts: What is known of attempts, by tick in minutes since 1970.
        missed: Ticks of which memcached could tell that nobody had run them.
        version: Of the document's form.
    """

    job: str
    day: str
    attempts: dict[int, tuple[Attempt, ...]] = field(default_factory=dict)
    missed: tuple[int, ...] = ()
    version: int = NEWEST

    def settled(self) -> frozenset[int]:
        """Return the ticks about which memcached has nothing more to tell."""
        return frozenset(
            tick
            for tick, attempts in self.attempts.items()
            if any(one.end is not None or one.outcome == "skipped" for one in attempts)
        )


def day_of(tick: int) -> str:
    """Return the day of a tick."""
    return datetime.fromtimestamp(tick * MINUTE, UTC).strftime("%Y-%m-%d")


def put_together(day: Day, other: Day) -> Day:
    """Return all that two states of a day know."""
    ticks = sorted(day.attempts.keys() | other.attempts.keys())
    attempts = {
        tick: joined([*day.attempts.get(tick, ()), *other.attempts.get(tick, ())]) for tick in ticks
    }
    missed = tuple(sorted({*day.missed, *other.missed}))
    return Day(day.job, day.day, attempts, missed)


def days_of(
    job: str, attempts: Mapping[int, Iterable[Attempt]], missed: Iterable[int]
) -> dict[str, Day]:
    """Sort what is known of ticks by day."""
    ran: dict[str, dict[int, tuple[Attempt, ...]]] = defaultdict(dict)
    nobody: dict[str, set[int]] = defaultdict(set)
    for tick, ones in attempts.items():
        ran[day_of(tick)][tick] = joined(ones)
    for tick in missed:
        nobody[day_of(tick)].add(tick)
    return {
        day: Day(job, day, ran.get(day, {}), tuple(sorted(nobody.get(day, ()))))
        for day in sorted(ran.keys() | nobody.keys())
    }


def day_to_json(day: Day) -> bytes:
    """Serialise a day; equal days give equal bytes."""
    return _DAY.dump_json(day, exclude_defaults=True)


def day_from_json(document: bytes) -> Day:
    """Read a day; fields of later versions are passed over."""
    return _DAY.validate_json(document)


_DAY = TypeAdapter(Day)
