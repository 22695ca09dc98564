"""The end of a migration: what must hold before its way back is given up, or its pairs are.

Simple records come first and the point of no return last: until it is declared, each step of the
end can be taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.dns.vector import WHOLE, percent
from crossfade.plan.gates.kinds import STANDARD_GATES, DrainGate
from crossfade.plan.ramp.windows import closed_by, next_opening

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.stages import Plan


def drain_gate(plan: Plan) -> DrainGate:
    """Return the gate that proves legacy drained: the plan's own one, or else the standard one."""
    gates = (*plan.gates, *STANDARD_GATES)
    return next(gate for gate in gates if isinstance(gate, DrainGate))


def unfinished(plan: Plan, progress: Progress) -> str:
    """Say with figures why a ramp is not complete; "" if it is."""
    if progress.completed_at is not None:
        return ""
    if progress.vector is None:
        return "it has not begun, and all traffic is on legacy"
    stage = plan.stage(progress.stage)
    number = plan.stages.index(stage) + 1 if stage else 0
    at = f"stage {progress.stage}, {number} of {len(plan.stages)}" if stage else "no stage yet"
    left = "" if number < len(plan.stages) else "; its last gates have not passed yet"
    return f"it is at {at}, with {percent(progress.vector.share)} on new ({progress.vector}){left}"


def unready_for_simple(plan: Plan, progress: Progress, *, stopped: str, now: datetime) -> str:
    """Say why the records must not become simple now; "" if they may.

    Args:
        plan: The plan.
        progress: Where the migration stands.
        stopped: Reason of the stop switch for all migrations, or "".
        now: The instant.
    """
    if progress.final_at is not None:
        final = f"{progress.final_at:%Y-%m-%d %H:%M} UTC"
        return f"the point of no return was declared at {final}, and nothing changes after it"
    if left := unfinished(plan, progress):
        return f"it is not complete: {left}"
    if progress.vector is not None and progress.vector.share != WHOLE:
        return (
            f"its last stage leaves traffic on legacy ({progress.vector}), which simple records of "
            "new would move: add a stage with a share of 100"
        )
    return _forbidden(plan, progress, stopped, now)


def _forbidden(plan: Plan, progress: Progress, stopped: str, now: datetime) -> str:
    """Say what people put in the way of any change that goes on."""
    if stopped:
        return f"all migrations are stopped: {stopped}"
    if progress.frozen is not None:
        return f"it is frozen by {progress.frozen.by}: {progress.frozen.reason}"
    if closed := closed_by(plan.windows, now):
        opens = next_opening(plan.windows, now)
        when = f"opens {opens:%Y-%m-%d %H:%M} UTC" if opens else "does not open within 400 days"
        return f"no change may be made now ({closed}); {when}"
    return ""
