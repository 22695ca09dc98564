"""Going back: at once, or gradually through the plan's own vectors, and for how long it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta  # noqa: TC003  pydantic reads the annotations at run time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from crossfade.plan.dns.vector import WHOLE, Vector, percent

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.ramp.progress import Checkpoint, Progress
    from crossfade.plan.ramp.stages import Plan


@dataclass(frozen=True, slots=True)
class Capacity:
    """What legacy can bear, for the check before a return.

    Attributes:
        requests: Requests per second of both platforms now.
        legacy_bears: Requests per second that legacy is known to bear.
    """

    requests: float
    legacy_bears: float


@dataclass(frozen=True, slots=True)
class Steps:
    """What a gradual return does before it restores its checkpoint.

    Attributes:
        through: The weights to pass through, each with less on new than the one before.
        pause: Least time at each of them.
        patience: How much longer one may last while legacy could not bear the next.
    """

    through: tuple[Vector, ...]
    pause: timedelta
    patience: timedelta


def where(checkpoint: Checkpoint) -> str:
    """Name a checkpoint for people."""
    if checkpoint.stage:
        return f"stage {checkpoint.stage}"
    return "the baseline" if checkpoint.vector is None else "before the first stage"


def previous_checkpoint(
    progress: Progress, *, at_most: Fraction = Fraction(WHOLE)
) -> Checkpoint | None:
    """Return what going back one checkpoint returns to; None if there is nothing to go back from.

    That the records became simple moved no traffic, so its checkpoint would bring none back: it is
    for `reverse`, and going back takes the one before it.

    Args:
        progress: Where the migration stands.
        at_most: Percent of new lookups that are not answered with legacy now. A checkpoint with
            more on new is passed by: somebody was quicker, and returning to it would go forward.
    """
    moved = progress.checkpoints[:-1] if progress.simple_at else progress.checkpoints
    lower = [one for one in moved if one.vector is None or one.vector.share <= at_most]
    return lower[-1] if lower else None


def reversible_until(plan: Plan, progress: Progress) -> datetime | None:
    """Return until when the ramp may be taken back; None while it is not complete."""
    if progress.completed_at is None:
        return None
    return progress.completed_at + plan.reversible_for


def given_up(plan: Plan, progress: Progress, now: datetime) -> str:
    """Say why there is no way back any more; "" if there is one.

    Only what people decided ends it: the point of no return, and the time that the plan gives.
    """
    if progress.final_at is not None:
        return f"the point of no return was declared at {progress.final_at:%Y-%m-%d %H:%M} UTC"
    until = reversible_until(plan, progress)
    if until is not None and until <= now:
        return f"the ramp was complete, and reversible until {until:%Y-%m-%d %H:%M} UTC"
    return ""


def return_path(plan: Plan, live: Vector, to: Vector | None) -> tuple[Vector, ...]:
    """Return the weights that a gradual return passes through on its way to a checkpoint.

    They are those of the stages between here and there, so that no weights stand in DNS that the
    plan does not name. `to` is None where the checkpoint's records are no pair.
    """
    lowest = to.share if to else Fraction(0)
    between = {stage.vector for stage in plan.stages if lowest < stage.vector.share < live.share}
    return tuple(sorted(between, key=lambda vector: vector.share, reverse=True))


def strained(capacity: Capacity, vector: Vector | None) -> str:
    """Say if legacy would get more than it bears at a vector; "" if not.

    It is a warning with figures: it never keeps anybody from going back.
    """
    share = vector.share if vector else Fraction(0)
    expected = capacity.requests * float(1 - share / WHOLE)
    if expected <= capacity.legacy_bears:
        return ""
    return (
        f"at {percent(share)} on new, legacy would get {expected:.0f} requests a second and is "
        f"known to bear {capacity.legacy_bears:.0f}"
    )


_STEPS = TypeAdapter(Steps)


def steps_to_json(steps: Steps) -> dict[str, Any]:
    """Write the steps of a gradual return as the request of its operation keeps them."""
    document: dict[str, Any] = _STEPS.dump_python(steps, mode="json")
    return document


def steps_from_json(document: dict[str, Any]) -> Steps:
    """Read them back."""
    return _STEPS.validate_python(document)
