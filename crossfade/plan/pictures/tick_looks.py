"""How ticks of cron jobs look in a picture: each as one mark or more, in the lane of who ran it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.schedule.ticks import MINUTE
from crossfade.plan.cron.ticks.history import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crossfade.plan.cron.ticks.attempt import Attempt
    from crossfade.plan.cron.ticks.history import PastTick


class TickLook(StrEnum):
    """What one mark says; the text is that of the picture's legend."""

    LEGACY = "ran on legacy"
    NEW = "ran on new"
    RUNNING = "running"
    FAILED = "failed"
    CRASHED = "crashed"
    DOUBLE = "ran twice"
    MISSED = "missed"
    SKIPPED = "skipped: overlap"
    HELD = "held, end not known"
    DUE = "due"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class TickRow:
    """One row of a picture: a job and its ticks."""

    job: str
    ticks: tuple[PastTick, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """One mark.

    Attributes:
        at: The tick.
        lane: The platform that ran it, or None where nobody did.
        look: What it says.
    """

    at: datetime
    lane: Platform | None
    look: TickLook


_RUNS = {
    Fate.RUNNING: TickLook.RUNNING,
    Fate.FAILED: TickLook.FAILED,
    Fate.CRASHED: TickLook.CRASHED,
}
_NOT_RUN = {
    Fate.MISSED: TickLook.MISSED,
    Fate.SKIPPED: TickLook.SKIPPED,
    Fate.HELD: TickLook.HELD,
    Fate.DUE: TickLook.DUE,
}


def spots_of(ticks: Iterable[PastTick]) -> tuple[Spot, ...]:
    """Return the marks of some ticks: one for each run, or one for a tick that nobody ran."""
    return tuple(spot for tick in ticks for spot in _spots(tick))


def _spots(tick: PastTick) -> Iterator[Spot]:
    at = datetime.fromtimestamp(tick.minute * MINUTE, UTC)
    if not tick.runs:
        yield Spot(at, None, _NOT_RUN.get(tick.fate, TickLook.UNKNOWN))
    for run in tick.runs:
        lane = Platform(run.platform)
        yield Spot(at, lane, _look(tick, run, lane))


def _look(tick: PastTick, run: Attempt, lane: Platform) -> TickLook:
    """How one run looks; one that another took over had crashed."""
    if tick.doubled:
        return TickLook.DOUBLE
    if run is not tick.run:
        return TickLook.CRASHED
    ran = TickLook.LEGACY if lane is Platform.LEGACY else TickLook.NEW
    return _RUNS.get(tick.fate, ran)
