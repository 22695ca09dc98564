"""What a job's ticks say about its move: each is good, bad, or not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.cron.move.move import TickSeen
from crossfade.plan.cron.schedule.ticks import MINUTE, when
from crossfade.plan.cron.ticks.history import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crossfade.plan.cron.move.move import Watch
    from crossfade.plan.cron.ticks.history import PastTick

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"

LEAST_USUAL = 60.0
"""Seconds: no run shorter than this is called too long because of what legacy took."""


def usual_seconds(past: Iterable[PastTick]) -> float:
    """Return how long a run may take: twice the longest that legacy took, a minute at least.

    0, which is any time, where no run of legacy is known.
    """
    took = [
        tick.run.seconds
        for tick in past
        if tick.run and tick.run.platform == Platform.LEGACY and tick.run.seconds is not None
    ]
    return max(LEAST_USUAL, 2 * max(took)) if took else 0.0


def judged(
    watch: Watch, past: Iterable[PastTick], now: datetime, *, sign: int | None = None
) -> tuple[TickSeen, ...]:
    """Judge the ticks of a watch in their order, up to the first that is not decided yet.

    Args:
        watch: The watch.
        past: What became of its ticks, oldest first.
        now: The present time.
        sign: The newest tick that the new platform came to, in minutes since 1970, won or not.
    """
    told: list[TickSeen] = []
    came = any(tick.platform == Platform.NEW for tick in watch.seen)
    since = watch.since.timestamp() / MINUTE
    for tick in past:
        # Once a pipeline has applied the list, it has applied it.
        came = came or _by_new(tick) or (sign is not None and since < sign <= tick.minute)
        seen = _judge(watch, tick, now, came=came)
        if seen is None:
            break
        told.append(seen)
    return tuple(told)


def _by_new(tick: PastTick) -> bool:
    return tick.run is not None and tick.run.platform == Platform.NEW


def _judge(watch: Watch, tick: PastTick, now: datetime, *, came: bool) -> TickSeen | None:
    """Judge one tick; None if it is not decided yet."""
    if tick.fate is Fate.DUE:
        return None
    if tick.fate is Fate.UNKNOWN:
        return _seen(tick, UNKNOWN, f"nobody knows: {tick.reason}")
    applied = came or watch.applies_until is None
    if not applied and not _by_new(tick):
        if now <= watch.applies_until:  # type: ignore[operator]  # None counts as applied
            return _seen(tick, UNKNOWN, "the list is not applied on the new platform yet")
        return _seen(tick, BAD, "the list was not applied on the new platform in time")
    if tick.fate is Fate.RUNNING:
        return _running(watch, tick, now)
    return _ended(watch.usual, tick)


def _running(watch: Watch, tick: PastTick, now: datetime) -> TickSeen | None:
    """Judge a run that has not ended: it may already be on the wrong side, or too long."""
    run = tick.run
    if run is None or tick.doubled or run.platform != Platform.NEW:
        return _ended(watch.usual, tick)
    took = now.timestamp() - (run.start or 0.0)
    if watch.usual and took > watch.usual:
        return _seen(tick, BAD, f"still runs after {took:.0f} s, usual are {watch.usual:.0f} s")
    return None


def _ended(usual: float, tick: PastTick) -> TickSeen:
    """Judge a tick that nothing can change any more."""
    run = tick.run
    if run is None:
        return _seen(tick, BAD, f"{tick.fate}: {tick.reason}" if tick.reason else str(tick.fate))
    took = run.seconds or 0.0
    reason = f": {tick.reason}" if tick.reason else ""
    wrong = {
        tick.reason: tick.doubled,
        f"{run.platform}/{run.host} ran it, new did not": run.platform != Platform.NEW,
        f"crashed on {run.host}{reason}": tick.fate is Fate.CRASHED,
        f"exit code {run.exit_code} on {run.host}{reason}": tick.fate is Fate.FAILED,
        f"needed {run.number} attempts: the run before crashed": run.number > 1,
        f"took {took:.0f} s on {run.host}, usual are {usual:.0f} s": 0 < usual < took,
    }
    why = next((text for text, so in wrong.items() if so), "")
    return _seen(tick, BAD, why) if why else _seen(tick, GOOD, f"{took:.1f} s on {run.host}")


def _seen(tick: PastTick, verdict: str, why: str) -> TickSeen:
    run = tick.run
    if run is None:
        return TickSeen(tick.minute, verdict, why)
    return TickSeen(tick.minute, verdict, why, run.platform, run.host, run.seconds, run.exit_code)


def proved(past: Iterable[PastTick], usual: float, needed: int) -> tuple[tuple[TickSeen, ...], str]:
    """Judge ticks that the new platform ran before the move.

    Ticks that legacy ran prove nothing and are passed over; every one that new ran must be good.

    Returns:
        The ticks, and why they do not prove that the job runs well on new; "" if they do.
    """
    ran = [tick for tick in past if tick.run is not None and tick.run.platform == Platform.NEW]
    seen = tuple(_ended(usual, tick) for tick in ran if tick.fate is not Fate.RUNNING)
    bad = next((tick for tick in seen if tick.verdict == BAD), None)
    if bad is not None:
        return seen, f"{when(bad.minute)} was not good: {bad.why}"
    if len(seen) < needed:
        return seen, f"new ran {count(len(seen), 'tick')} in that time, {needed} are needed"
    return seen, ""


def sentence(tick: TickSeen) -> str:
    """Say a judged tick in one line."""
    return f"{when(tick.minute)} {tick.verdict}: {tick.why}"
