"""The marks that contenders leave, won or not.

A mark proves that a platform is alive, reaches this server and would have run the tick: the way
back works before it is needed. It also holds the server's count of lost records at that time, from
which the next tick's contenders see whether any were lost since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.records import (
    IDENTITY_KEY,
    LONGEST_LIFE,
    Identity,
    SideMark,
    decode,
    encode,
    mark_key,
)
from crossfade.plan.cron.claim.requests import Cut, Steps, add, read, swap
from crossfade.plan.cron.claim.restart_proof import Sample, take_sample

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Contender


def leave_mark(me: Contender, told: str, sample: Sample | None) -> Steps[str]:
    """Leave this contender's mark, and introduce the server if nobody has yet.

    Args:
        me: The contender.
        told: The outcome that it was told.
        sample: The server's state, if it was read.

    Returns:
        The server's id; "" if it did not answer.
    """
    key = mark_key(me.job, me.platform)
    try:
        now = sample or (yield from take_sample())
        items = yield from read(key, IDENTITY_KEY)
        mark = SideMark(me.tick, now.wall, me.host, told, now.losses, round(now.offset, 1))
        found = items.get(key)
        if found is None:
            yield from add(key, encode(mark), LONGEST_LIFE)
        else:
            before = decode(SideMark, found.value)
            if before is None or before.tick <= me.tick:
                yield from swap(key, encode(mark), found.cas, LONGEST_LIFE)
        known = items.get(IDENTITY_KEY)
        if known is None:
            introduced = encode(Identity(me.token, now.wall, me.host))
            yield from add(IDENTITY_KEY, introduced, 0)
            known = (yield from read(IDENTITY_KEY)).get(IDENTITY_KEY)
        identity = decode(Identity, known.value) if known else None
    except Cut:
        return ""
    return identity.id if identity else ""
