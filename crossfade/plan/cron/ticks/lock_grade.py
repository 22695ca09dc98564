"""How far a lock can be trusted: readings of a server and of both sides, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from crossfade.plan.base.words import about, count, size
from crossfade.plan.cron.claim.restart_proof import BOOT
from crossfade.plan.cron.schedule.ticks import when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crossfade.plan.base.platform import Platform
    from crossfade.plan.cron.claim.records import Identity, Preference, RunningLease, SideMark
    from crossfade.plan.cron.claim.restart_proof import Sample

FULL = 0.8
"""Share of the memory from which on a server is called nearly full."""

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
class Finding:
    """One thing that limits the guarantee, and what to do about it.

    Attributes:
        grade: The best grade that is left with it; `strong` for a mere remark.
        text: What was seen, and what to do.
    """

    grade: Grade
    text: str


def diagnose(
    server: ServerReading, jobs: tuple[JobReading, ...], *, tolerance: float, lease: int
) -> tuple[Grade, tuple[Finding, ...]]:
    """Say what a lock guarantees.

    Args:
        server: The server as read.
        jobs: What it knows about the jobs in question.
        tolerance: How far clocks may be apart, in seconds.
        lease: Length of the running leases, in seconds.

    Returns:
        The grade, and every finding, the gravest first.
    """
    findings = [*_about_server(server, tolerance, lease), *_about_clock(server, tolerance)]
    for job in jobs:
        findings += _about_job(job, server, tolerance)
    order = list(Grade)
    findings.sort(key=lambda finding: -order.index(finding.grade))
    return (findings[0].grade if findings else Grade.STRONG), tuple(findings)


def _about_server(server: ServerReading, tolerance: float, lease: int) -> Iterator[Finding]:
    sample, address = server.sample, server.address
    if not server.swaps:
        yield Finding(Grade.NONE, f"{address} has compare-and-swap off: start it without -C")
    if server.evicts:
        yield Finding(
            Grade.WEAK,
            f"{address} evicts records when it is full: start it with -M, for locks only",
        )
    if server.flushable:
        yield Finding(Grade.WEAK, f"anybody can flush {address}: start it with -F")
    if sample.losses:
        yield Finding(
            Grade.WEAK,
            f"{address} evicted records or was asked to flush {count(sample.losses, 'time')} since "
            "its start: find out by whom, and give the locks a server of their own",
        )
    if server.used > FULL * server.limit:
        yield Finding(
            Grade.WEAK,
            f"{address} uses {size(server.used)} of {size(server.limit)}: raise -m, or keep "
            "records for less time (--retention)",
        )
    needed = lease + tolerance + BOOT
    if sample.uptime < needed:
        yield Finding(
            Grade.STRONG,
            f"{address} started {about(sample.uptime)} ago: ticks are suspect until it is up "
            f"for {about(needed)}",
        )
    if server.identity is None:
        yield Finding(Grade.STRONG, f"no wrapper has asked {address} yet: start one on each side")


def _about_clock(server: ServerReading, tolerance: float) -> Iterator[Finding]:
    offset = server.sample.offset
    if abs(offset) > tolerance / 2 + COARSE:
        yield Finding(
            Grade.WEAK,
            f"this host's clock and {server.address}'s are {about(abs(offset))} apart: set them; "
            f"contenders' clocks may differ by {tolerance:g} s at most",
        )


def _about_job(job: JobReading, server: ServerReading, tolerance: float) -> Iterator[Finding]:
    for platform, mark in job.marks.items():
        if mark is None:
            yield Finding(
                Grade.STRONG,
                f"{job.job}: {platform} was never seen on {server.address}: it is not wrapped "
                "there, not running, or asks another server",
            )
        elif server.sample.wall - mark.at > SILENT:
            yield Finding(
                Grade.STRONG,
                f"{job.job}: {platform} was last seen at {when(mark.tick)} on {mark.host}: nothing "
                "shows that it would run the job today",
            )
    known = [(platform, mark) for platform, mark in job.marks.items() if mark is not None]
    for (one, first), (other, second) in combinations(known, 2):
        apart = abs(first.offset - second.offset)
        if apart > tolerance + COARSE:
            yield Finding(
                Grade.WEAK,
                f"{job.job}: the clocks of {one}/{first.host} and {other}/{second.host} are "
                f"{about(apart)} apart, more than the {tolerance:g} s that --clock-tolerance "
                "allows: set them",
            )
