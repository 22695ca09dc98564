"""The end of a run in memcached: the tick's record is kept as proof, the lease is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.records import (
    State,
    TickRecord,
    decode,
    decode_tick,
    encode,
    tick_key,
)
from crossfade.plan.cron.claim.requests import (
    Cut,
    Pause,
    Steps,
    Unreadable,
    add,
    let_go,
    read,
    swap,
)
from crossfade.plan.cron.claim.running_lease import release_lease

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Contender, Terms


def finish(me: Contender, terms: Terms, final: TickRecord) -> Steps[str]:
    """Write how a run ended, and give the lease back.

    Args:
        me: The contender that ran the tick.
        terms: Its terms.
        final: The record, `done` or `failed`.

    Returns:
        "" when it stands there, else why not.
    """
    cut: Cut | None = None
    for number in range(terms.tries):
        if number:
            yield Pause(number)
        try:
            trouble = yield from _write(me, terms, final)
            if terms.leased:
                yield from release_lease(me)
        except Cut as again:
            cut = again
        else:
            return trouble
    return f"memcached gave no answer: {cut}"


def record_late(me: Contender, terms: Terms, record: TickRecord) -> Steps[TickRecord | None]:
    """Write the record of a run that was begun without a claim, as soon as memcached answers.

    Returns:
        The own record; or that of another contender that has the tick as well; None if there is
        still no answer, or one that cannot be read.
    """
    key = tick_key(me.job, me.tick)
    try:
        yield from add(key, encode(record), terms.retention)
        item = (yield from read(key)).get(key)
    except Cut:
        return None
    return decode(TickRecord, item.value) if item else None


def _write(me: Contender, terms: Terms, final: TickRecord) -> Steps[str]:
    """Swap the own record for the final one; write it anew if the server lost it."""
    key = tick_key(me.job, me.tick)
    while True:
        item = (yield from read(key)).get(key)
        if item is None:
            written = yield from add(key, encode(final), terms.retention)
        else:
            found = decode_tick(item.value)
            if found.state == State.UNREADABLE:
                return str(Unreadable(key, item.value))
            if found.token != me.token:
                return f"{found.platform}/{found.host} has the tick too: {found.state}"
            written = found == final or (
                yield from swap(key, encode(final), item.cas, terms.retention)
            )
        if written:
            return ""


def abandon(me: Contender, terms: Terms, reason: str) -> Steps[None]:
    """Give up what was claimed, as far as it can be reached: the command was not started."""
    key = tick_key(me.job, me.tick)
    try:
        item = (yield from read(key)).get(key)
        record = decode_tick(item.value) if item else None
        if item is not None and record is not None and record.token == me.token:
            if record.state == State.CLAIMED:
                yield from let_go(key, item)
            elif record.state == State.RUNNING:
                failed = record._replace(state=State.FAILED, reason=reason)
                yield from swap(key, encode(failed), item.cas, terms.retention)
        if terms.leased:
            yield from release_lease(me)
    except Cut:
        return
