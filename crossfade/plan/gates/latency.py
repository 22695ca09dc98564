"""The latency gate: how many of the new platform's requests are slow, beside legacy's."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

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
from crossfade.plan.gates.samples import (
    PlatformSamples,
    Point,
    Samples,
    between,
    is_count,
    is_percent,
    is_time,
    total,
)
from crossfade.plan.gates.sequential import (
    Counted,
    Odds,
    Watched,
    evidence_start,
    strongest,
    told_difference,
    watch_figures,
    watched,
)
from crossfade.plan.gates.stakes import Asked, Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.plan.gates.kinds import LatencyGate

_SPARED = 0.1
"""Part of the requests that may be slow by a statistic that is no percentile."""

_WHOLE = 100.0
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Latencies:
    """The median minute of both platforms, in seconds; None where it is not known."""

    new: float | None
    legacy: float | None
    requests: float
    relative: float | None


@dataclass(frozen=True, slots=True)
class SlowLimit:
    """From how many seconds on a request is slow; `own` if that does not come from legacy."""

    seconds: float
    own: bool


def judge_latency(gate: LatencyGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge the new platform's slow requests: whether it fails by all minutes of the stage so far.

    The last minutes, the gate's window, tell whether it may pass: by the median minute of its
    statistic, since percentiles of minutes cannot be averaged into one of the window.
    """
    period = at.period(gate.window)
    window = _latencies(gate, samples, period)
    limits = slow_limits(gate, samples, at)
    seen = [_watched(one, samples, at) for one in limits]
    asked = latency_asked(gate, limits)
    odds = strongest(zip(seen, asked, strict=True), gate.false_returns)
    figures: Figures = {
        "statistic": gate.statistic,
        "requests_new": window.requests,
        "seconds_new": window.new,
        "seconds_legacy": window.legacy,
        "limit": gate.max_seconds,
        "limit_beside_legacy": window.relative,
        "slower_than": limits[0].seconds if limits else None,
        **(watch_figures(seen[0], odds) if seen else {}),
    }
    told = _told(gate, window, limits, seen)
    verdict = (
        _unknown(window, limits, seen, period)
        or _too_few(gate, window, seen, period)
        or _surely(told, odds)
        or too_few(window.requests, gate.min_requests, period, where="on new")
        or _perhaps(gate, window, told, odds)
        or passed(told, period)
    )
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


def slow_limits(gate: LatencyGate, samples: Samples, at: Circumstances) -> tuple[SlowLimit, ...]:
    """Return from how many seconds on requests are slow; what is to be read depends on it.

    That beside legacy comes from legacy's minutes before those that are judged, so that it stands
    still while they are; where there are none, from all that are known.
    """
    limits = [SlowLimit(gate.max_seconds, own=True)] if gate.max_seconds is not None else []
    known = [point for point in samples.legacy.latency if is_time(point.value)]
    before = [point.value for point in known if point.at < evidence_start(at)]
    typical = before or [point.value for point in known]
    if gate.max_times is not None and typical:
        relative = gate.max_times * median(typical) + gate.slack
        limits.append(SlowLimit(round(relative, _DIGITS), own=False))
    return tuple(limits)


def latency_asked(gate: LatencyGate, limits: Sequence[SlowLimit]) -> list[Asked]:
    """Return the limits that a gate asks about: one for each time from which on requests are slow.

    With p90 a tenth of the requests may be slow, and as many more as are on legacy.
    """
    spared = spared_by(gate.statistic)
    asked = []
    for one in limits:
        alone = Limit(0.0, spared) if one.own else None
        slow = f"slower than {_ms(one.seconds)}"
        if gate.times is None:
            over = f"more than {spared:.0%} beyond legacy's part are {slow}"
            asked.append(Asked(Limit(1.0, spared), 1, over, alone))
        else:
            than = "on legacy" if gate.times == 1 else f"{gate.times:g} times as on legacy"
            asked.append(Asked(Limit(gate.times), 1, f"more are {slow} than {than}", alone))
    return asked


def spared_by(statistic: str) -> float:
    """Return the part of the requests that a percentile leaves over: 0.1 for p90."""
    percent = statistic.removeprefix("p")
    if percent == statistic or not percent.replace(".", "", 1).isdigit():
        return _SPARED
    return max(0.001, 1 - float(percent) / _WHOLE)


def _watched(limit: SlowLimit, samples: Samples, at: Circumstances) -> Watched:
    return watched(
        at,
        new=_slow(samples.new, limit.seconds),
        legacy=_slow(samples.legacy, limit.seconds),
    )


def _slow(read: PlatformSamples, seconds: float) -> Counted:
    """Turn percent of slow requests into counts; a minute without one of both says nothing."""
    percent = {point.at: point.value for point in read.slow.get(seconds, ())}
    both = [
        (point, percent[point.at])
        for point in read.requests
        if is_count(point.value) and is_percent(percent.get(point.at))
    ]
    bad = (Point(one.at, float(round(one.value * part / _WHOLE))) for one, part in both)
    return tuple(one for one, _ in both), tuple(bad)


def _latencies(gate: LatencyGate, samples: Samples, period: Period) -> Latencies:
    ends = (period.start, period.end)
    new = {point.at: point.value for point in between(samples.new.latency, *ends)}
    legacy = {point.at: point.value for point in between(samples.legacy.latency, *ends)}
    common = new.keys() & legacy.keys()
    control = total(samples.legacy.requests, *ends) >= gate.min_requests
    beside = median(legacy[minute] for minute in common) if common and control else None
    relative = None
    if gate.max_times is not None and beside is not None:
        relative = gate.max_times * beside + gate.slack
    return Latencies(
        new=median(new.values()) if new else None,
        legacy=beside,
        requests=total(samples.new.requests, *ends),
        relative=relative,
    )


def _told(
    gate: LatencyGate, window: Latencies, limits: Sequence[SlowLimit], seen: Sequence[Watched]
) -> str:
    told = f"{gate.statistic} is {_ms(window.new or 0)} on new"
    if window.legacy is not None:
        told += f", {_ms(window.legacy)} on legacy"
    for limit, one in zip(limits, seen, strict=True):
        told += f"; slower than {_ms(limit.seconds)}: {one.ratio:.2%} of new"
        told += told_difference(one)
    return told


def _unknown(
    window: Latencies, limits: Sequence[SlowLimit], seen: Sequence[Watched], period: Period
) -> Verdict | None:
    if window.new is None:
        return nothing("no latency of new", period)
    if limits and not any(one.requests for one in seen):
        return nothing(f"no percentile rank of {_ms(limits[0].seconds)} on new", period)
    return None


def _too_few(
    gate: LatencyGate, window: Latencies, seen: Sequence[Watched], period: Period
) -> Verdict | None:
    requests = max((one.requests for one in seen), default=window.requests)
    return too_few(requests, gate.min_requests, period, where="on new")


def _surely(told: str, odds: Odds | None) -> Verdict | None:
    return Verdict(Outcome.FAIL, f"{told}: {odds}") if odds is not None and odds.sure else None


def _perhaps(gate: LatencyGate, window: Latencies, told: str, odds: Odds | None) -> Verdict | None:
    """Over a limit in the window, likely to be, or over it on both; or no limit to hold it to."""
    new, most = window.new or 0.0, gate.max_seconds
    if most is not None and window.legacy is not None and min(new, window.legacy) > most:
        both = f"both are over the limit of {_ms(most)}; going back would not help"
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: {both}")
    if odds is not None and odds.likely:
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: {odds}")
    limit = min((one for one in (most, window.relative) if one is not None), default=None)
    if limit is None:
        alone = f"{told}: legacy has too few requests to compare with"
        return Verdict(Outcome.INCONCLUSIVE, alone)
    if new > limit:
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: over {_ms(limit)}, but too few to be sure")
    return None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
