"""Gate check: ask a migration's gates without acting on the answer."""

from __future__ import annotations

from crossfade.errors import Refused
from crossfade.operations.journal.step import Step
from crossfade.operations.ramp.ask_gates import check_gates
from crossfade.plan.base.words import instant
from crossfade.plan.gates.gate import Outcome
from flows.parameters import GateNames, MigrationName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_gates
from tasks.look_pages import gates_line
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("gate-check-{name}")
def gate_check(*, name: MigrationName, gates: GateNames = (), at: str = "") -> Ended:
    """Ask gates as if the present weights had stood for long; fails where one does not pass.

    Args:
        name: The migration.
        gates: The gates; empty for all that its stages name.
        at: Ask about the time before then, UTC or with a zone, such as 2026-11-28T14:00Z; empty
            for the last complete minutes.
    """
    world = world_of_run()
    moment = instant(at) if at else None
    asked = Step(
        f"ask the gates of {name}",
        lambda: check_gates(world, name, gates, at=moment),
        repeatable=True,
    )
    results = run_step(asked)
    show_gates(name, results)
    told = gates_line(name, results)
    if any(result.outcome is not Outcome.PASS for result in results):
        raise Refused(told)
    return done(told)
