"""What a gate watches: both platforms' minutes side by side, and the odds against its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.gates.readings import is_count
from crossfade.plan.gates.samples import between, minute_after
from crossfade.plan.gates.sequential import (
    CONTROL,
    HISTORY,
    MEMORY,
    SUPPOSED,
    Counts,
    Limit,
    PairMinute,
    Standing,
    difference,
    odds,
    with_dispersion,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crossfade.plan.gates.gate import Circumstances, Figures
    from crossfade.plan.gates.samples import Series
    from crossfade.plan.gates.sequential import Difference

LIKELY = 10.0
"""Odds from which on new looks bad enough not to get more traffic."""

Counted = tuple["Series", "Series"]
"""Requests in each minute, and the bad ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A limit that a gate asks about.

    Attributes:
        limit: The limit.
        share: How large a part of the gate's false returns is its own, beside the other limits.
        over: What is wrong where new is over it.
        alone: The limit without legacy beside it; None if there is none.
    """

    limit: Limit
    share: int
    over: str
    alone: Limit | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a gate has seen of a stage so far.

    Attributes:
        minutes: The minutes that count, oldest first.
        standing: Where the ramp stands.
        requests: New's requests in them.
        ratio: The part of those that was bad, 0 to 1.
        control: Whether legacy had enough requests beside them to be compared with.
        dispersion: Variance to mean of a minute's bad requests, as now estimated.
    """

    minutes: tuple[PairMinute, ...]
    standing: Standing
    requests: float
    ratio: float
    control: bool
    dispersion: float

    @property
    def difference(self) -> Difference | None:
        """How much worse new is, with its interval."""
        return difference(self.minutes) if self.control else None

    def odds(self, asked: Asked) -> float | None:
        """Return the odds that a limit is broken; None where nothing can be said.

        With hardly a request on legacy, as at 100 percent, only what is not relative to it is left.
        """
        limit = asked.limit if self.control else asked.alone
        return odds(self.minutes, limit, self.standing) if limit else None


@dataclass(frozen=True, slots=True)
class Odds:
    """How surely new is over a limit.

    Attributes:
        over: What is wrong if it is.
        odds: The odds for that, 1 to this.
        needed: The odds from which on the gate fails.
    """

    over: str
    odds: float
    needed: float

    @property
    def sure(self) -> bool:
        """Whether the gate fails."""
        return self.odds >= self.needed

    @property
    def likely(self) -> bool:
        """Whether it is likely enough not to go on: on a good platform in 1 of 10 ramps at most."""
        return self.odds >= LIKELY

    def __str__(self) -> str:
        return f"{self.over}, odds {_rounded(self.odds)} to 1 ({_rounded(self.needed)} needed)"


def strongest(asked: Iterable[tuple[Watched, Asked]], false_returns: float) -> Odds | None:
    """Return the limit that new is most surely over; None where none could be asked about.

    Args:
        asked: The limits, each with what was seen of it; they share the false returns.
        false_returns: The part of good ramps on which one of them may be found broken.
    """
    limits = list(asked)
    shares = sum(one.share for _, one in limits)
    told = [
        Odds(one.over, odds, shares / (one.share * false_returns))
        for seen, one in limits
        if (odds := seen.odds(one)) is not None
    ]
    return max(told, key=lambda one: one.odds / one.needed, default=None)


def watch_figures(seen: Watched, odds: Odds | None) -> Figures:
    """Return the evidence: burstiness, difference with its interval, odds."""
    apart = seen.difference
    return {
        "minutes": len(seen.minutes),
        "dispersion": seen.dispersion,
        "difference": apart.seen if apart else None,
        "difference_at_least": apart.least if apart else None,
        "difference_at_most": apart.most if apart else None,
        "odds": odds.odds if odds else None,
        "odds_needed": odds.needed if odds else None,
    }


def told_difference(seen: Watched) -> str:
    """Say the difference with its interval; "" where there is nothing to compare with."""
    apart = seen.difference
    if apart is None:
        return ""
    least, most = (f"{one * 100:+.2f}" for one in (apart.least, apart.most))
    return f" ({apart.seen * 100:+.2f} points, {least} to {most} at 95%)"


def _rounded(odds: float) -> str:
    return f"{odds:.1f}" if odds < LIKELY else f"{odds:,.0f}"


def watched(at: Circumstances, *, new: Counted, legacy: Counted) -> Watched:
    """Put the minutes of both platforms side by side.

    Args:
        at: The circumstances.
        new: New's requests, and those of them that were bad.
        legacy: Legacy's.
    """
    end, start = at.period(MEMORY).end, evidence_start(at)
    sides = [_counts(*series, end - HISTORY, end) for series in (new, legacy)]
    known = sorted(sides[0].keys() | sides[1].keys())
    mine, theirs = sides
    nothing = Counts()
    told = with_dispersion((one, mine.get(one, nothing), theirs.get(one, nothing)) for one in known)
    minutes = tuple(minute for minute in told if minute.at >= start)
    begun = minute_after(at.since)
    requests = sum(minute.new.requests for minute in minutes)
    there = sum(minute.legacy.requests for minute in minutes)
    return Watched(
        minutes=minutes,
        standing=Standing(minute_after(at.began or at.since), at.step, start, whole=start >= begun),
        requests=requests,
        ratio=sum(minute.new.bad for minute in minutes) / requests if requests else 0.0,
        control=there > 0 and there >= CONTROL * requests,
        dispersion=told[-1].dispersion if told else SUPPOSED,
    )


def evidence_start(at: Circumstances) -> datetime:
    """Return the first minute that counts: of the present stage, and not too long ago."""
    return max(minute_after(at.since), at.period(MEMORY).end - MEMORY)


def _counts(
    requests: Series, bad: Series, start: datetime, end: datetime
) -> dict[datetime, Counts]:
    """Count minute by minute; one that was read as what is no count says nothing.

    A load balancer without healthy targets answers and counts no request: each bad one is one.
    """
    asked = {point.at: point.value for point in between(requests, start, end)}
    wrong = {point.at: point.value for point in between(bad, start, end)}
    pairs = {one: (asked.get(one, 0.0), wrong.get(one, 0.0)) for one in asked.keys() | wrong.keys()}
    return {
        one: Counts(max(pair), pair[1]) for one, pair in pairs.items() if all(map(is_count, pair))
    }
