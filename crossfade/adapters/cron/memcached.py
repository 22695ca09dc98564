"""The memcached of the claims, as the mover changes it: which platform a job's ticks go to.

The line to it is the wrapper's own, and so are the requests: nothing but `gets`, `add` and
compare-and-swap. What it knows about ticks is read by `crossfade.adapters.cron.tick_records`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from crossfade.cronrun.lock.connection import Connection
from crossfade.cronrun.lock.steps import carry_out
from crossfade.errors import Conflict, Unavailable
from crossfade.plan.cron.claim.preference import drop_preference, read_preference, write_preference
from crossfade.plan.cron.claim.requests import Cut
from crossfade.plan.cron.schedule.ticks import when

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.plan.cron.claim.records import Preference
    from crossfade.plan.cron.claim.requests import Steps

T = TypeVar("T")

TIMEOUT_SECONDS = 2.0
"""For connecting, and for each answer."""

TRIES = 3
"""How often a change is tried when its answer is lost: it is the same change each time."""


def connect(address: str) -> Connection:
    """Return a line to a memcached; it is opened by the first request.

    Raises:
        BadInput: It is no address.
    """
    return Connection(address, timeout=TIMEOUT_SECONDS)


def preference_of(line: Connection, address: str, job: str) -> Preference | None:
    """Return which platform a job's ticks should go to; None where memcached knows of none.

    Raises:
        Unavailable: It gave no answer.
    """
    return _done(line, address, lambda: read_preference(job))


def prefer(
    line: Connection,
    address: str,
    job: str,
    *,
    expected: Preference | None,
    wanted: Preference | None,
) -> None:
    """Change which platform a job's ticks should go to, if it still is what was expected.

    Args:
        line: The line to it.
        address: Where it is, for messages.
        job: The job's name.
        expected: What was read before; None for nothing.
        wanted: What it is to be; None for nothing.

    Raises:
        Conflict: Somebody else changed it.
        Unavailable: It gave no answer; whether it was changed is not known.
    """

    def change() -> Steps[bool]:
        if wanted is None:
            return drop_preference(job, expected)
        return write_preference(job, expected, wanted)

    if not _done(line, address, change):
        found = preference_of(line, address, job)
        raise Conflict(
            f"the preferred platform of {job} was changed by somebody else: "
            f"{_told(found)} stands there instead of {_told(expected)}"
        )


def _done(line: Connection, address: str, steps: Callable[[], Steps[T]]) -> T:
    """Carry out a part of the protocol, again if an answer is lost.

    Raises:
        Unavailable: No answer came.
    """
    reason = ""
    for _ in range(TRIES):
        try:
            return carry_out(line, steps())
        except Cut as cut:
            reason = cut.reason
    raise Unavailable(f"{address} does not answer: {reason}; check that memcached runs")


def _told(preference: Preference | None) -> str:
    if preference is None:
        return "nothing"
    by = f" by {preference.by}" if preference.by else ""
    return f"{preference.platform} since {when(int(preference.since // 60))}{by}"
