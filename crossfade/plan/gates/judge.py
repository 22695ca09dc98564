"""Asking gates: each one judges what was read, with no look at the world of its own.

The same samples and circumstances give the same answer: a gate can be asked dry, and about a past
period, before the first stage relies on it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

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
    ShareGate,
)
from crossfade.plan.gates.latency import judge_latency
from crossfade.plan.gates.measured_share import judge_drain, judge_share
from crossfade.plan.gates.parity import judge_parity
from crossfade.plan.gates.readings import unfit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.samples import Samples


def judge(gate: AnyGate, samples: Samples, at: Circumstances) -> GateResult:
    """Ask one gate.

    What could not be read, or was read as what is no number, makes it an `error`, whatever else is
    known.
    """
    why = samples.unread.get(gate.source) or unfit(gate, samples, at)
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
    longest = max((gate.window for gate in gates), default=timedelta(minutes=1))
    period = at.period(longest)
    return min(period.start, period.end - timedelta(minutes=1)), period.end


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
