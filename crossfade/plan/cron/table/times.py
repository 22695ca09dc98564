"""Lines whose times mean something else to their cron than their words say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cronsim import CronSim, CronSimError

from crossfade.plan.cron.table.fields import KINDS

if TYPE_CHECKING:
    from crossfade.plan.cron.table.crontab import CrontabJob
    from crossfade.plan.cron.table.dialect import Dialect


_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_WEEK = 7


class OddTime(NamedTuple):
    """What is odd about a job's times, and what to do."""

    code: str
    saw: str
    mend: str


def odd_time(job: CrontabJob, dialect: Dialect) -> OddTime | None:
    """Return the first oddity of a job's five fields; None if they mean what they say."""
    for field, kind in zip(job.fields, KINDS, strict=False):
        if field.passed:
            meant = field.text[: -len(field.passed)]
            saw = f"{dialect.program} takes the {kind.name} {field.text} for {meant} and passes "
            return OddTime("read-otherwise", f"{saw}over the rest", "write what is meant")
        if field.random:
            saw = f"{dialect.program} draws the {kind.name} {field.text} when it reads the table, "
            return OddTime("random", f"{saw}and nobody else knows it", "choose a time")
        if not field.values:
            saw = f"the {kind.name} {field.text} runs backwards, which no time fits: it never runs"
            return OddTime("never", saw, "write two ranges, or remove the line")
    return _read_otherwise_here(job) if job.fields else None


def _read_otherwise_here(job: CrontabJob) -> OddTime | None:
    """Compare with what the wrapper reads, such as `0-0/5`, which is more than 0 to it."""
    try:
        read = CronSim(" ".join(job.schedule.split()), _SOME_DAY)
    except CronSimError:
        return None  # it is refused, with a sentence of its own
    ours: list[set[int]] = [
        {value for value in values if isinstance(value, int)}
        for values in (read.minutes, read.hours, read.days, read.months, set(read.weekdays))
    ]
    for field, kind, values in zip(job.fields, KINDS, ours, strict=True):
        turn = _WEEK if kind is KINDS[-1] else 1 + kind.high
        if {value % turn for value in field.values} != {value % turn for value in values}:
            saw = f"cron and the wrapper read the {kind.name} {field.text} differently"
            return OddTime("read-otherwise", saw, "write its values one by one")
    return None
