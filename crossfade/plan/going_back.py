"""Going back: at once, or gradually through the plan's own vectors."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from crossfade.plan.vector import WHOLE, Vector, percent

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.position import Checkpoint, Position
    from crossfade.plan.stages import Plan


@dataclass(frozen=True, slots=True)
class Capacity:
    """What legacy can bear, for the check before a return.

    Attributes:
        requests: Requests per second of both platforms now.
        legacy_bears: Requests per second that legacy is known to bear.
    """

    requests: float
    legacy_bears: float


def previous_checkpoint(position: Position) -> Checkpoint | None:
    """Return what `back` returns to; None if there is nothing to go back from."""
    return position.checkpoints[-1] if position.checkpoints else None


def reversible_until(plan: Plan, position: Position) -> datetime | None:
    """Return until when the ramp may be taken back; None while it is not complete."""
    if position.completed_at is None:
        return None
    return position.completed_at + plan.reversible_for


def given_up(plan: Plan, position: Position, now: datetime) -> str:
    """Say why there is no way back any more; "" if there is one.

    Only what people decided ends it: the point of no return, and the time that the plan gives.
    """
    if position.final_at is not None:
        return f"the point of no return was declared at {position.final_at:%Y-%m-%d %H:%M} UTC"
    until = reversible_until(plan, position)
    if until is not None and until <= now:
        return f"the ramp was complete, and reversible until {until:%Y-%m-%d %H:%M} UTC"
    return ""


def return_path(plan: Plan, live: Vector, to: Vector | None) -> tuple[Vector | None, ...]:
    """Return the vectors of a gradual way back, the checkpoint's own last.

    It passes through the stages' vectors between here and there, so that no weights stand in DNS
    that the plan does not name. `to` is None where the checkpoint's records are no pair.
    """
    lowest = to.share if to else Fraction(0)
    between = {stage.vector for stage in plan.stages if lowest < stage.vector.share < live.share}
    steps = sorted(between, key=lambda vector: vector.share, reverse=True)
    return (*steps, to)


def strained(capacity: Capacity, vector: Vector | None) -> str:
    """Say if legacy would get more than it bears at a vector; "" if not.

    It is a warning with figures: it never keeps anybody from going back.
    """
    share = vector.share if vector else Fraction(0)
    expected = capacity.requests * float(1 - share / WHOLE)
    if expected <= capacity.legacy_bears:
        return ""
    return (
        f"at {percent(share)} legacy would get {expected:.0f} requests a second and is known to "
        f"bear {capacity.legacy_bears:.0f}: add capacity, or go back gradually"
    )
