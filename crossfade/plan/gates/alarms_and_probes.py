"""Gates that others watch for us: CloudWatch alarms, and probes of the platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.gates.gate import Figures, GateResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import AlarmGate, ProbeGate
    from crossfade.plan.gates.samples import AlarmState, ProbeSample, Samples

_STATES = {
    "ALARM": Outcome.FAIL,
    "": Outcome.ERROR,
    "INSUFFICIENT_DATA": Outcome.NO_DATA,
    "OK": Outcome.PASS,
}
"""Worst first: the gate says what its worst alarm says."""


def judge_alarms(gate: AlarmGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge a set of alarms by the worst of them.

    One that does not exist is an error, and so is one in a state that CloudWatch does not have.
    """
    known = {alarm.name: alarm for alarm in samples.alarms}
    states = {name: known[name].state if name in known else "" for name in gate.alarms}
    figures: Figures = {name: state or "missing" for name, state in states.items()}
    outcomes = {name: _STATES.get(state, Outcome.ERROR) for name, state in states.items()}
    outcome = next((one for one in _STATES.values() if one in outcomes.values()), Outcome.ERROR)
    told = [name for name, one in outcomes.items() if one is outcome]
    reason = _alarm_reason(outcome, told, known)
    return GateResult(gate.name, outcome, reason, at.now, at.now, figures)


def judge_probes(gate: ProbeGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge probes of the new platform, with the same probes of legacy as the control.

    Where legacy does not answer either, the way from here to both may be at fault.
    """
    faults = [fault for probe in samples.probes if (fault := fault_of(probe, gate))]
    control = [fault for probe in samples.control_probes if (fault := fault_of(probe, gate))]
    figures: Figures = {
        "probes_new": len(samples.probes),
        "faults_new": len(faults),
        "probes_legacy": len(samples.control_probes),
        "faults_legacy": len(control),
        "slowest_new": max((probe.seconds for probe in samples.probes), default=None),
    }
    if not samples.probes:
        outcome, reason = Outcome.NO_DATA, "no probe was made"
    elif faults and control:
        outcome = Outcome.INCONCLUSIVE
        reason = f"{faults[0]}; and legacy: {control[0]}; going back would not help"
    elif faults:
        outcome, reason = Outcome.FAIL, "; ".join(faults)
    else:
        outcome, reason = Outcome.PASS, f"{len(samples.probes)} probes answered as they should"
    return GateResult(gate.name, outcome, reason, at.now, at.now, figures)


def fault_of(probe: ProbeSample, gate: ProbeGate) -> str:
    """Say what is wrong with the answer to a probe; "" if nothing is."""
    asked = f"{probe.target} asked for {probe.host}"
    if probe.failure:
        return f"{asked}: {probe.failure}"
    if probe.status not in gate.statuses:
        wanted = " or ".join(map(str, gate.statuses))
        return f"{asked} answered {probe.status}, not {wanted}"
    if probe.seconds > gate.max_seconds:
        return f"{asked} took {probe.seconds:.1f} s, more than {gate.max_seconds:.1f} s"
    days = probe.certificate_days
    if days is not None and days < gate.min_certificate_days:
        return f"{asked} has a certificate that expires in {days:.1f} days"
    return ""


def _alarm_reason(outcome: Outcome, names: Sequence[str], known: dict[str, AlarmState]) -> str:
    if not names:
        return "no alarms are named: give the gate at least one"
    told = ", ".join(names)
    if outcome is Outcome.FAIL:
        return f"in alarm: {told} ({known[names[0]].reason or 'no reason given'})"
    if outcome is Outcome.ERROR:
        read = (known[name] for name in names if name in known)
        strange = [f"{one.name} is in a state of its own: {one.state}" for one in read if one.state]
        return "; ".join(strange) or f"no such alarm: {told}"
    if outcome is Outcome.NO_DATA:
        return f"insufficient data: {told}"
    return f"{len(names)} alarms are OK"
