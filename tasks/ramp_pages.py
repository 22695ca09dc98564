"""Pages about migrations: what was decided, what the gates said, and when they are asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.ramp.return_plan import where
from crossfade.plan.dns.vector import weights
from crossfade.plan.gates.told import gate_table
from crossfade.plan.ramp.return_plan import previous_checkpoint
from tasks.markdown import blocks, code, facts, listed, page, table, titled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.ramp.finish import Finished
    from crossfade.operations.ramp.look import Advanced
    from crossfade.operations.ramp.return_plan import Returned
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.pictures.timeline import Timeline
    from crossfade.plan.ramp.progress import Progress


def decision_page(done: Advanced) -> str:
    """Tell one decision about a migration, with the figures that it was made from."""
    results = done.evidence.results if done.evidence else ()
    return page(
        f"# {done.line()}",
        facts(_standing(done.progress)),
        _gates(results),
        ways_back(done.name, done.progress),
    )


def return_page(done: Returned) -> str:
    """Tell where a migration went back to."""
    found = {"before": weights(done.came), "now": weights(done.goes)}
    if done.to is not None:
        found["checkpoint"] = f"{where(done.to)} ({done.to.operation})"
    if done.warning:
        found["warning"] = done.warning
    released = f"To let it go forward again: {code(f'crossfade hold {done.name} --release')}"
    return page(f"# {done.line()}", facts(found), released if done.operations else "")


def finished_page(done: Finished) -> str:
    """Tell one act of a migration's end, with the proof that it was made on."""
    return page(
        f"# {done.line()}",
        facts(_standing(done.progress)),
        _gates(done.proof),
        ways_back(done.name, done.progress),
    )


def timeline_page(timeline: Timeline, address: str) -> str:
    """Show the picture of a ramp, and below it what it shows in figures.

    Args:
        timeline: What was drawn.
        address: The picture's address.
    """
    shares = [
        (_instant(one.at), one.stage or "-", weights(one.vector), one.kind)
        for one in timeline.settings
    ]
    events = [(_instant(one.at), one.kind.value, one.text) for one in timeline.marks]
    name = f"timeline of {timeline.name}"
    return page(
        f"# {timeline.name}",
        f"![{name}]({address})",
        titled("Weights", table(("in sync (UTC)", "stage", "weights", "by"), shares)),
        titled("Events", table(("at (UTC)", "event", "what"), events)),
        listed("Not shown", timeline.caveats),
    )


def _gates(results: Sequence[GateResult]) -> str:
    return titled("Gates", blocks([gate_table(results, figures=True)]))


def ways_back(name: str, progress: Progress) -> str:
    """Say what a migration can return to."""
    last = previous_checkpoint(progress)
    if last is None:
        return ""
    return (
        f"{code(f'crossfade back {name}')} returns to {where(last)}, "
        f"{code(f'crossfade abort {name}')} to the baseline."
    )


def _standing(progress: Progress) -> dict[str, object]:
    decided = progress.decided
    asked = decided.ask_again if decided else None
    return {
        "stage": progress.stage or "before the first",
        "weights": weights(progress.vector) if progress.vector else "not weighted",
        "since": f"{progress.since:%Y-%m-%d %H:%M:%S} UTC" if progress.since else "",
        "next decision": f"{asked:%Y-%m-%d %H:%M:%S} UTC" if asked else "when asked",
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
