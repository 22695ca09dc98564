"""How far a lock can be trusted: readings of a server and of both sides, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import note, problem, warning
from crossfade.plan.base.words import about, count, size
from crossfade.plan.cron.claim.restart_proof import BOOT
from crossfade.plan.cron.schedule.ticks import when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.cron.claim.records import Identity, Preference, RunningLease, SideMark
    from crossfade.plan.cron.claim.restart_proof import Sample

FULL = 0.8
"""Share of the memory from which on a server is called nearly full."""

SERVER = "memcached"
"""The subject of what is found of the server; the sentences name its address."""

UNSEEN = "unseen"
"""The word for a side that never came, or not for long."""

SILENT = 26 * 3600
"""Seconds without a mark after which a side counts as silent: a daily job, and two hours."""

COARSE = 1.0
"""Seconds: as finely as the server tells its time."""


class Grade(StrEnum):
    """What the lock guarantees.

    `strong`: at most one contender is told that it won each tick, and the server loses nothing but
    by a restart, which makes ticks suspect. `weak`: it may lose records otherwise, or clocks are
    apart; ticks may be suspect at any time. `none`: it cannot be used.
    """

    STRONG = "strong"
    WEAK = "weak"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ServerReading:
    """A memcached as read at one instant.

    Attributes:
        address: Where it was asked.
        sample: Its clock, its age and what it lost.
        evicts: Whether it drops records to make room for others (it lacks `-M`).
        flushable: Whether anybody can make it drop everything (it lacks `-F`).
        swaps: Whether compare-and-swap works (it must not have `-C`).
        used: Bytes in use.
        limit: Bytes that it may use.
        identity: Its name for itself, if a contender has introduced it.
    """

    address: str
    sample: Sample
    evicts: bool
    flushable: bool
    swaps: bool
    used: int
    limit: int
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class JobReading:
    """What a memcached knows about a job.

    Attributes:
        job: Its name.
        preference: Which platform should run it, if that is recorded.
        lease: The run under way, if there is one.
        marks: Each side's newest mark.
    """

    job: str
    preference: Preference | None
    lease: RunningLease | None
    marks: Mapping[Platform, SideMark | None]


@dataclass(frozen=True, slots=True)
class Limit:
    """A finding, and what it leaves of the guarantee.

    Attributes:
        grade: The best grade that is left with it; `strong` where it limits nothing.
        finding: What was seen, and what to do.
    """

    grade: Grade
    finding: Finding


def diagnose(
    server: ServerReading, jobs: tuple[JobReading, ...], *, tolerance: float, lease: int
) -> tuple[Grade, tuple[Limit, ...]]:
    """Say what a lock guarantees.

    Args:
        server: The server as read.
        jobs: What it knows about the jobs in question.
        tolerance: How far clocks may be apart, in seconds.
        lease: Length of the running leases, in seconds.

    Returns:
        The grade, and everything that was found, the gravest first.
    """
    limits = [*_about_server(server, tolerance, lease), *_about_clock(server, tolerance)]
    for job in jobs:
        limits += _about_job(job, server, tolerance)
    order = list(Grade)
    limits.sort(key=lambda limit: -order.index(limit.grade))
    return (limits[0].grade if limits else Grade.STRONG), tuple(limits)


def _about_server(server: ServerReading, tolerance: float, lease: int) -> Iterator[Limit]:
    sample, address = server.sample, server.address
    if not server.swaps:
        saw = f"{address} has compare-and-swap off"
        yield Limit(Grade.NONE, problem("compare-and-swap", SERVER, saw, "start it without -C"))
    if server.evicts:
        saw, mend = f"{address} evicts records when it is full", "start it with -M, for locks only"
        yield Limit(Grade.WEAK, warning("evicts", SERVER, saw, mend))
    if server.flushable:
        saw = f"anybody can flush {address}"
        yield Limit(Grade.WEAK, warning("flushable", SERVER, saw, "start it with -F"))
    if sample.losses:
        lost = count(sample.losses, "time")
        saw = f"{address} evicted records or was asked to flush {lost} since its start"
        mend = "find out by whom, and give the locks a server of their own"
        yield Limit(Grade.WEAK, warning("losses", SERVER, saw, mend))
    if server.used > FULL * server.limit:
        saw = f"{address} uses {size(server.used)} of {size(server.limit)}"
        mend = "raise -m, or keep records for less time (--retention)"
        yield Limit(Grade.WEAK, warning("full", SERVER, saw, mend))
    needed = lease + tolerance + BOOT
    if sample.uptime < needed:
        saw = (
            f"{address} started {about(sample.uptime)} ago: ticks are suspect until it is up for "
            f"{about(needed)}"
        )
        yield Limit(Grade.STRONG, note("young", SERVER, saw))
    if server.identity is None:
        saw = f"no wrapper has asked {address} yet"
        yield Limit(Grade.STRONG, note("unasked", SERVER, saw, "start one on each side"))


def _about_clock(server: ServerReading, tolerance: float) -> Iterator[Limit]:
    offset = server.sample.offset
    if abs(offset) > tolerance / 2 + COARSE:
        saw = f"this host's clock and {server.address}'s are {about(abs(offset))} apart"
        mend = f"set them; contenders' clocks may differ by {tolerance:g} s at most"
        yield Limit(Grade.WEAK, warning("clock", SERVER, saw, mend))


def _about_job(job: JobReading, server: ServerReading, tolerance: float) -> Iterator[Limit]:
    """Find sides that nobody saw, or that others' clocks are far from.

    A side that never came leaves the lock as strong as it is, among those that ask it: but whether
    it asks at all is what somebody should look at.
    """
    for platform, mark in job.marks.items():
        if mark is None:
            saw = (
                f"{platform} was never seen on {server.address}: it is not wrapped there, not "
                "running, or asks another server"
            )
            yield Limit(Grade.STRONG, warning(UNSEEN, job.job, saw))
        elif server.sample.wall - mark.at > SILENT:
            saw = (
                f"{platform} was last seen at {when(mark.tick)} on {mark.host}: nothing shows that "
                "it would run the job today"
            )
            yield Limit(Grade.STRONG, warning(UNSEEN, job.job, saw))
    known = [(platform, mark) for platform, mark in job.marks.items() if mark is not None]
    for (one, first), (other, second) in combinations(known, 2):
        apart = abs(first.offset - second.offset)
        if apart > tolerance + COARSE:
            saw = (
                f"the clocks of {one}/{first.host} and {other}/{second.host} are {about(apart)} "
                f"apart, more than the {tolerance:g} s that --clock-tolerance allows"
            )
            yield Limit(Grade.WEAK, warning("clocks", job.job, saw, "set them"))
