"""Whether what was read can be judged: counts are whole numbers, times are seconds, none below 0.

A comparison with what is no number is never true, so that a gate which looks for what is over its
limit would pass on it.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, TypeGuard

from crossfade.plan.base.platform import Platform
from crossfade.plan.gates.kinds import ErrorsGate, LatencyGate, ProbeGate
from crossfade.plan.gates.samples import Source, between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import AnyGate
    from crossfade.plan.gates.samples import ProbeSample, Samples, Series

MOST = 2.0**53
"""From here on a float no longer tells one from the next, and sums of them grow into infinity."""


def is_time(value: object) -> TypeGuard[float]:
    """Whether a value can be a time in seconds."""
    return _is_number(value) and isfinite(value) and 0 <= value < MOST


def is_count(value: object) -> bool:
    """Whether a value can be a count."""
    return is_time(value) and float(value) == int(value)


def is_percent(value: object) -> bool:
    """Whether a value can be a percentage of a whole."""
    return is_time(value) and value <= 100  # noqa: PLR2004  percent


def counts(*series: Series) -> bool:
    """Whether all values of some series can be counts."""
    return all(is_count(point.value) for one in series for point in one)


def unfit(gate: AnyGate, samples: Samples, at: Circumstances) -> str:
    """Say what a gate would read that is no number of its kind; "" where all of it is.

    Only the minutes of its own window and the series that it asks about concern it: what another
    gate cannot use must not keep this one from failing.
    """
    if isinstance(gate, ProbeGate):
        probes = (*samples.probes, *samples.control_probes)
        return next((said for probe in probes if (said := _unfit_probe(probe))), "")
    if gate.source is not Source.TRAFFIC:
        return ""
    return next(_unfit_points(gate, samples, at), "")


def _unfit_points(gate: AnyGate, samples: Samples, at: Circumstances) -> Iterator[str]:
    period = at.period(gate.window)
    for name, series, fits in _series(gate, samples):
        for point in between(series, period.start, period.end):
            if not fits(point.value):
                yield f"{name} of {point.at:%H:%M} UTC read as {point.value}"


def _series(
    gate: AnyGate, samples: Samples
) -> Iterator[tuple[str, Series, Callable[[object], bool]]]:
    sides = ((Platform.NEW, samples.new), (Platform.LEGACY, samples.legacy))
    for platform, read in sides:
        yield f"the requests on {platform}", read.requests, is_count
        if isinstance(gate, ErrorsGate):
            yield f"the errors on {platform}", read.errors, is_count
        if isinstance(gate, LatencyGate):
            yield f"the latency on {platform}", read.latency, is_time
            for seconds, series in read.slow.items():
                yield f"percent over {seconds:g} s on {platform}", series, is_percent


def _unfit_probe(probe: ProbeSample) -> str:
    asked = f"{probe.target} asked for {probe.host}"
    if not is_time(probe.seconds):
        return f"the time of {asked} read as {probe.seconds} s"
    days = probe.certificate_days
    if days is not None and not (_is_number(days) and isfinite(days)):
        return f"the certificate of {asked} read as good for {days} days"
    return ""


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
