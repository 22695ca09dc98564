"""The latency gate: the new platform's response times against a limit, and against legacy's."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from crossfade.plan.gates.gate import (
    Figures,
    GateResult,
    Outcome,
    Period,
    Verdict,
    nothing,
    passed,
    too_few,
)
from crossfade.plan.gates.samples import Samples, between, total

if TYPE_CHECKING:
    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import LatencyGate


@dataclass(frozen=True, slots=True)
class Latencies:
    """The median minute of both platforms, in seconds; None where it is not known."""

    new: float | None
    legacy: float | None
    requests: float
    relative: float | None


def judge_latency(gate: LatencyGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge the median minute of the new platform's latency over the gate's window.

    Percentiles of minutes cannot be averaged into one of the window; their median is steady under
    single slow minutes, and both platforms are read the same way in the same minutes.
    """
    period = at.period(gate.window)
    seen = _latencies(gate, samples, period)
    figures: Figures = {
        "statistic": gate.statistic,
        "requests_new": seen.requests,
        "seconds_new": seen.new,
        "seconds_legacy": seen.legacy,
        "limit": gate.max_seconds,
        "limit_beside_legacy": seen.relative,
    }
    verdict = _verdict(gate, seen, period)
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


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


def _verdict(gate: LatencyGate, seen: Latencies, period: Period) -> Verdict:
    if seen.new is None:
        return nothing("no latency of new", period)
    told = f"{gate.statistic} is {_ms(seen.new)} on new"
    if seen.legacy is not None:
        told += f", {_ms(seen.legacy)} on legacy"
    return (
        too_few(seen.requests, gate.min_requests, period, where="on new")
        or _over(gate, seen.new, seen, told)
        or passed(told, period)
    )


def _over(gate: LatencyGate, new: float, seen: Latencies, told: str) -> Verdict | None:
    """A latency over a limit: alone (fail) or on both platforms; or no limit to hold it to."""
    if seen.relative is not None and new > seen.relative:
        return Verdict(Outcome.FAIL, f"{told}: over {_ms(seen.relative)}, the limit beside legacy")
    if gate.max_seconds is not None and new > gate.max_seconds:
        over = f"over the limit of {_ms(gate.max_seconds)}"
        if seen.legacy is not None and seen.legacy > gate.max_seconds:
            both = f"{told}: both are {over}; going back would not help"
            return Verdict(Outcome.INCONCLUSIVE, both)
        return Verdict(Outcome.FAIL, f"{told}: {over}")
    if seen.relative is None and gate.max_seconds is None:
        alone = f"{told}: legacy has too few requests to compare with"
        return Verdict(Outcome.INCONCLUSIVE, alone)
    return None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
