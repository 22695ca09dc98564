"""What a contender is told about a tick, and what it looks at to be told."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, cast

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import (
    SideMark,
    State,
    TickRecord,
    decode,
    lease_key,
    mark_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Item, Read, Steps, Unreadable, ask
from crossfade.plan.cron.claim.restart_proof import Sample, doubt
from crossfade.plan.cron.schedule.ticks import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.claim.running_lease import Keeping
    from crossfade.plan.cron.claim.terms import Contender, Terms


class OutcomeKind(StrEnum):
    """What a contender is told.

    `won`: the tick is its own. `held`: another has it. `skipped`: an earlier run still runs.
    `late`: it could not start in time. `suspect`: the server may have lost a claim of this tick.
    `unavailable`: the server did not answer. `unreadable`: it answered what cannot be understood.
    `manual`: started by hand, it is no tick at all.
    """

    WON = "won"
    HELD = "held"
    SKIPPED = "skipped"
    LATE = "late"
    SUSPECT = "suspect"
    UNAVAILABLE = "unavailable"
    UNREADABLE = "unreadable"
    MANUAL = "manual"


UNDECIDED = frozenset({OutcomeKind.UNAVAILABLE, OutcomeKind.UNREADABLE})
"""Outcomes that leave open who has the tick."""


class ClaimOutcome(NamedTuple):
    """What a contender is told, and why.

    Attributes:
        kind: The outcome.
        reason: Why, in a sentence; "" for a win.
        record: The tick's record as far as it is known.
        mine: Whether `record` says that this contender runs the tick: always with `won`, with
            `suspect` only if the terms let it go on.
        keeping: The running lease, if one was taken.
        sample: The server's state at the decision, if it was read.
    """

    kind: OutcomeKind
    reason: str = ""
    record: TickRecord | None = None
    mine: bool = False
    keeping: Keeping | None = None
    sample: Sample | None = None


class View(NamedTuple):
    """What was in memcached about a job and a tick, read at once.

    Attributes:
        items: The items found, by key.
        wall: The wall clock when they came, in seconds since 1970.
        now: The monotonic clock when they came.
    """

    items: Mapping[str, Item]
    wall: float
    now: float


def look(me: Contender) -> Steps[View]:
    """Read all that bears on a tick, at once.

    Raises:
        Cut: No answer came.
    """
    marks = (mark_key(me.job, platform) for platform in Platform)
    answer = yield from ask(Read((tick_key(me.job, me.tick), lease_key(me.job), *marks)))
    return View(cast("Mapping[str, Item]", answer.value), answer.wall, answer.now)


def doubt_about(me: Contender, terms: Terms, view: View, sample: Sample) -> str:
    """Say why the server may have lost what bears on this tick; "" if it cannot have."""
    found = (view.items.get(mark_key(me.job, platform)) for platform in Platform)
    marks = (decode(SideMark, item.value) for item in found if item is not None)
    return doubt(
        sample,
        [mark for mark in marks if mark is not None],
        tick=me.tick * MINUTE,
        tolerance=terms.tolerance,
        remember=terms.lease if terms.leased else 0,
        accept_evictions=terms.accept_evictions,
    )


def tick_in(me: Contender, item: Item) -> TickRecord:
    """Return the record of the contender's tick that was read.

    Raises:
        Unreadable: It is none.
    """
    record = decode(TickRecord, item.value)
    if record is None:
        raise Unreadable(tick_key(me.job, me.tick), item.value)
    return record


def record_of(me: Contender, state: State, at: float) -> TickRecord:
    """Return a record of this contender."""
    return TickRecord(state, me.token, me.platform, me.host, at=at)


def late(me: Contender, wall: float) -> ClaimOutcome:
    """Return the outcome for a contender that could start only after its deadline."""
    return ClaimOutcome(
        OutcomeKind.LATE,
        f"could start only {wall - me.tick * MINUTE:.0f} s after its tick: too late",
    )
