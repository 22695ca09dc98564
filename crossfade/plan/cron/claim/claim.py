"""The claim: at most one contender for a tick is told that it won.

For each job and tick there is one record in memcached, written once and kept long past the run:

    (nothing) -- add --> claimed -- swap --> running -- swap --> done | failed
                            |  `-- swap --> skipped
                            `-- lapses after seconds, or is let go --> (nothing)

A contender adds `claimed` under a token of its own, reads back what is there, makes sure that the
server cannot have lost an earlier claim, takes the running lease, and swaps to `running`. Only a
swap that was seen to succeed is a win, so nothing rests on timing: a contender that was frozen, or
whose answers were lost, finds the record changed or gone and starts over. An answer that was lost
is settled by looking for the own token. After the first `add`, only compare-and-swap is used, so
that a request which arrives late can change nothing that anybody else wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.finish import abandon
from crossfade.plan.cron.claim.outcome import (
    ClaimOutcome,
    OutcomeKind,
    View,
    doubt_about,
    late,
    look,
    record_of,
    tick_in,
)
from crossfade.plan.cron.claim.records import (
    Preference,
    RunningLease,
    State,
    TickRecord,
    decode,
    encode,
    lease_key,
    preference_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import (
    Cut,
    Item,
    Pause,
    Steps,
    Unreadable,
    add,
    let_go,
    read,
    swap,
)
from crossfade.plan.cron.claim.restart_proof import take_sample
from crossfade.plan.cron.claim.running_lease import holds, release_lease, take_lease
from crossfade.plan.cron.claim.standby import stand_by
from crossfade.plan.cron.claim.terms import Overlap
from crossfade.plan.cron.schedule.ticks import MINUTE, when

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.restart_proof import Sample
    from crossfade.plan.cron.claim.terms import Contender, Terms

FIRST_POLL = 0.05
"""Seconds; a claim becomes a run within a few milliseconds, so the first look comes soon."""

QUIET = 60.0
"""Seconds after which a lost connection no longer counts towards `Terms.tries`."""


def claim(me: Contender, terms: Terms) -> Steps[ClaimOutcome]:
    """Contend for a tick until it is decided, memcached is away, or it is too late."""
    try:
        yield from _stand_back(me, terms)
        return (yield from _contend_until_decided(me, terms))
    except Unreadable as found:
        yield from abandon(me, terms, str(found))
        return ClaimOutcome(OutcomeKind.UNREADABLE, str(found))


def _contend_until_decided(me: Contender, terms: Terms) -> Steps[ClaimOutcome]:
    """Contend, again when a connection was lost, until so many were lost that memcached is away.

    Raises:
        Unreadable: Something that decides about the tick cannot be read.
    """
    cuts, last = 0, float("-inf")
    while True:
        try:
            return (yield from _contend(me, terms))
        except Cut as cut:
            cuts = cuts + 1 if cut.now - last < QUIET else 1
            last = cut.now
            if cuts >= terms.tries:
                return ClaimOutcome(
                    OutcomeKind.UNAVAILABLE, f"memcached gave no answer: {cut.reason}"
                )
            yield Pause(FIRST_POLL * 4**cuts)


def _stand_back(me: Contender, terms: Terms) -> Steps[None]:
    """Let the preferred platform go first.

    Raises:
        Unreadable: Nobody can tell which one that is.
    """
    if not terms.handicap:
        return
    key = preference_key(me.job)
    try:
        item = (yield from read(key)).get(key)
    except Cut:
        item = None
    found = decode(Preference, item.value) if item else None
    if item is not None and found is None:
        raise Unreadable(key, item.value)
    preferred = found.platform if found else terms.prefer
    if preferred not in {None, me.platform}:
        answer = yield Pause(0)
        yield Pause(max(0.0, me.tick * MINUTE + terms.handicap - answer.wall))


def _contend(me: Contender, terms: Terms) -> Steps[ClaimOutcome]:
    """Contend until it is decided.

    Raises:
        Cut: The connection was lost; contend again with the same token.
        Unreadable: Something that decides about the tick cannot be read.
    """
    key = tick_key(me.job, me.tick)
    claimed = encode(record_of(me, State.CLAIMED, me.at))
    poll = FIRST_POLL
    while True:
        view = yield from look(me)  # first: a server too full to add anything still knows who won
        if key not in view.items:
            yield from add(key, claimed, terms.claim_life)
            view = yield from look(me)
        item = view.items.get(key)
        if item is not None:  # else it lapsed or was lost within the blink of an eye: once more
            record = tick_in(me, item)
            if record.token != me.token:
                outcome = yield from _give_way(me, terms, view, record)
            elif record.state == State.CLAIMED:
                outcome = yield from _go_on(me, terms, view, item)
            else:
                outcome = yield from _settle(me, terms, record, item)
            if outcome is not None:
                return outcome
        yield Pause(poll)
        poll = min(poll * 2, terms.claim_life / 3)


def _go_on(me: Contender, terms: Terms, view: View, item: Item) -> Steps[ClaimOutcome | None]:
    """Turn the own claim into a run; None to look again."""
    key = tick_key(me.job, me.tick)
    sample = yield from take_sample()
    if sample.wall > terms.deadline:
        yield from let_go(key, item)
        return late(me, sample.wall)
    reason = doubt_about(me, terms, view, sample)
    if reason and not terms.take_suspect:
        yield from let_go(key, item)
        return ClaimOutcome(OutcomeKind.SUSPECT, reason, sample=sample)
    keeping = None
    if terms.leased:
        held = yield from take_lease(me, terms)
        if isinstance(held, RunningLease):
            return (yield from _overlap(me, terms, item, held, sample))
        keeping = held
    running = record_of(me, State.RUNNING, sample.wall)._replace(
        start=sample.wall, lease=terms.lease if terms.leased else 0, reason=reason
    )
    if not (yield from swap(key, encode(running), item.cas, terms.retention)):
        return None
    kind = OutcomeKind.SUSPECT if reason else OutcomeKind.WON
    return ClaimOutcome(kind, reason, running, mine=True, keeping=keeping, sample=sample)


def _settle(
    me: Contender, terms: Terms, record: TickRecord, item: Item
) -> Steps[ClaimOutcome | None]:
    """Find that an own swap, whose answer was lost, was carried out; None to look again."""
    if record.state == State.SKIPPED:
        return ClaimOutcome(OutcomeKind.SKIPPED, record.reason, record)
    keeping = None
    if terms.leased:
        held = yield from take_lease(me, terms)
        if isinstance(
            held, RunningLease
        ):  # it lapsed meanwhile: the command was not started, and is not
            return (yield from _skip(me, terms, item, held, record.at))
        keeping = held
    kind = OutcomeKind.SUSPECT if record.reason else OutcomeKind.WON
    return ClaimOutcome(kind, record.reason, record, mine=True, keeping=keeping)


def _overlap(
    me: Contender, terms: Terms, item: Item, held: RunningLease, sample: Sample
) -> Steps[ClaimOutcome | None]:
    """Decide about a tick that is due while the lease is another's; None to look again."""
    if held.tick != me.tick and terms.overlap is Overlap.SKIP:
        return (yield from _skip(me, terms, item, held, sample.wall))
    # A lease of this very tick is what a contender that lost its claim left behind for seconds.
    claimed = encode(record_of(me, State.CLAIMED, me.at))
    yield from swap(tick_key(me.job, me.tick), claimed, item.cas, terms.claim_life)
    return None


def _skip(
    me: Contender, terms: Terms, item: Item, held: RunningLease, at: float
) -> Steps[ClaimOutcome | None]:
    """Record that nobody runs the tick, because the job still runs; None to look again."""
    what = when(held.tick) if held.tick else "a start by hand"
    reason = f"{held.platform}/{held.host} still runs {what}"
    skipped = record_of(me, State.SKIPPED, at)._replace(reason=reason)
    key = tick_key(me.job, me.tick)
    if not (yield from swap(key, encode(skipped), item.cas, terms.retention)):
        return None
    return ClaimOutcome(OutcomeKind.SKIPPED, reason, skipped)


def _give_way(
    me: Contender, terms: Terms, view: View, record: TickRecord
) -> Steps[ClaimOutcome | None]:
    """Decide about a tick that another contender has; None to look again."""
    lease = view.items.get(lease_key(me.job))
    if lease is not None and holds(me.token, lease):
        yield from release_lease(me)  # taken before the claim was lost
    if record.state == State.CLAIMED:
        return late(me, view.wall) if view.wall > terms.deadline else None
    if record.state == State.RUNNING and record.lease and terms.rerun_after_crash:
        return (yield from stand_by(me, terms, record, view.wall))
    return ClaimOutcome(
        OutcomeKind.HELD, f"{record.platform}/{record.host} has it: {record.state}", record
    )
