"""Standing by: taking a tick over from a holder that crashed.

Only with `--rerun-after-crash`. What the crashed run did before it died is not known; the next
attempt is told its number, so that the job can look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.outcome import (
    ClaimOutcome,
    OutcomeKind,
    View,
    doubt_about,
    look,
    record_of,
    tick_in,
)
from crossfade.plan.cron.claim.records import (
    RunningLease,
    State,
    TickRecord,
    encode,
    lease_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Item, Pause, Steps, swap
from crossfade.plan.cron.claim.restart_proof import take_sample
from crossfade.plan.cron.claim.running_lease import BEATS, holds, take_lease

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Contender, Terms


PAST_DEADLINE = 1.0
"""Seconds after the deadline at which the last look is taken, at the latest."""


def stand_by(
    me: Contender, terms: Terms, record: TickRecord, wall: float
) -> Steps[ClaimOutcome | None]:
    """Wait beside a run, and take it over once its lease has been gone for a whole length.

    A holder that lives takes a lease that the server lost again within a third of its length.

    Args:
        me: The contender that waits.
        terms: Its terms.
        record: The run, as it was read.
        wall: When, in seconds since 1970.

    Returns:
        The outcome, or None if the record changed: look again.

    Raises:
        Cut: The connection was lost.
        Unreadable: The record or the lease cannot be read.
    """
    gone: float | None = None
    while True:
        left = max(0.0, terms.deadline - wall) + PAST_DEADLINE  # the length is the other's word
        yield Pause(min(record.lease / BEATS, left))
        view = yield from look(me)
        wall = view.wall
        item = view.items.get(tick_key(me.job, me.tick))
        if item is None or tick_in(me, item) != record:
            return None
        if wall > terms.deadline:
            return ClaimOutcome(
                OutcomeKind.HELD, f"{record.platform}/{record.host} has it: running", record
            )
        lease = view.items.get(lease_key(me.job))
        if lease is not None and holds(record.token, lease):
            gone = None
        elif gone is None:
            gone = view.now
        elif view.now - gone > record.lease:
            return (yield from _take_over(me, terms, view, item))


def _take_over(me: Contender, terms: Terms, view: View, item: Item) -> Steps[ClaimOutcome | None]:
    """Take a tick from a holder that crashed; None to look again."""
    crashed = tick_in(me, item)
    sample = yield from take_sample()
    reason = doubt_about(me, terms, view, sample)
    if reason:
        return ClaimOutcome(OutcomeKind.HELD, f"not taken over: {reason}", crashed, sample=sample)
    held = yield from take_lease(me, terms)
    if isinstance(held, RunningLease):
        return None
    mine = record_of(me, State.RUNNING, sample.wall)._replace(
        start=sample.wall, lease=terms.lease, attempt=crashed.attempt + 1
    )
    key = tick_key(me.job, me.tick)
    if not (yield from swap(key, encode(mine), item.cas, terms.retention)):
        return None
    return ClaimOutcome(OutcomeKind.WON, "", mine, mine=True, keeping=held, sample=sample)
