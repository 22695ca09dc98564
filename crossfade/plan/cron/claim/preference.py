"""Which platform a job's ticks should go to: read by every wrapper, changed by moving the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.records import Preference, decode, encode, preference_key
from crossfade.plan.cron.claim.requests import add, let_go, read, swap

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.requests import Steps


def read_preference(job: str) -> Steps[Preference | None]:
    """Return a job's preference; None if memcached knows of none.

    Raises:
        Cut: No answer came.
    """
    item = (yield from read(preference_key(job))).get(preference_key(job))
    return decode(Preference, item.value) if item else None


def write_preference(job: str, expected: Preference | None, wanted: Preference) -> Steps[bool]:
    """Change a job's preference if it still is what was expected.

    Args:
        job: The job's name.
        expected: What `read_preference` returned.
        wanted: What it is to be.

    Returns:
        Whether it now is what was wanted; False if somebody else changed it.

    Raises:
        Cut: No answer came: read again to see whether it was changed.
    """
    key = preference_key(job)
    item = (yield from read(key)).get(key)
    found = decode(Preference, item.value) if item else None
    if found == wanted:
        return True
    if found != expected:
        return False
    if item is None:
        return (yield from add(key, encode(wanted), 0))
    return (yield from swap(key, encode(wanted), item.cas, 0))


def drop_preference(job: str, expected: Preference | None) -> Steps[bool]:
    """Take a job's preference away if it still is what was expected; arguments as to write one.

    Returns:
        Whether there is none now; False if somebody else changed it.

    Raises:
        Cut: No answer came: read again to see whether it was taken away.
    """
    key = preference_key(job)
    item = (yield from read(key)).get(key)
    if item is None:
        return True
    if decode(Preference, item.value) != expected:
        return False
    return (yield from let_go(key, item))
