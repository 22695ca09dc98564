"""The timeline of a ramp: the share that was set, what resolvers had of it, and what came of it.

From a migration's operations to series that can be drawn. The set share is what the journal says,
from the instant at which Route 53 was in sync. The propagated share is what resolvers' caches then
hold: each keeps an answer for one TTL and they are not in step with each other, so that it moves in
a straight line over the TTL. That is why the gate of the measured share begins to look one TTL
after a change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from crossfade.plan.dns.records import longest_ttl
from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.gates.measured_share import pooled
from crossfade.plan.gates.samples import Point, Series
from crossfade.plan.journal.operation import Status, instant
from crossfade.plan.ramp.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.ramp.progress import Progress


@dataclass(frozen=True, slots=True)
class Setting:
    """Weights that were set once.

    Attributes:
        operation: The operation that set them.
        kind: Its procedure: `advance`, `back`, `abort`, `reverse`.
        stage: The stage that they belong to; "" before the first, and at the baseline.
        begun: When the operation began; the weights before it count until here.
        at: When the weights were in sync at Route 53.
        vector: The weights, or None where the records became what they were before the migration.
        previous: The weights before them, likewise.
        ttl: How long resolvers may keep an answer from before.
        concentration: How uneven the resolvers were known to be, or None.
    """

    operation: str
    kind: str
    stage: str
    begun: datetime
    at: datetime
    vector: Vector | None
    previous: Vector | None = None
    ttl: timedelta = timedelta(seconds=60)
    concentration: float | None = None

    @property
    def share(self) -> float:
        """Percent of new lookups that go to the new platform."""
        return float((self.vector or BASELINE).share)


class MarkKind(StrEnum):
    """What happened at a moment that is worth a mark."""

    BACK = "back"
    ABORT = "abort"
    REVERSE = "reverse"
    HOLD = "hold"
    FOREIGN = "foreign change"
    FAIL = "gate fails"
    COMPLETE = "complete"
    SIMPLE = "simple records"
    FINAL = "point of no return"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """A moment worth a mark, with what happened in one line."""

    at: datetime
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests of both platforms over one period of the timeline's resolution.

    Attributes:
        at: The period's beginning.
        legacy: Requests per minute of the legacy platform.
        new: Of the new one.
    """

    at: datetime
    legacy: float
    new: float

    @property
    def share(self) -> float | None:
        """Percent of the requests that the new platform got; None where there were none."""
        both = self.legacy + self.new
        return 100 * self.new / both if both else None


@dataclass(frozen=True, slots=True)
class Judged:
    """The measured share as its gate sees it at one instant, all three in percent.

    Attributes:
        at: End of the minutes that were looked at.
        setting: Which setting's minutes they are.
        share: The measured share.
        expected: The share that was set.
        tolerance: How far off the measured one may be.
    """

    at: datetime
    setting: int
    share: float
    expected: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that a picture of a ramp shows.

    Attributes:
        name: The migration.
        start: Where it begins.
        end: Where it ends: now, or a while after the last event of a ramp that is over.
        settings: The weights that were set, oldest first.
        propagated: What resolvers' caches held, in percent: points to be joined by straight lines.
        judged: The measured share as its gate sees it.
        counted: Requests; empty where they could not be read.
        resolution: Length of the periods that were counted.
        marks: Moments worth a mark, oldest first.
        caveats: What could not be shown, and why.
    """

    name: str
    start: datetime
    end: datetime
    settings: tuple[Setting, ...] = ()
    propagated: Series = ()
    judged: tuple[Judged, ...] = ()
    counted: tuple[Counted, ...] = ()
    resolution: timedelta = timedelta(minutes=1)
    marks: tuple[TimelineMark, ...] = ()
    caveats: tuple[str, ...] = ()


def settings_of(operations: Iterable[Operation[Any, Progress]]) -> tuple[Setting, ...]:
    """Return the weights that operations of a migration set, oldest first; others count nothing."""
    found: list[Setting] = []
    for operation in filter(set_weights, operations):
        before, after = operation.before, operation.after
        last = _setting(operation, before, after)
        steps = list(_steps(operation, last))
        previous = [before.vector, *(step.vector for step in steps)]
        told = zip([*steps, last], previous, strict=True)
        found += [replace(one, previous=vector) for one, vector in told]
    return tuple(sorted(found, key=lambda one: one.at))


def set_weights(operation: Operation[Any, Progress]) -> bool:
    """Whether an operation of a migration set weights, or adopted those that it found."""
    before, after = operation.before, operation.after
    return operation.status is Status.DONE and after.since not in (None, before.since)


def _steps(operation: Operation[Any, Progress], last: Setting) -> Iterator[Setting]:
    """The weights that a gradual return passed through; each has a note from its end."""
    for note in operation.notes:
        if {"legacy", "new", "seconds"} <= note.figures.keys():
            vector = Vector(note.figures["legacy"], note.figures["new"])
            at = instant(note.at) - timedelta(seconds=note.figures["seconds"])
            yield replace(last, vector=vector, at=at, begun=at, stage="")


def _setting(operation: Operation[Any, Progress], before: Progress, after: Progress) -> Setting:
    begun = instant(operation.begun_at)
    # What was recorded before the change says when it began; that it was in sync came as a note.
    synced = [
        note
        for note in operation.notes
        if "in_sync_seconds" in note.figures and "legacy" not in note.figures
    ]
    return Setting(
        operation=operation.id,
        kind=operation.kind,
        stage=after.stage,
        begun=begun,
        at=instant(synced[-1].at) if synced else after.since or begun,
        vector=after.vector,
        ttl=longest_ttl((*before.records, *after.records)),
        concentration=pooled(after.concentration),
    )


def propagated(settings: Sequence[Setting], end: datetime) -> Series:
    """Return what resolvers' caches held, in percent: points to be joined by straight lines.

    A cache asks again once in each TTL, so of all caches the part that asked since a change grows
    evenly from nothing to everything within one TTL. With one TTL for all this is the mean of the
    set share over the last TTL, also where changes follow each other faster.
    """
    if not settings:
        return ()
    ttl = max(setting.ttl for setting in settings)
    turns = {at for one in settings for at in (one.at, one.at + ttl) if at <= end}
    return tuple(Point(at, _held(settings, ttl, at)) for at in sorted({*turns, end}))


def _held(settings: Sequence[Setting], ttl: timedelta, at: datetime) -> float:
    """The share in the caches: what stood there first, and of each change the part that got in."""
    first = settings[0]
    shares = [float((first.previous or BASELINE).share), *(one.share for one in settings)]
    asked = [min(1.0, max(0.0, (at - one.at) / ttl)) for one in settings]
    steps = zip(asked, pairwise(shares), strict=True)
    return shares[0] + sum(part * (after - before) for part, (before, after) in steps)
