"""Asking before acting: gates dry and over the past, and a plan foretold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.operations.ramp.capacity import requests_per_second
from crossfade.operations.ramp.read import read_live, read_ramp, read_samples
from crossfade.plan.dns.records import longest_ttl
from crossfade.plan.dns.vector import BASELINE
from crossfade.plan.gates.judge import in_the_past, judge_all, reading_period
from crossfade.plan.gates.kinds import STANDARD_GATES
from crossfade.plan.gates.samples import minute_of
from crossfade.plan.ramp.preview import preview

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.base.world import World
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.gates.kinds import AnyGate
    from crossfade.plan.ramp.preview import StagePreview

LOAD_WINDOW = timedelta(minutes=30)
"""How far back the present load is read for what a plan foretells."""


def check_gates(
    world: World, name: str, gates: Sequence[str] = (), *, at: datetime | None = None
) -> tuple[GateResult, ...]:
    """Ask gates about a period, as if the present weights had stood for long; nothing is recorded.

    Args:
        world: The world.
        name: The migration.
        gates: Names of the gates; none asks all that its stages name.
        at: The end of the period, or None for the last complete minutes.

    Raises:
        BadInput: There is no such gate.
    """
    ramp = read_ramp(world, name)
    chosen = _chosen(ramp, gates)
    live = read_live(ramp)
    end = minute_of(at or world.clock.now() - ramp.plan.metric_delay)
    circumstances = in_the_past(
        chosen,
        end,
        vector=ramp.progress.vector or BASELINE,
        ttl=longest_ttl(live.records),
        keep_alive=ramp.plan.keep_alive,
    )
    samples = read_samples(ramp, chosen, *reading_period(chosen, circumstances), at=circumstances)
    return judge_all(chosen, samples, circumstances)


def foretell(world: World, name: str) -> tuple[StagePreview, ...]:
    """Foretell each stage of a migration, with the load of the last half hour if it can be read."""
    ramp = read_ramp(world, name)
    live = read_live(ramp)
    requests = requests_per_second(ramp, LOAD_WINDOW)
    return preview(ramp.plan, requests=requests, ttl=longest_ttl(live.records))


def _chosen(ramp: Ramp, names: Sequence[str]) -> tuple[AnyGate, ...]:
    known = {gate.name: gate for gate in (*STANDARD_GATES, *ramp.plan.gates)}
    wanted = names or [name for stage in ramp.plan.stages for name in stage.gates]
    for name in wanted:
        if name not in known:
            raise BadInput(f"{ramp.name} has no gate {name!r}; it has {', '.join(sorted(known))}")
    return tuple(known[name] for name in dict.fromkeys(wanted))
