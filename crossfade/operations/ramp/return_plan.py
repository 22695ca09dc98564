"""The way back, planned: which checkpoint, through which weights, and what legacy would get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.ramp.capacity import capacity
from crossfade.operations.ramp.look import with_crons
from crossfade.operations.ramp.participants.traffic import ABORT, BACK, STEPS
from crossfade.operations.ramp.read import vector_in
from crossfade.plan.dns.pair import away_from_legacy
from crossfade.plan.dns.records import longest_ttl, same_records
from crossfade.plan.dns.vector import weights
from crossfade.plan.ramp.return_plan import (
    Steps,
    given_up,
    previous_checkpoint,
    return_path,
    steps_to_json,
    strained,
    where,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.ramp.read import LiveRecords, Ramp
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.ramp.progress import Checkpoint


@dataclass(frozen=True)
class Returned:
    """What came of going back.

    Attributes:
        name: The migration.
        came: The weights before, or None where they were no pair.
        goes: The weights afterwards, or None where the records become simple again.
        to: The checkpoint, or None where there was nothing to go back from.
        operations: What was recorded.
        dry_run: Whether it was only planned.
        steps: What comes before the checkpoint where it goes back gradually.
        warning: Why legacy may not bear what it gets, or "".
        crons: What came of the cron jobs that went back with it.
    """

    name: str
    came: Vector | None
    goes: Vector | None
    to: Checkpoint | None
    operations: tuple[Operation[Any, Any], ...] = ()
    dry_run: bool = False
    steps: Steps | None = None
    warning: str = ""
    crons: tuple[Moved, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 1 where a cron job could not go back with it."""
        failed = any(one.exit_code for one in self.crons)
        return Failed.exit_code if failed else 0

    def line(self) -> str:
        """Say it in one line."""
        return with_crons(self._line(), self.crons)

    def _line(self) -> str:
        if self.to is None and not self.operations:
            return f"{self.name}: nothing to go back from"
        if self.to is None:
            return f"{self.name}: {self.operations[-1].title}: {self.operations[-1].status}"
        verb = "would go back" if self.dry_run else "went back"
        through = f", through {', '.join(map(str, self.steps.through))}" if self.steps else ""
        return f"{self.name}: {verb} to {where(self.to)} ({weights(self.goes)}){through}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to go back: at once, or gradually with a pause that is given or configured."""

    gradual: bool = False
    pause: timedelta | None = None


IMMEDIATELY = Pace()
"""In one batch, whatever legacy gets."""


def plan_return(
    ramp: Ramp, live: LiveRecords, checkpoint: Checkpoint | None, pace: Pace
) -> Returned:
    """Plan a return, and check whether legacy can bear it: that warns and keeps nobody from it."""
    came = weights_now(ramp, live)
    if checkpoint is None:
        return Returned(ramp.name, came, came, None)
    steps = _steps(ramp, live, came, checkpoint, pace.pause) if pace.gradual else None
    first = steps.through[0] if steps else checkpoint.vector
    load = capacity(ramp)
    strain = strained(load, first) if load else ""
    warning = strain if steps or not strain else f"{strain}: add capacity, or go back gradually"
    if warning:
        ramp.world.report.say(warning)
    return Returned(ramp.name, came, checkpoint.vector, checkpoint, steps=steps, warning=warning)


def weights_now(ramp: Ramp, live: LiveRecords) -> Vector | None:
    """Return the weights that stand there; simple records of new mean those set before them."""
    progress = ramp.progress
    if progress.simple_at and same_records(live.records, progress.records):
        return progress.vector
    return vector_in(live.records, ramp.traffic)


def _steps(
    ramp: Ramp, live: LiveRecords, came: Vector | None, to: Checkpoint, pause: timedelta | None
) -> Steps | None:
    """Return the steps on the way to a checkpoint, or None where there is no stage between."""
    through = return_path(ramp.plan, came, to.vector) if came else ()
    if not through:
        return None
    configured = ramp.migration.return_pause or longest_ttl(live.records)
    return Steps(
        through=through,
        pause=configured if pause is None else pause,
        patience=ramp.migration.return_patience,
    )


def asked(planned: Returned) -> Json:
    """Return what the journal keeps of the way that was chosen."""
    steps = {STEPS: steps_to_json(planned.steps)} if planned.steps else {}
    return {**steps, **({"warning": planned.warning} if planned.warning else {})}


def checkpoint_of(ramp: Ramp, live: LiveRecords, kind: str, to: str = "") -> Checkpoint | None:
    """Return the checkpoint that a procedure returns to; None if there is nothing to go back from.

    Args:
        ramp: The migration as read.
        live: What stands in DNS.
        kind: The procedure.
        to: The operation that recorded it, or "" for the procedure's own choice.

    Raises:
        BadInput: No checkpoint of that operation is left.
    """
    at_hand = ramp.progress.checkpoints
    if to:
        found = next((one for one in at_hand if one.operation == to), None)
        if found is None:
            known = ", ".join(f"{one.operation} ({where(one)})" for one in at_hand) or "none"
            raise BadInput(f"{ramp.subject} has no checkpoint {to}; what it can return to: {known}")
        return found
    if kind == BACK:
        away = away_from_legacy(live.records, ramp.traffic)
        return previous_checkpoint(ramp.progress, at_most=away)
    if not at_hand:
        return None
    return at_hand[0 if kind == ABORT else -1]


def refuse_if_given_up(ramp: Ramp) -> None:
    """Refuse where people gave up the way back.

    Raises:
        Refused: They did; the text says when and how.
    """
    why = given_up(ramp.plan, ramp.progress, ramp.world.clock.now())
    if why:
        raise Refused(f"{ramp.name} cannot go back: {why}; plan a migration the other way round")
