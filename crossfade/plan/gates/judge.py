"""Asking gates: each one judges what was read, with no look at the world of its own.

The same samples and circumstances give the same answer: a gate can be asked dry, and about a past
period, before the first stage relies on it.
"""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.gates.alarms_and_probes import judge_alarms, judge_probes
from crossfade.plan.gates.errors import judge_errors
from crossfade.plan.gates.gate import Circumstances, GateResult, Outcome
from crossfade.plan.gates.kinds import (
    AlarmGate,
    AnyGate,
    DrainGate,
    ErrorsGate,
    LatencyGate,
    ParityGate,
    ProbeGate,
    ShareGate,
)
from crossfade.plan.gates.latency import judge_latency
from crossfade.plan.gates.measured_share import judge_drain, judge_share
from crossfade.plan.gates.parity import judge_parity
from crossfade.plan.gates.samples import (
    Source,
    between,
    is_count,
    is_number,
    is_percent,
    is_time,
)
from crossfade.plan.gates.stakes import HISTORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.samples import ProbeSample, Samples, Series


def judge(gate: AnyGate, samples: Samples, at: Circumstances) -> GateResult:
    """Ask one gate.

    What could not be read, or was read as what is no number, makes it an `error`, whatever else is
    known.
    """
    why = samples.unread.get(gate.source) or _unfit(gate, samples, at)
    if why:
        reason = f"could not be asked: {why}"
        return GateResult(gate.name, Outcome.ERROR, reason, at.now, at.now)
    return _judge(gate, samples, at)


def judge_all(
    gates: Iterable[AnyGate], samples: Samples, at: Circumstances
) -> tuple[GateResult, ...]:
    """Ask several gates about the same samples."""
    return tuple(judge(gate, samples, at) for gate in gates)


def reading_period(gates: Iterable[AnyGate], at: Circumstances) -> tuple[datetime, datetime]:
    """Return the period that must be read for all of the gates: one reading serves them all."""
    asked = list(gates)
    longest = max((gate.window for gate in asked), default=timedelta(minutes=1))
    period = at.period(longest)
    watching = any(isinstance(gate, ErrorsGate | LatencyGate) for gate in asked)
    least = HISTORY if watching else timedelta(minutes=1)
    return min(period.start, period.end - least), period.end


def in_the_past(
    gates: Iterable[AnyGate],
    at: datetime,
    *,
    vector: Vector,
    ttl: timedelta,
    keep_alive: timedelta,
) -> Circumstances:
    """Return the circumstances for asking gates about a past period that ended at `at`.

    As if the vector had stood for long before: every gate has its whole window, and no connection
    from before is in the way.
    """
    longest = max((gate.window for gate in gates), default=timedelta())
    return Circumstances(
        now=at,
        since=at - longest - ttl - keep_alive - timedelta(minutes=1),
        vector=vector,
        previous=vector,
        ttl=ttl,
        keep_alive=keep_alive,
        delay=timedelta(),
    )


def _judge(gate: AnyGate, samples: Samples, at: Circumstances) -> GateResult:
    match gate:
        case ErrorsGate():
            result = judge_errors(gate, samples, at)
        case LatencyGate():
            result = judge_latency(gate, samples, at)
        case ShareGate():
            result = judge_share(gate, samples, at)
        case DrainGate():
            result = judge_drain(gate, samples, at)
        case AlarmGate():
            result = judge_alarms(gate, samples, at)
        case ParityGate():
            result = judge_parity(gate, samples, at)
        case _:
            result = judge_probes(gate, samples, at)
    return result


def _unfit(gate: AnyGate, samples: Samples, at: Circumstances) -> str:
    """Say what a gate would read that is no number of its kind; "" where all of it is.

    A comparison with what is no number is never true: a gate that looks for what is over its limit
    would pass on it.
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
    if days is not None and not (is_number(days) and isfinite(days)):
        return f"the certificate of {asked} read as good for {days} days"
    return ""
