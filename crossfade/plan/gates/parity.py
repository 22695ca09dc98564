"""The gate of a tandem: do both platforms run the same version and configuration?

A share may rise only while they do, as read from them at that moment. It holds and never returns: a
divergence is no sign that the new platform is worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.gates.gate import Figures, GateResult, Outcome

if TYPE_CHECKING:
    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import ParityGate
    from crossfade.plan.gates.samples import ParitySample, Samples


def judge_parity(gate: ParityGate, samples: Samples, at: Circumstances) -> GateResult:
    """Judge what both platforms run."""
    read = samples.parity
    if read is None:
        reason = "nobody looked at what both platforms run"
        return GateResult(gate.name, Outcome.NO_DATA, reason, at.now, at.now)
    outcome, reason = _verdict(read)
    figures: Figures = {
        "legacy": read.legacy,
        "new": read.new,
        "diverged_since": read.since.isoformat() if read.since else None,
        "by": read.by or None,
    }
    return GateResult(gate.name, outcome, reason, at.now, at.now, figures)


def _verdict(read: ParitySample) -> tuple[Outcome, str]:
    if read.working:
        return Outcome.INCONCLUSIVE, f"{read.working} is under way"
    if read.unread:
        return Outcome.ERROR, f"could not be asked: {'; '.join(read.unread)}"
    if read.differences:
        since = f" since {read.since:%Y-%m-%d %H:%M} UTC" if read.since else ""
        by = f" by {read.by}" if read.by else ""
        late = f"; {read.overdue}" if read.overdue else ""
        return Outcome.FAIL, f"diverged{since}{by}: {'; '.join(read.differences)}{late}"
    return Outcome.PASS, f"legacy {read.legacy}, new {read.new}"
