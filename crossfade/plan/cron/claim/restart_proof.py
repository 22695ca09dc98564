"""Whether the server can have forgotten a claim: the proof behind every win.

A new record for a tick proves that nobody else has the tick only if memcached cannot have lost an
earlier one. It loses records when it restarts, is flushed or evicts; each shows in `stats`, read on
the connection on which the record was written: its age, and counters of what it dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from crossfade.plan.cron.claim.requests import Stats, Steps, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crossfade.plan.cron.claim.records import SideMark

BOOT = 3
"""Seconds by which `uptime` may be too high: memcached adds two at its start, and rounds."""

_LOSSES = ("evictions", "slab_reassign_evictions_nomem", "cmd_flush")


class Sample(NamedTuple):
    """A server's state at one instant.

    Attributes:
        wall: When, in seconds since 1970 by the reader's clock.
        time: When, by the server's clock, in whole seconds.
        uptime: Seconds since the server started.
        losses: Evictions and flushes since then. It only ever grows while nothing restarts.
    """

    wall: float
    time: int
    uptime: int
    losses: int

    @property
    def offset(self) -> float:
        """The reader's clock minus the server's, give or take a second."""
        return self.wall - self.time


def take_sample() -> Steps[Sample]:
    """Read the server's state."""
    answer = yield from ask(Stats())
    return sample_of(cast("Mapping[str, int]", answer.value), answer.wall)


def sample_of(stats: Mapping[str, int], wall: float) -> Sample:
    """Return the state that a server's counters tell.

    Args:
        stats: The counters.
        wall: When they were read, in seconds since 1970 by the reader's clock.
    """
    return Sample(
        wall=wall,
        time=stats.get("time", 0),
        uptime=stats.get("uptime", 0),
        losses=sum(stats.get(name, 0) for name in _LOSSES),
    )


def doubt(
    sample: Sample,
    marks: Iterable[SideMark],
    *,
    tick: float,
    tolerance: float,
    remember: float,
    accept_evictions: bool,
) -> str:
    """Say why a claim of this tick may have been lost; "" if it cannot.

    Args:
        sample: The server's state, read after the own record was added, on the same connection.
        marks: What contenders left on this server, each with its count of losses.
        tick: The tick, in seconds since 1970.
        tolerance: How far contenders' clocks may be apart, and starts early, in seconds.
        remember: How far back the server must remember apart from the tick, in seconds (the length
            of the running lease: a lease that was lost must have been noticed by its holder).
        accept_evictions: Take the risk of lost records; only restarts are then looked at.
    """
    age = sample.uptime - BOOT
    needed = max(sample.wall - tick, remember) + tolerance
    if age < needed:
        return (
            f"memcached started {max(age, 0)} s ago and may have lost claims of this tick "
            f"(it must be up for {needed:.0f} s)"
        )
    earlier = [mark for mark in marks if mark.at <= tick - tolerance]
    before = max(earlier, key=lambda mark: mark.at).losses if earlier else 0
    if sample.losses != before and not accept_evictions:
        return (
            f"memcached evicted records or was flushed ({sample.losses} times, {before} before "
            "this tick) and may have lost claims of it: run it with -M -F and for locks only"
        )
    return ""
