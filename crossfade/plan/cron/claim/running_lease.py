"""The running lease: one tick's long run does not overlap the next, on either platform.

One key per job, held by the attempt that runs. It lapses by itself unless its holder extends it by
compare-and-swap. The holder judges by its own monotonic clock whether it still has the lease,
from the instant before it sent its last extension: memcached, which counts from when the request
arrived, can only be later to drop it. What no lease can do is to stop a holder that was frozen and
wakes up after its lease lapsed; a job for which that matters must check the tick number that it
was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.cron.claim.records import RunningLease, decode, encode, lease_key
from crossfade.plan.cron.claim.requests import (
    Add,
    Cut,
    Item,
    Steps,
    Swap,
    Unreadable,
    ask,
    let_go,
    read,
)

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Contender, Terms

EARLY_EXPIRY = 1.0
"""Seconds by which memcached may drop an item before its life is over."""

BEATS = 3
"""Extensions within one length of the lease."""

_ROUNDS = 5


class Keeping(NamedTuple):
    """How sure a holder is of its lease.

    Attributes:
        until: Until when it is certainly its own, on the monotonic clock, in seconds.
        taken_by: Who has it instead, or "".
        away: Why the last extension got no usable answer, or "".
    """

    until: float
    taken_by: str = ""
    away: str = ""

    def lost(self, now: float) -> str:
        """Say why the lease must be taken for lost at `now` (monotonic); "" while it is held."""
        if self.taken_by:
            return f"{self.taken_by} took the lease"
        if now > self.until:
            return f"the lease could not be extended in time ({self.away or 'the run was frozen'})"
        return ""


def take_lease(me: Contender, terms: Terms) -> Steps[Keeping | RunningLease]:
    """Take the job's lease for a tick that this contender has claimed.

    It is taken only for as long as the claim lives: whoever crashes before its command starts
    leaves neither behind. The first extension gives it its full length.

    Returns:
        The own keeping, or the lease of the attempt that has it.

    Raises:
        Cut: No answer came.
        Unreadable: Somebody has it, and nobody can tell who.
    """
    return (yield from _hold(me, terms.claim_life))


def beat(me: Contender, terms: Terms, keeping: Keeping) -> Steps[Keeping]:
    """Extend the lease; one that the server lost and nobody has taken since is taken again.

    What cannot be read does not say that another has it: it is lost only when its time is over.
    """
    try:
        held = yield from _hold(me, terms.lease)
    except (Cut, Unreadable) as away:
        return keeping._replace(away=str(away))
    if isinstance(held, Keeping):
        return held
    return keeping._replace(taken_by=f"{held.platform}/{held.host}")


def release_lease(me: Contender) -> Steps[None]:
    """Give the lease back if it is still this attempt's.

    Raises:
        Cut: No answer came; it then lapses by itself.
    """
    key = lease_key(me.job)
    item = (yield from read(key)).get(key)
    if item is not None and holds(me.token, item):
        yield from let_go(key, item)


def holds(token: str, item: Item) -> bool:
    """Whether the lease that was read is that of an attempt."""
    lease = decode(RunningLease, item.value)
    return lease is not None and lease.token == token


def _hold(me: Contender, life: int) -> Steps[Keeping | RunningLease]:
    """Add the lease if it is free, extend it if it is the own one."""
    key = lease_key(me.job)
    mine = encode(RunningLease(me.token, me.tick, me.platform, me.host))
    looks = 0
    while True:
        item = (yield from read(key)).get(key)
        held = decode(RunningLease, item.value) if item else None
        if item is None:
            answer = yield from ask(Add(key, mine, life))
        elif held is None:
            raise Unreadable(key, item.value)
        elif held.token != me.token:
            return held
        else:
            answer = yield from ask(Swap(key, mine, item.cas, life))
        if answer.value is True:
            return Keeping(answer.sent + life - EARLY_EXPIRY)
        looks += 1
        if looks == _ROUNDS:
            raise Cut(f"{key} was another one at each of {_ROUNDS} looks", answer.now)
