"""The errors gate: the new platform's failures against a limit, and against legacy's."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from crossfade.plan.base.words import count
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
from crossfade.plan.gates.samples import PlatformSamples, Samples, total

if TYPE_CHECKING:
    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import ErrorsGate


@dataclass(frozen=True, slots=True)
class Failures:
    """How many of a platform's requests failed.

    A load balancer that finds no healthy target answers 503 and does not count a request: there
    are then more errors than requests, and each error was a request all the same.
    """

    requests: float
    errors: float

    @property
    def ratio(self) -> float:
        """The part that failed, 0 to 1."""
        return self.errors / self.requests if self.requests else 0.0

    def at_least(self, confidence: float) -> float:
        """The lowest ratio that these figures leave likely (Wilson's interval)."""
        if not self.requests:
            return 0.0
        n, squared = self.requests, confidence**2
        middle = self.ratio + squared / (2 * n)
        spread = confidence * sqrt(self.ratio * (1 - self.ratio) / n + squared / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + squared / n))


def failures(samples: PlatformSamples, period: Period) -> Failures:
    """Count a platform's failures; no 5xx series beside requests means that nothing failed."""
    requests = total(samples.requests, period.start, period.end)
    errors = total(samples.errors, period.start, period.end)
    return Failures(max(requests, errors), errors)


def judge_errors(gate: ErrorsGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge the new platform's error ratio over the gate's window."""
    period = at.period(gate.window)
    new, legacy = failures(samples.new, period), failures(samples.legacy, period)
    control = gate.max_times is not None and legacy.requests >= gate.min_requests
    relative = (gate.max_times or 0) * legacy.ratio + gate.slack if control else None
    figures: Figures = {
        "requests_new": new.requests,
        "errors_new": new.errors,
        "ratio_new": new.ratio,
        "ratio_new_at_least": new.at_least(gate.confidence),
        "requests_legacy": legacy.requests,
        "errors_legacy": legacy.errors,
        "ratio_legacy": legacy.ratio,
        "limit": gate.max_ratio,
        "limit_beside_legacy": relative,
    }
    verdict = (
        _no_data(new, legacy, period)
        or too_few(new.requests, gate.min_requests, period, where="on new")
        or _over(gate, new, legacy, relative)
        or passed(_seen(new, legacy, relative), period)
    )
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


def _no_data(new: Failures, legacy: Failures, period: Period) -> Verdict | None:
    if new.requests:
        return None
    there = "" if legacy.requests else " and none of legacy"
    return nothing(f"no requests of new{there}", period)


def _over(
    gate: ErrorsGate, new: Failures, legacy: Failures, relative: float | None
) -> Verdict | None:
    """A ratio over a limit: surely (fail), on both platforms, or by too few to be sure."""
    surely = new.at_least(gate.confidence)
    seen = _seen(new, legacy, relative)
    if relative is not None and surely > relative:
        return Verdict(Outcome.FAIL, f"{seen}: over the limit of {relative:.2%} beside legacy")
    if surely > gate.max_ratio:
        over = f"over the limit of {gate.max_ratio:.2%}"
        if relative is not None and legacy.ratio > gate.max_ratio:
            both = f"{seen}: both are {over}; going back would not help"
            return Verdict(Outcome.INCONCLUSIVE, both)
        return Verdict(Outcome.FAIL, f"{seen}: {over}")
    limit = gate.max_ratio if relative is None else min(gate.max_ratio, relative)
    if new.ratio > limit:
        unsure = f"{seen}: over {limit:.2%}, but too few to be sure"
        return Verdict(Outcome.INCONCLUSIVE, unsure)
    return None


def _seen(new: Failures, legacy: Failures, relative: float | None) -> str:
    beside = (
        f", {legacy.ratio:.2%} of {legacy.requests:.0f} on legacy"
        if relative is not None
        else ", with no control on legacy"
    )
    return f"{new.ratio:.2%} of {count(round(new.requests), 'request')} failed on new{beside}"
