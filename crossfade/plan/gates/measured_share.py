"""The measured share: whether traffic followed the weights, and whether legacy is drained.

Resolvers draw one platform for each TTL, so what the load balancers count is noisy however many
requests there are: with p the share, W the window and H the sum of the resolvers' squared shares of
the traffic, the standard deviation is sqrt(p (1-p) H TTL / W).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance
from typing import TYPE_CHECKING

from crossfade.plan.base.words import count
from crossfade.plan.gates.gate import (
    Circumstances,
    Figures,
    GateResult,
    Outcome,
    Period,
    Verdict,
    nothing,
    passed,
    too_few,
)
from crossfade.plan.gates.samples import MINUTE, Samples, between, counts, total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crossfade.plan.gates.kinds import DrainGate, ShareGate

LEAST_MINUTES = 10
"""Fewer measured minutes than this say nothing about the resolvers."""

_LOWEST, _HIGHEST = 0.0005, 1.0


@dataclass(frozen=True, slots=True)
class Concentration:
    """How uneven the resolvers were at one stage: H, and how many minutes it was measured over."""

    value: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Shares:
    """What was measured, as parts from 0 to 1, and how far off it may be."""

    measured: float
    requests: float
    tolerance: float


def judge_share(gate: ShareGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge the measured share against the weights, one-sided in the direction of travel.

    Traffic that lags behind the weights fails; until the keep-alive connections from before have
    ended it is inconclusive. Traffic far beyond the weights is inconclusive too: it holds the ramp
    and asks somebody to look at target health.
    """
    period = at.period(gate.window, settling=at.ttl)
    new = total(samples.new.requests, period.start, period.end)
    requests = new + total(samples.legacy.requests, period.start, period.end)
    noise = deviation(gate, at, period, requests)
    seen = Shares(
        measured=new / requests if requests else 0.0,
        requests=requests,
        tolerance=max(gate.min_tolerance, gate.deviations * noise),
    )
    figures: Figures = {
        "share_set": at.part,
        "share_measured": seen.measured if requests else None,
        "tolerance": seen.tolerance,
        "deviation": noise,
        "requests_new": new,
        "requests_legacy": requests - new,
    }
    verdict = _verdict(gate, at, period, seen)
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


def deviation(gate: ShareGate, at: Circumstances, period: Period, requests: float) -> float:
    """Return the standard deviation of the measured share that DNS alone gives.

    A concentration that was measured minute by minute is not taken to average out over a window
    that connections outlast: they carry one draw through all of it.
    """
    measured = at.concentration is not None
    concentration = gate.concentration if at.concentration is None else at.concentration
    window = max(period.end - period.start, MINUTE)
    if measured and at.keep_alive > window:
        window = MINUTE
    draws = concentration * min(1.0, at.ttl / window)
    return sqrt(at.part * (1 - at.part) * (draws + (1 / requests if requests else 0.0)))


def concentration_of(
    samples: Samples, at: Circumstances, *, start: datetime, end: datetime
) -> Concentration | None:
    """Measure how uneven the resolvers are, from the spread of the minutes of one stage.

    Returns:
        None where there are too few minutes, where one was read as what is no count, or where the
        share is 0 or 100 and nothing can spread.
    """
    read = (between(side.requests, start, end) for side in (samples.new, samples.legacy))
    if not counts(*read):
        return None
    pairs = _minutes(samples, start, end)
    part = at.part
    if len(pairs) < LEAST_MINUTES or part in (0.0, 1.0):
        return None
    spread = variance(new / (new + legacy) for new, legacy in pairs)
    counting = fmean(part * (1 - part) / (new + legacy) for new, legacy in pairs)
    value = max(0.0, spread - counting) / (part * (1 - part)) / _smoothing(at.ttl / MINUTE)
    counted = int(len(pairs) * min(1.0, MINUTE / at.ttl))
    return Concentration(min(max(value, _LOWEST), _HIGHEST), counted)


def _smoothing(ttl: float) -> float:
    """How much a minute smooths the draws, `ttl` in minutes: 1 would be one draw for each minute.

    Resolvers draw out of step with the minutes, so that a minute mixes parts of two draws or more.
    """
    return ttl * (1 - ttl / 3) if ttl < 1 else 1 - 1 / (3 * ttl)


def pooled(observations: Iterable[Concentration]) -> float | None:
    """Join what earlier stages measured, with a margin for having measured few minutes.

    A few large resolvers make the spread of the minutes itself uneven: its variance is taken to be
    twice that of evenly spread draws.
    """
    known = list(observations)
    minutes = sum(one.minutes for one in known)
    if minutes < LEAST_MINUTES:
        return None
    mean = sum(one.value * one.minutes for one in known) / minutes
    return min(mean * (1 + 2 * sqrt(4 / minutes)), _HIGHEST)


def judge_drain(gate: DrainGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge whether legacy is drained, after TTL and keep-alive of the last change have passed."""
    period = at.period(gate.window, settling=at.ttl + at.keep_alive)
    minutes = between(samples.legacy.requests, period.start, period.end)
    most = max((point.value for point in minutes), default=0.0)
    new = total(samples.new.requests, period.start, period.end)
    figures: Figures = {
        "most_per_minute_legacy": most,
        "requests_legacy": sum(point.value for point in minutes),
        "requests_new": new,
        "limit": gate.max_per_minute,
    }
    verdict = _drained(gate, at, period, most=most, new=new)
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


def _drained(
    gate: DrainGate, at: Circumstances, period: Period, *, most: float, new: float
) -> Verdict:
    if most > gate.max_per_minute:
        return Verdict(Outcome.FAIL, f"legacy still gets up to {_a_minute(most)}")
    if not period.full:
        until = at.since + at.ttl + at.keep_alive + gate.window + at.delay
        return Verdict(
            Outcome.INCONCLUSIVE,
            f"connections from before may last; to be told from {until:%Y-%m-%d %H:%M} UTC on",
        )
    if new == 0:
        return Verdict(Outcome.NO_DATA, "neither platform published requests")
    return Verdict(Outcome.PASS, f"legacy got at most {_a_minute(most)} in {period.minutes} min")


def _a_minute(most: float) -> str:
    return f"{count(round(most), 'request')} a minute"


def _verdict(gate: ShareGate, at: Circumstances, period: Period, seen: Shares) -> Verdict:
    if not seen.requests:
        return nothing("no requests of either platform", period)
    requests = count(round(seen.requests), "request")
    told = (
        f"{seen.measured:.1%} of {requests} reached new, {at.part:.1%} set, "
        f"tolerance {seen.tolerance:.1%}"
    )
    return (
        too_few(seen.requests, gate.min_requests, period, where="on both")
        or _off(at, period, seen, told)
        or passed(told, period)
    )


def _off(at: Circumstances, period: Period, seen: Shares, told: str) -> Verdict | None:
    """A measured share behind the weights, in the direction of travel, or far ahead of them."""
    ahead = (seen.measured - at.part) * (at.travel or 1)
    tail = at.since + at.ttl + at.keep_alive
    if ahead < -seen.tolerance and period.end < tail:
        lasting = f"{told}: connections from before may last until {tail:%H:%M} UTC"
        return Verdict(Outcome.INCONCLUSIVE, lasting)
    if ahead < -seen.tolerance:
        return Verdict(Outcome.FAIL, f"{told}: the traffic does not follow the weights")
    if ahead > seen.tolerance:
        more = f"{told}: more moved than was set; look at target health"
        return Verdict(Outcome.INCONCLUSIVE, more)
    return None


def _minutes(samples: Samples, start: datetime, end: datetime) -> list[tuple[float, float]]:
    """New and legacy requests of each minute in which there were any."""
    new = {point.at: point.value for point in between(samples.new.requests, start, end)}
    legacy = {point.at: point.value for point in between(samples.legacy.requests, start, end)}
    both = ((new.get(at, 0.0), legacy.get(at, 0.0)) for at in sorted(new.keys() | legacy.keys()))
    return [(there, here) for there, here in both if there + here > 0]
