"""Pages about moves of cron jobs: each job's outcome, and the ticks that it was judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.move.decide import word
from crossfade.plan.cron.schedule.ticks import when
from tasks.markdown import code, page, table, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.cron.move.move import Moved

HEAD = ("job", "runs on", "outcome", "good ticks", "why")
TICKS = ("job", "tick", "verdict", "why")


def moves_page(moved: Sequence[Moved]) -> str:
    """Write what came of moving some jobs."""
    ticks = [
        (code(one.job), when(tick.minute), tick.verdict, tick.why)
        for one in moved
        if one.standing.watch is not None
        for tick in reversed(one.standing.watch.seen)
    ]
    rows = [_row(one) for one in moved]
    return page(titled("Jobs", table(HEAD, rows)), titled("Ticks", table(TICKS, ticks)))


def _row(one: Moved) -> tuple[object, ...]:
    watch = one.standing.watch
    good = f"{watch.good} of {watch.ticks}" if watch is not None else "-"
    outcome = word(one.decision) if one.decision else "failed"
    why = one.decision.reason if one.decision else str(one.trouble)
    return (code(one.job), one.standing.platform, outcome, good, why)
