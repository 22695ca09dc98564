"""Which platform a job's ticks should go to: read by every wrapper, changed by moving the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cronrecord import Preference, decode, encode, preference_key
from crossfade.plan.cronwire import add, read, swap

if TYPE_CHECKING:
    from crossfade.plan.cronwire import Steps


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
