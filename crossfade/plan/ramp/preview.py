"""What a plan will do, told before it does it: vectors, durations, load, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Bullets
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.dns.vector import WHOLE, Vector, percent, share_error
from crossfade.plan.gates.gate import OnFail
from crossfade.plan.gates.guarantee import said_false_returns, said_sight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from crossfade.plan.base.blocks import Block
    from crossfade.plan.ramp.stages import Plan, Stage


@dataclass(frozen=True, slots=True)
class BackTime:
    """The worst-case time from the first bad minute until nobody meets the new platform.

    Attributes:
        detection: Until a gate's limit is reached; None if no gate of the stage takes it back.
        in_sync: Until Route 53 has the old weights on all its servers.
        ttl: Until resolvers ask again.
        keep_alive: Until connections that were open have ended.
    """

    detection: timedelta | None
    in_sync: timedelta
    ttl: timedelta
    keep_alive: timedelta

    @property
    def total(self) -> timedelta:
        """All of it; without detection, where nobody looks, from the moment that somebody does."""
        return (self.detection or timedelta()) + self.in_sync + self.ttl + self.keep_alive

    def __str__(self) -> str:
        detection = (
            "no gate looks: a person or an alarm must start it"
            if self.detection is None
            else f"detection {shown_duration(self.detection)}"
        )
        return (
            f"{shown_duration(self.total)} ({detection}, in sync {shown_duration(self.in_sync)}, "
            f"TTL {shown_duration(self.ttl)}, keep-alive {shown_duration(self.keep_alive)})"
        )


@dataclass(frozen=True, slots=True)
class StagePreview:
    """One stage, foretold.

    Attributes:
        name: Its name.
        share: The share that was asked for, percent.
        vector: The weights that mean it.
        error: Points by which they miss it.
        least: The least time at the stage, gates' windows included.
        legacy_rps: Requests per second that legacy is expected to get, or None if not known.
        new_rps: The same for new.
        back: The worst-case time to come back.
        asks: What must be given before it begins: approval, windows, cron jobs.
        sees: How soon its gates see a worse platform, where the load is known; else "".
        promise: How seldom the plan's gates take back a good one; "" where none of them says.
    """

    name: str
    share: Fraction
    vector: Vector
    error: Fraction
    least: timedelta
    legacy_rps: float | None
    new_rps: float | None
    back: BackTime
    asks: tuple[str, ...]
    sees: str = ""
    promise: str = ""

    def __str__(self) -> str:
        off = f" (off by {float(self.error):+.3f} points)" if self.error else ""
        load = (
            ""
            if self.new_rps is None or self.legacy_rps is None
            else f", {self.legacy_rps:.1f} rps on legacy and {self.new_rps:.1f} on new"
        )
        asks = f"; {', '.join(self.asks)}" if self.asks else ""
        sees = f"; {self.sees}" if self.sees else ""
        return (
            f"{self.name}: {percent(self.share)} as {self.vector}{off}, at least "
            f"{shown_duration(self.least)}{load}; back in {self.back}{asks}{sees}"
        )


def preview(plan: Plan, *, requests: float | None, ttl: timedelta) -> tuple[StagePreview, ...]:
    """Foretell each stage of a plan.

    Args:
        plan: The plan.
        requests: Requests per second of both platforms together, or None if not known.
        ttl: TTL of the records; 60 seconds for aliases of load balancers.
    """
    return tuple(
        _stage(plan, stage, requests=requests, ttl=ttl, step=step)
        for step, stage in enumerate(plan.stages)
    )


def preview_blocks(name: str, stages: Sequence[StagePreview]) -> tuple[Block, ...]:
    """Say what a migration will do, stage by stage."""
    promises = {stage.promise for stage in stages if stage.promise}
    told = [str(stage) for stage in stages]
    return (Bullets(f"{name}, stage by stage", [*told, *sorted(promises)]),)


def _stage(
    plan: Plan, stage: Stage, *, requests: float | None, ttl: timedelta, step: int
) -> StagePreview:
    part = float(stage.vector.share / WHOLE)
    legacy = None if requests is None else requests * (1 - part)
    new = None if requests is None else requests * part
    return StagePreview(
        name=stage.name,
        share=stage.share,
        vector=stage.vector,
        error=share_error(stage.share, stage.vector),
        least=max(stage.bake, _measuring(plan, stage)),
        legacy_rps=legacy,
        new_rps=new,
        back=BackTime(
            detection=_detection(plan, stage),
            in_sync=plan.in_sync,
            ttl=ttl,
            keep_alive=plan.keep_alive,
        ),
        asks=_asks(plan, stage),
        sees=said_sight(
            plan.gates_of(stage), new=_a_minute(new), legacy=_a_minute(legacy), step=step
        ),
        promise=said_false_returns(gate for one in plan.stages for gate in plan.gates_of(one)),
    )


def _a_minute(a_second: float | None) -> float | None:
    return None if a_second is None else a_second * 60


def _measuring(plan: Plan, stage: Stage) -> timedelta:
    windows = [gate.window for gate in plan.gates_of(stage)]
    return max(windows) + plan.metric_delay if windows else timedelta()


def _detection(plan: Plan, stage: Stage) -> timedelta | None:
    """The quickest gate that takes the ramp back: its window full of plainly bad minutes.

    Such minutes fail sooner than that. How soon a platform is seen that is but somewhat worse
    depends on the load.
    """
    times = [
        gate.window + plan.metric_delay + gate.limits.fail * plan.check_every
        for gate in plan.gates_of(stage)
        if gate.on_fail is OnFail.BACK and gate.limits.fail is not None
    ]
    return min(times, default=None)


def _asks(plan: Plan, stage: Stage) -> tuple[str, ...]:
    asks = ["approval"] if stage.approval else []
    asks += [str(window) for window in plan.windows_of(stage)]
    if stage.crons:
        asks.append(f"moves {', '.join(stage.crons)}")
    return tuple(asks)
