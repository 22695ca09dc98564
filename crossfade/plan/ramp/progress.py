"""Where a migration stands: the facts of its journal that the next decision needs.

The one small value that is stored as the migration's state. Each function returns the position
after something happened; none of them looks at the world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from crossfade.plan.dns.records import RecordSet  # noqa: TC001
from crossfade.plan.dns.vector import Vector  # noqa: TC001
from crossfade.plan.gates.gate import GateResult, GateTally, counted
from crossfade.plan.gates.measured_share import Concentration  # noqa: TC001

# pydantic reads the annotations at run time, hence no import for type checking only
from crossfade.plan.ramp.approval import Approval, Override  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Freeze:
    """Why the ramp does not go forward until somebody thaws it. It never keeps it from going back.

    Attributes:
        reason: Why.
        by: Who or what froze it.
        at: When.
    """

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One state that the migration can return to.

    Attributes:
        operation: The operation that recorded it, before its first effect; its change's `expected`
            are the record sets.
        stage: The stage that the migration was at then; "" before the first.
        vector: The weights then, or None where the records were not a pair yet.
        records_digest: Digest of the record sets then.
        at: When it was recorded.
    """

    operation: str
    stage: str
    vector: Vector | None
    records_digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The last decision.

    Attributes:
        word: `advance`, `hold` or `back`.
        reason: Why.
        at: When.
        ask_again: When the answer may be another one, or None if only a person can change it.
    """

    word: str
    reason: str
    at: datetime
    ask_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a migration stands.

    Attributes:
        stage: Name of the present stage; "" before the first.
        since: When its vector was in sync, or None before the first change.
        vector: The weights that were set last, or None before the first change.
        previous: The weights before those.
        records: The record sets as they were read back then: what must still be there now.
        zone: The hosted zone in which they were adopted; "" before.
        checkpoints: What can be returned to, oldest (the baseline) first.
        tallies: What the stage's gates have said, and how often in a row.
        results: The gates' last results, with their figures.
        concentration: How uneven the resolvers were at earlier stages.
        frozen: Why the ramp does not go forward, or None.
        approvals: What people have approved.
        overrides: The gates that people have overridden at this stage.
        completed_at: When the last stage's gates had passed, or None.
        simple_at: When the records became simple ones of new, or None while they are pairs.
        final_at: When the point of no return was declared, or None.
        decided: The last decision, or None before the first.
    """

    stage: str = ""
    since: datetime | None = None
    vector: Vector | None = None
    previous: Vector | None = None
    records: tuple[RecordSet, ...] = ()
    zone: str = ""
    checkpoints: tuple[Checkpoint, ...] = ()
    tallies: tuple[GateTally, ...] = ()
    results: tuple[GateResult, ...] = ()
    concentration: tuple[Concentration, ...] = ()
    frozen: Freeze | None = None
    approvals: tuple[Approval, ...] = ()
    overrides: tuple[Override, ...] = ()
    completed_at: datetime | None = None
    simple_at: datetime | None = None
    final_at: datetime | None = None
    decided: Decided | None = None

    @property
    def baseline(self) -> Checkpoint | None:
        """The state before everything, or None if nothing was changed yet."""
        return self.checkpoints[0] if self.checkpoints else None


def entered(
    position: Position,
    *,
    stage: str,
    vector: Vector,
    records: Sequence[RecordSet],
    checkpoint: Checkpoint,
    at: datetime,
) -> Position:
    """Return the position at a new stage, its vector in sync at `at`.

    What counted for the stage before (tallies, overrides, approvals) counts no more.
    """
    return replace(
        _fresh(position),
        stage=stage,
        since=at,
        vector=vector,
        previous=position.vector,
        records=tuple(records),
        checkpoints=(*position.checkpoints, checkpoint),
        completed_at=None,
        simple_at=None,
    )


def returned(
    position: Position, *, to: Checkpoint, records: Sequence[RecordSet], at: datetime
) -> Position:
    """Return the position at a checkpoint; it and all later ones are used up.

    One of the same stage, from before its records became simple, leaves the ramp complete.
    """
    at_hand = [one.operation for one in position.checkpoints]
    used_from = at_hand.index(to.operation) if to.operation in at_hand else len(at_hand)
    return replace(
        _fresh(position),
        stage=to.stage,
        since=at,
        vector=to.vector,
        previous=position.vector,
        records=tuple(records),
        checkpoints=position.checkpoints[:used_from],
        completed_at=position.completed_at if to.stage == position.stage else None,
        simple_at=None,
        final_at=None,
    )


def observed(position: Position, results: Iterable[GateResult]) -> Position:
    """Return the position with what its gates said counted in."""
    told = tuple(results)
    return replace(position, tallies=counted(position.tallies, told), results=told)


def measured(position: Position, concentration: Concentration | None) -> Position:
    """Return the position with one stage's measure of the resolvers, if there is one."""
    if concentration is None:
        return position
    return replace(position, concentration=(*position.concentration, concentration))


def frozen(position: Position, freeze: Freeze) -> Position:
    """Return the position frozen; one that is frozen already keeps its first reason."""
    return position if position.frozen else replace(position, frozen=freeze)


def thawed(position: Position) -> Position:
    """Return the position free to go forward; what its gates said before counts no more."""
    return replace(position, frozen=None, tallies=())


def approved(position: Position, approval: Approval) -> Position:
    """Return the position with one more approval."""
    return replace(position, approvals=(*position.approvals, approval))


def overridden(position: Position, override: Override) -> Position:
    """Return the position with one gate overridden."""
    return replace(position, overrides=(*position.overrides, override))


def completed(position: Position, at: datetime) -> Position:
    """Return the position with its last stage done; the first such instant stays."""
    return position if position.completed_at else replace(position, completed_at=at)


def made_simple(
    position: Position, *, records: Sequence[RecordSet], checkpoint: Checkpoint, at: datetime
) -> Position:
    """Return the position with simple records of new; no traffic moved, so it is still complete."""
    return replace(
        position,
        records=tuple(records),
        checkpoints=(*position.checkpoints, checkpoint),
        simple_at=at,
    )


def declared_final(position: Position, at: datetime) -> Position:
    """Return the position past the point of no return: its checkpoints are given up."""
    return replace(position, final_at=at, checkpoints=())


def _fresh(position: Position) -> Position:
    return replace(position, tallies=(), results=(), overrides=(), approvals=())


_ADAPTER = TypeAdapter(Position)


def position_to_state(position: Position) -> dict[str, Any]:
    """Write a position as the JSON document that a head stores."""
    state: dict[str, Any] = _ADAPTER.dump_python(position, mode="json")
    return state


def position_from_state(state: dict[str, Any]) -> Position:
    """Read a position from a head; an empty document is a migration that did nothing yet."""
    return _ADAPTER.validate_python(state)
