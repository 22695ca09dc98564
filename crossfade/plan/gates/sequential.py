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
from datetime import timedelta
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from crossfade.plan.gates.samples import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

HISTORY = timedelta(hours=24)
"""How far back is read: what burstiness is estimated from, minutes before the stage included."""

MEMORY = timedelta(hours=12)
"""How far back evidence counts. What is left is half of `HISTORY` before the first such minute."""

MULTIPLES = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""How many times over its limit new may be: an equal stake on each."""

AT_ONCE, AT_A_STAGE, AT_A_MINUTE = 0.6, 0.2, 0.2
"""Stakes on what is bad from the first stage on, from a later one on, from any minute on."""

SPREAD = 1440
"""Minutes over which about half of the stakes on single minutes are laid."""

SUPPOSED, SUPPOSED_BAD = 3.0, 10.0
"""Variance to mean that is supposed at first, and after how many bad requests it has half a say."""

ALIKE_BAD = 200.0
"""After how many bad requests new's own burstiness has half a say, where it is the larger one."""

CONTROL = 1 / 200
"""Part of new's requests that legacy must have had, so that it can be compared with at all."""

MOST_A_MINUTE = 3.0
"""The logarithm of the most that odds may grow in a minute: no single one decides."""

MOST_ODDS = 1e6
"""More is not kept, so that a platform which was mended is soon seen to be."""

_ONE_BY_ONE = 1.0 + 1e-6
_BOUND = 2 * log(1 / 0.05)


@dataclass(frozen=True, slots=True)
class Counts:
    """One platform's minute.

    Attributes:
        requests: Its requests; never fewer than the bad ones.
        bad: Those of them that failed, or were too slow.
    """

    requests: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class PairMinute:
    """One minute of both platforms, and what was known of bursts when it began.

    Attributes:
        at: Its beginning.
        new: New's counts.
        legacy: Legacy's.
        dispersion: Variance to mean of a minute's bad requests, 1 or more, from earlier minutes.
    """

    at: datetime
    new: Counts
    legacy: Counts
    dispersion: float = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """What a good platform keeps: its part of bad requests is at most times * legacy's + plus."""

    times: float
    plus: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ramp stands, which decides how much may still be staked.

    Attributes:
        began: When its first stage began.
        step: The number of the present stage, the first is 0.
        start: The first minute that counts.
        whole: Whether that is the first one of the present stage.
    """

    began: datetime
    step: int
    start: datetime
    whole: bool


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


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger new's part of bad requests is than legacy's, and within what; 0 to 1.

    Attributes:
        seen: As counted, each minute compared with itself.
        least: It is at least this.
        most: It is at most this.
    """

    seen: float
    least: float
    most: float


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
