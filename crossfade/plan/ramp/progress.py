"""Where a migration stands: the facts of its journal that the next decision needs.

The one small value that is stored as the migration's state. Each function returns the progress
after something happened; none of them looks at the world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, ClassVar

from crossfade.plan.dns.records import RecordSet  # noqa: TC001
from crossfade.plan.dns.vector import Vector  # noqa: TC001
from crossfade.plan.gates.gate import GateResult, GateTally, counted
from crossfade.plan.gates.measured_share import Concentration  # noqa: TC001
from crossfade.plan.journal.operation import STRICT

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
class Progress:
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

    __pydantic_config__: ClassVar = STRICT

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


def steps(progress: Progress) -> int:
    """Return how many stages were left behind on the way to the present one."""
    return sum(bool(checkpoint.stage) for checkpoint in progress.checkpoints)


def began(progress: Progress) -> datetime | None:
    """Return when the first stage began; None before that."""
    starts = [one.at for one in progress.checkpoints if not one.stage]
    return starts[-1] if starts else progress.since


def entered(
    progress: Progress,
    *,
    stage: str,
    vector: Vector,
    records: Sequence[RecordSet],
    checkpoint: Checkpoint,
    at: datetime,
) -> Progress:
    """Return the progress at a new stage, its vector in sync at `at`.

    What counted for the stage before (tallies, overrides, approvals) counts no more.
    """
    return replace(
        _fresh(progress),
        stage=stage,
        since=at,
        vector=vector,
        previous=progress.vector,
        records=tuple(records),
        checkpoints=(*progress.checkpoints, checkpoint),
        completed_at=None,
        simple_at=None,
    )


def returned(
    progress: Progress, *, to: Checkpoint, records: Sequence[RecordSet], at: datetime
) -> Progress:
    """Return the progress at a checkpoint; it and all later ones are used up.

    One of the same stage, from before its records became simple, leaves the ramp complete.
    """
    at_hand = [one.operation for one in progress.checkpoints]
    used_from = at_hand.index(to.operation) if to.operation in at_hand else len(at_hand)
    return replace(
        _fresh(progress),
        stage=to.stage,
        since=at,
        vector=to.vector,
        previous=progress.vector,
        records=tuple(records),
        checkpoints=progress.checkpoints[:used_from],
        completed_at=progress.completed_at if to.stage == progress.stage else None,
        simple_at=None,
        final_at=None,
    )


def observed(progress: Progress, results: Iterable[GateResult]) -> Progress:
    """Return the progress with what its gates said counted in."""
    told = tuple(results)
    return replace(progress, tallies=counted(progress.tallies, told), results=told)


def measured(progress: Progress, concentration: Concentration | None) -> Progress:
    """Return the progress with one stage's measure of the resolvers, if there is one."""
    if concentration is None:
        return progress
    return replace(progress, concentration=(*progress.concentration, concentration))


def frozen(progress: Progress, freeze: Freeze) -> Progress:
    """Return the progress frozen; one that is frozen already keeps its first reason."""
    return progress if progress.frozen else replace(progress, frozen=freeze)


def thawed(progress: Progress) -> Progress:
    """Return the progress free to go forward; what its gates said before counts no more."""
    return replace(progress, frozen=None, tallies=())


def approved(progress: Progress, approval: Approval) -> Progress:
    """Return the progress with one more approval."""
    return replace(progress, approvals=(*progress.approvals, approval))


def overridden(progress: Progress, override: Override) -> Progress:
    """Return the progress with one gate overridden."""
    return replace(progress, overrides=(*progress.overrides, override))


def completed(progress: Progress, at: datetime) -> Progress:
    """Return the progress with its last stage done; the first such instant stays."""
    return progress if progress.completed_at else replace(progress, completed_at=at)


def made_simple(
    progress: Progress, *, records: Sequence[RecordSet], checkpoint: Checkpoint, at: datetime
) -> Progress:
    """Return the progress with simple records of new; no traffic moved, so it is still complete."""
    return replace(
        progress,
        records=tuple(records),
        checkpoints=(*progress.checkpoints, checkpoint),
        simple_at=at,
    )


def declared_final(progress: Progress, at: datetime) -> Progress:
    """Return the progress past the point of no return: its checkpoints are given up."""
    return replace(progress, final_at=at, checkpoints=())


def _fresh(progress: Progress) -> Progress:
    return replace(progress, tallies=(), results=(), overrides=(), approvals=())
