"""Pages about the ticks of cron jobs: who ran them, and which were missed or run twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.schedule.ticks import when
from crossfade.plan.cron.ticks.history import counted, told
from tasks.markdown import code, listed, page, table, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.cron.ticks.history import JobHistory
    from crossfade.plan.cron.ticks.history import PastTick

HEAD = ("job", "ticks", "legacy", "new", "missed", "failed", "crashed", "unknown", "run twice")


def ticks_page(found: Sequence[JobHistory]) -> str:
    """Write what became of some jobs' ticks."""
    doubles = [_twice(one.job, tick) for one in found for tick in one.ticks if tick.doubled]
    wrong = [
        f"{code(one.job)} {told(tick)}"
        for one in found
        for tick in reversed(one.ticks)
        if tick.wrong and not tick.doubled
    ]
    away = [f"{code(one.job)} {one.trouble}" for one in found if one.trouble]
    return page(
        listed("Run twice", doubles),
        titled("Ticks", table(HEAD, [_row(one) for one in found])),
        listed("Missed, failed and crashed", wrong),
        listed("Memcached was not asked", away),
    )


def _row(one: JobHistory) -> tuple[object, ...]:
    counts = counted(one.ticks)
    by = [counts[f"runs_{platform}"] for platform in Platform]
    names = ("missed", "failed", "crashed", "unknown", "doubles")
    return (code(one.job), counts["ticks"], *by, *(counts[name] for name in names))


def _twice(job: str, tick: PastTick) -> str:
    runs = " and ".join(f"{run.platform}/{run.host}" for run in tick.runs)
    return f"{code(job)} {when(tick.minute)} by {runs}"
