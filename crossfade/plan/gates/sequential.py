"""A test that may be looked at every minute for ever: is new worse than a limit beside legacy?

Evidence is kept as odds, the capital of somebody who bets against a good platform. Each minute it
is multiplied by a factor whose mean is at most 1 as long as new's part of bad requests p is within
`times` that of legacy, q, plus `plus`, whatever q is in that minute: what befalls both platforms
cancels. So the odds ever reach 1 / a on at most the part a of all good ramps, however often and
whenever somebody looks (Ville's inequality).

Bad requests come in bursts. Their counts are taken to be negative binomial, with the variance to
mean that the minutes before showed; at 1 that is Poisson's law. A bet is laid on each of a few
multiples of the limit, and on each minute in which it may have begun: the odds are their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from crossfade.plan.gates.samples import MINUTE, between, is_count, minute_after
from crossfade.plan.gates.stakes import (
    ALIKE_BAD,
    AT_A_MINUTE,
    AT_A_STAGE,
    AT_ONCE,
    CONTROL,
    HISTORY,
    LIKELY,
    MEMORY,
    MOST_A_MINUTE,
    MOST_ODDS,
    MULTIPLES,
    SPREAD,
    SUPPOSED,
    SUPPOSED_BAD,
    Counts,
    Difference,
    Limit,
    PairMinute,
    Standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crossfade.plan.gates.gate import Circumstances, Figures
    from crossfade.plan.gates.samples import Series
    from crossfade.plan.gates.stakes import Asked

Counted = tuple["Series", "Series"]
"""Requests in each minute, and the bad ones."""

_ONE_BY_ONE = 1.0 + 1e-6
_BOUND = 2 * log(1 / 0.05)


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


def with_dispersion(
    minutes: Iterable[tuple[datetime, Counts, Counts]],
) -> tuple[PairMinute, ...]:
    """Add to each minute, oldest first, what the ones before say about bursts.

    Neighbouring minutes of one platform share their bad requests as their requests tell, up to
    chance: how much worse they do is the variance to mean. Slow drifts do not count as bursts. New
    may be burstier than legacy, which makes it no worse; less bursty it is not taken to be.
    """
    mine, theirs = _Bursts(), _Bursts()
    told: list[PairMinute] = []
    before: tuple[Counts, Counts] = (Counts(), Counts())
    for at, new, legacy in minutes:
        squares, bad = mine.squares + theirs.squares, mine.bad + theirs.bad
        both = (squares + SUPPOSED * SUPPOSED_BAD) / (bad + SUPPOSED_BAD)
        own = (mine.squares + both * ALIKE_BAD) / (mine.bad + ALIKE_BAD)
        told.append(PairMinute(at, new, legacy, max(1.0, both, own)))
        mine, theirs = mine.learnt(before[0], new), theirs.learnt(before[1], legacy)
        before = (new, legacy)
    return tuple(told)


@dataclass(frozen=True, slots=True)
class _Bursts:
    """How unevenly one platform's bad requests fell on neighbouring minutes."""

    squares: float = 0.0
    bad: float = 0.0

    def learnt(self, last: Counts, now: Counts) -> _Bursts:
        if not last.requests or not now.requests:
            return self
        together = last.bad + now.bad
        part = now.requests / (last.requests + now.requests)
        square = (now.bad - together * part) ** 2 / (part * (1 - part))
        return _Bursts(self.squares + square, self.bad + together)


def odds(minutes: Sequence[PairMinute], limit: Limit, standing: Standing) -> float:
    """Return the odds against a good platform: at most 1 on average, at every look.

    The minutes are those of the present stage that are within `MEMORY`; one that is missing says
    nothing. What is staked on a minute depends on when it is and not on who looks when.
    """
    capital = [first_stake(standing.step) if standing.whole else 0.0] * len(MULTIPLES)
    for minute in minutes:
        if minute.at < standing.start:
            continue
        staked = stake((minute.at - standing.began) // MINUTE)
        for at, multiple in enumerate(MULTIPLES):
            grown = (capital[at] + staked) * exp(log_factor(minute, limit, multiple))
            capital[at] = min(grown, MOST_ODDS)
    return sum(capital) / len(MULTIPLES)


def log_factor(minute: PairMinute, limit: Limit, multiple: float) -> float:
    """Return the logarithm of what a minute multiplies a bet by.

    The bet on `multiple` times the limit gains `up` for each bad request of new and loses `down`
    for each of legacy, so that a platform just at its limit leaves it as it was, on average.
    """
    new, legacy, burst = minute.new, minute.legacy, minute.dispersion
    allowed = limit.times * new.requests
    if not new.requests or (limit.times and not legacy.requests):
        return 0.0
    bold = (
        multiple
        if not allowed
        else (multiple * (allowed + legacy.requests) / (multiple * allowed + legacy.requests))
    )
    fee = (bold - 1) / burst
    up = _gain(bold, burst)
    down = _loss(allowed * fee / legacy.requests, burst) if allowed else 0.0
    won = up * new.bad - down * legacy.bad - fee * limit.plus * new.requests
    return min(won, MOST_A_MINUTE)


def _gain(bold: float, burst: float) -> float:
    """Return u where the mean of exp(u X), X of variance to mean `burst`, grows by (bold-1)/burst.

    Taken for each bad request that is expected.
    """
    if burst < _ONE_BY_ONE:
        return log(bold)
    return log((burst - exp(-(burst - 1) * (bold - 1) / burst)) / (burst - 1))


def _loss(fee: float, burst: float) -> float:
    """Return v where the mean of exp(-v X) shrinks by `fee` for each bad request expected."""
    if burst < _ONE_BY_ONE:
        return -log(1 - fee)
    return -log((burst - exp((burst - 1) * fee)) / (burst - 1))


def stake(age: int) -> float:
    """Return what is newly staked as a minute begins; over a whole ramp at most `AT_A_MINUTE`."""
    since = max(0, age) + SPREAD
    return AT_A_MINUTE * SPREAD / (since * (since + 1))


def first_stake(step: int) -> float:
    """Return what is staked on a stage that is bad from its beginning."""
    return AT_A_STAGE / (step * (step + 1)) if step else AT_ONCE


def difference(minutes: Iterable[PairMinute]) -> Difference | None:
    """Tell the difference with an interval that holds at every look at once on 95 of 100 ramps.

    Mantel and Haenszel's difference of parts with the boundary of a normal mixture. None where no
    minute has requests of both platforms.
    """
    excess = weight = spread = burst = 0.0
    for minute in minutes:
        both = minute.new.requests + minute.legacy.requests
        if not minute.new.requests or not minute.legacy.requests:
            continue
        part = minute.new.requests / both
        bad = minute.new.bad + minute.legacy.bad
        excess += minute.new.bad - bad * part
        weight += minute.new.requests * (1 - part)
        spread += minute.dispersion * bad * part * (1 - part)
        burst = minute.dispersion
    if not weight:
        return None
    prior = max(1.0, burst)
    bound = sqrt((spread + prior) * (_BOUND + log((spread + prior) / prior)))
    low, high = (excess - bound) / weight, (excess + bound) / weight
    return Difference(excess / weight, max(-1.0, low), min(1.0, high))
