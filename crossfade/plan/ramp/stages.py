"""The plan of stages: shares of traffic to pass through, and what each asks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.duration import parse_duration
from crossfade.plan.dns.vector import Vector, percent, share_of, vector_of
from crossfade.plan.gates.kinds import STANDARD_GATES, AnyGate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.ramp.windows import Window


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: Its name, unique in the plan.
        share: Percent of the traffic meant for the new platform.
        bake: The least time at the stage, from the instant that its vector is in sync.
        gates: Names of the gates that must pass before the ramp goes on from here.
        crons: Cron jobs that move when the stage begins.
        approval: Whether a person must approve before the stage begins.
        windows: When the stage may begin; the plan's own windows must be open as well.
    """

    name: str
    share: Fraction
    bake: timedelta = timedelta()
    gates: tuple[str, ...] = ()
    crons: tuple[str, ...] = ()
    approval: bool = False
    windows: tuple[Window, ...] = ()

    @property
    def vector(self) -> Vector:
        """The weights that mean its share."""
        return vector_of(self.share)


class Return(StrEnum):
    """Where a failing gate takes the ramp back to."""

    BASELINE = "baseline"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a migration's traffic moves.

    Attributes:
        stages: In order; shares never fall.
        gates: The gates that stages may name, besides the standard ones.
        windows: When any stage may begin.
        back_to: Where a failing gate takes the ramp.
        check_every: How often the ramp is looked at, by a schedule or a loop.
        approval_lasts: How long an approval counts.
        metric_delay: How old a minute is before its metrics are complete.
        keep_alive: How long the load balancers let a connection be used (`client_keep_alive`).
        in_sync: How long Route 53 takes to bring a change to all its servers; usual is under 60 s.
        reversible_for: How long after its end the ramp may still be taken back.
    """

    stages: tuple[Stage, ...]
    gates: tuple[AnyGate, ...] = ()
    windows: tuple[Window, ...] = ()
    back_to: Return = Return.BASELINE
    check_every: timedelta = timedelta(minutes=1)
    approval_lasts: timedelta = timedelta(hours=24)
    metric_delay: timedelta = timedelta(minutes=2)
    keep_alive: timedelta = timedelta(hours=1)
    in_sync: timedelta = timedelta(seconds=60)
    reversible_for: timedelta = timedelta(days=7)

    @property
    def crons(self) -> tuple[str, ...]:
        """Return the cron jobs of all stages."""
        return tuple(job for stage in self.stages for job in stage.crons)

    def stage(self, name: str) -> Stage | None:
        """Return the stage of a name."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def after(self, name: str) -> Stage | None:
        """Return the stage that follows; the first one after "", None after the last."""
        names = [stage.name for stage in self.stages]
        at = names.index(name) + 1 if name in names else 0
        return self.stages[at] if at < len(self.stages) else None

    def gates_of(self, stage: Stage) -> tuple[AnyGate, ...]:
        """Return the gates that a stage names; the plan's own win over the standard ones."""
        known = {gate.name: gate for gate in (*STANDARD_GATES, *self.gates)}
        return tuple(known[name] for name in stage.gates)

    def windows_of(self, stage: Stage) -> tuple[Window, ...]:
        """Return all windows that a stage's beginning must respect: the plan's and its own."""
        return (*self.windows, *(replace(one, scope=stage.name) for one in stage.windows))


def checked_plan(plan: Plan) -> Plan:
    """Return the plan if it makes sense.

    Raises:
        BadInput: There are no stages, two have one name, a share cannot be set or falls, or a stage
            names a gate that nobody described.
    """
    if not plan.stages:
        raise BadInput("the migration has no stages: give it at least one with a share")
    names = [stage.name for stage in plan.stages]
    for name in names:
        if not name or names.count(name) > 1:
            raise BadInput(f"stage name {name!r} must be there, and only once")
    known = {gate.name for gate in (*STANDARD_GATES, *plan.gates)}
    share = Fraction(0)
    for stage in plan.stages:
        vector_of(stage.share)
        if stage.share < share:
            raise BadInput(
                f"stage {stage.name} goes down to {percent(stage.share)} from {percent(share)}: "
                "stages only go up; `back` and `abort` go down"
            )
        share = stage.share
        unknown = [gate for gate in stage.gates if gate not in known]
        if unknown:
            raise BadInput(
                f"stage {stage.name} names gate {unknown[0]!r}, which is none of "
                f"{', '.join(sorted(known))}"
            )
    return plan


def plan_digest(plan: Plan, *, after: str = "") -> str:
    """Return the digest of what is left of the plan after a stage, and of its rules.

    An approval is tied to it: whoever edits the rest of the plan voids the approval.
    """
    names = [stage.name for stage in plan.stages]
    left = plan.stages[names.index(after) + 1 :] if after in names else plan.stages
    rules = (plan.gates, plan.windows, plan.back_to, *_unwritten(plan.gates))
    return hashlib.sha256(repr((left, rules)).encode()).hexdigest()


def _unwritten(gates: Iterable[AnyGate]) -> tuple[str, ...]:
    """Return what a gate's text leaves out where it is the standard; older digests stay as such."""
    return tuple(
        f"{gate.name}.{one.name}={getattr(gate, one.name)}"
        for gate in gates
        for one in fields(gate)
        if not one.repr and getattr(gate, one.name) != one.default
    )


def canary(shares: Iterable[float] = (1, 10, 50, 100), *, bake: str = "30m") -> tuple[Stage, ...]:
    """A sample plan: a small part first, then large steps."""
    return _sample(shares, bake)


def linear(step: int = 10, *, bake: str = "10m") -> tuple[Stage, ...]:
    """A sample plan: equal steps up to everything."""
    return _sample((*range(step, 100, step), 100), bake)


def exponential(first: float = 1, *, bake: str = "15m") -> tuple[Stage, ...]:
    """A sample plan: each stage doubles the share of the one before."""
    shares = [first]
    while shares[-1] < 100:  # noqa: PLR2004  percent
        shares.append(min(100, shares[-1] * 2))
    return _sample(shares, bake)


def _sample(shares: Iterable[float], bake: str) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            name=f"share-{share:g}",
            share=share_of(share),
            bake=timedelta() if share == 100 else parse_duration(bake),  # noqa: PLR2004  percent
            gates=("errors", "latency", "measured-share"),
        )
        for share in shares
    )


def named_vectors(plan: Plan, *, baseline: Vector) -> frozenset[Vector]:
    """Return every vector that the plan names, the baseline included: no other may be set."""
    return frozenset({baseline, *(stage.vector for stage in plan.stages)})
