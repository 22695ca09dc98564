"""The errors gate: the new platform's failures beside legacy's, and against limits."""

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
from crossfade.plan.gates.sequential import strongest, told_difference, watch_figures, watched
from crossfade.plan.gates.stakes import Asked, Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import ErrorsGate
    from crossfade.plan.gates.sequential import Odds

WORSE, OTHERS = 12, 1
"""How the gate's limits share its false returns: most goes to being no worse than legacy."""


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
    """Judge the new platform's errors: whether it fails by all minutes of the stage so far.

    The last minutes, the gate's window, tell whether it may pass.
    """
    period = at.period(gate.window)
    new, legacy = failures(samples.new, period), failures(samples.legacy, period)
    control = gate.max_times is not None and legacy.requests >= gate.min_requests
    relative = (gate.max_times or 0) * legacy.ratio + gate.slack if control else None
    seen = watched(
        at,
        new=(samples.new.requests, samples.new.errors),
        legacy=(samples.legacy.requests, samples.legacy.errors),
    )
    odds = strongest(((seen, one) for one in errors_asked(gate)), gate.false_returns)
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
        **watch_figures(seen, odds),
    }
    beside = legacy if legacy.requests >= gate.min_requests else None
    told = _seen(new, beside) + told_difference(seen)
    both = beside is not None and min(new.ratio, beside.ratio) > gate.max_ratio
    verdict = (
        _no_data(new, legacy, period)
        or too_few(seen.requests, gate.min_requests, period, where="on new")
        or _surely(told, odds, excused=both and not seen.control)
        or too_few(new.requests, gate.min_requests, period, where="on new")
        or _perhaps(gate, told, new, relative, odds, both=both)
        or passed(told, period)
    )
    return GateResult(gate.name, *verdict, period.start, period.end, figures, period.full)


def errors_asked(gate: ErrorsGate) -> Iterator[Asked]:
    """Yield the limits that a gate asks about.

    `max_ratio` is added to legacy's own ratio: an incident of both platforms breaks no limit.
    """
    if gate.times is not None:
        than = "legacy" if gate.times == 1 else f"{gate.times:g} times legacy"
        yield Asked(Limit(gate.times), WORSE, f"worse than {than}")
    if gate.max_times is not None:
        beside = f"over {gate.max_times:g} times legacy's + {gate.slack:.2%}"
        yield Asked(Limit(gate.max_times, gate.slack), OTHERS, beside)
    over, alone = f"over the limit of {gate.max_ratio:.2%}", Limit(0.0, gate.max_ratio)
    yield Asked(Limit(1.0, gate.max_ratio), OTHERS, over, alone)


def _no_data(new: Failures, legacy: Failures, period: Period) -> Verdict | None:
    if new.requests:
        return None
    there = "" if legacy.requests else " and none of legacy"
    return nothing(f"no requests of new{there}", period)


def _surely(told: str, odds: Odds | None, *, excused: bool) -> Verdict | None:
    """Surely over a limit, unless legacy is as well and its requests are no control."""
    if odds is None or not odds.sure or excused:
        return None
    return Verdict(Outcome.FAIL, f"{told}: {odds}")


def _perhaps(
    gate: ErrorsGate,
    told: str,
    new: Failures,
    relative: float | None,
    odds: Odds | None,
    *,
    both: bool,
) -> Verdict | None:
    """Over a limit in the window, or likely to be over one; or over it on both platforms."""
    if both:
        over = f"both are over the limit of {gate.max_ratio:.2%}; going back would not help"
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: {over}")
    if odds is not None and odds.likely:
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: {odds}")
    limit = gate.max_ratio if relative is None else min(gate.max_ratio, relative)
    if new.ratio > limit:
        return Verdict(Outcome.INCONCLUSIVE, f"{told}: over {limit:.2%}, but too few to be sure")
    return None


def _seen(new: Failures, legacy: Failures | None) -> str:
    beside = (
        f", {legacy.ratio:.2%} of {legacy.requests:.0f} on legacy"
        if legacy
        else ", with no control on legacy"
    )
    return f"{new.ratio:.2%} of {count(round(new.requests), 'request')} failed on new{beside}"
