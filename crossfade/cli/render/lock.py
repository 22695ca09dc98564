"""How far the lock of cron jobs can be trusted: for scripts, and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cli.render.documents import finding_document
from crossfade.cli.render.findings import finding_lines
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count, seconds, size
from crossfade.plan.cron.schedule.ticks import when
from crossfade.plan.cron.ticks.lock_grade import UNSEEN, Grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.cli.render.documents import Document
    from crossfade.operations.cron.ticks.lock_grade import Graded, LockCheckup
    from crossfade.plan.cron.claim.records import Identity, SideMark
    from crossfade.plan.cron.ticks.lock_grade import Limit

_GRADES = {Grade.STRONG: Tone.GOOD, Grade.WEAK: Tone.NOTICE, Grade.NONE: Tone.BAD}
GRADE_CODES = {Grade.STRONG: 0, Grade.NONE: 1, Grade.WEAK: 3}
"""Exit codes of the doctor: 0 all is well, 1 the lock cannot be used, 3 a person decides."""


def doctor_document(found: LockCheckup) -> Document:
    """Return how far a lock can be trusted."""
    server = found.server
    return {
        "grade": found.grade.value,
        "server": {
            "address": server.address,
            "id": server.identity.id if server.identity else None,
            "uptime": server.sample.uptime,
            "losses": server.sample.losses,
            "evicts": server.evicts,
            "flushable": server.flushable,
            "swaps": server.swaps,
            "used": server.used,
            "limit": server.limit,
            "clock_offset": round(server.sample.offset, 1),
        },
        "findings": [_limit(one, one.finding.said) for one in found.limits],
        "jobs": [_job(one, server.sample.wall) for one in found.jobs],
    }


def _limit(one: Limit, text: str) -> Document:
    return {"grade": one.grade.value, "text": text, **finding_document(one.finding)}


def _job(one: Graded, now: float) -> Document:
    reading = one.reading
    return {
        "job": reading.job,
        "grade": one.grade.value,
        "preferred": reading.preference.platform if reading.preference else None,
        "running": reading.lease._asdict() if reading.lease else None,
        "marks": {
            platform.value: None
            if mark is None
            else {**mark._asdict(), "age": round(now - mark.at, 1)}
            for platform, mark in reading.marks.items()
        },
        "findings": [
            _limit(each, f"{each.finding.subject}: {each.finding.said}") for each in one.limits
        ],
    }


def doctor_lines(found: LockCheckup) -> Iterator[Block]:
    """Tell how far a lock can be trusted, the worst last, where a person looks first."""
    server = found.server
    lost = count(server.sample.losses, "loss", "losses")
    flags = [name for name, on in (("-M", not server.evicts), ("-F", not server.flushable)) if on]
    yield Line(
        f"{server.address}: up {seconds(server.sample.uptime)}, flags {' '.join(flags) or 'none'}, "
        f"{lost}, {size(server.used)} of {size(server.limit)}, clock "
        f"{server.sample.offset:+.0f} s, identity {_short(server.identity)}"
    )
    if found.jobs:
        columns = (
            Column("JOB"), Column("GUARANTEE"), Column("PREFERRED"), Column("LEGACY CAME"),
            Column("CLOCK", right=True), Column("NEW CAME"), Column("CLOCK", right=True),
            Column("RUNNING"),
        )  # fmt: skip
        rows = [_job_row(one, server.sample.wall) for one in found.jobs]
        yield Table(columns, rows, [_GRADES[one.grade] for one in found.jobs])
    limits = [*found.limits, *(limit for one in found.jobs for limit in one.limits)]
    findings = [limit.finding for limit in limits]
    yield from finding_lines(findings)
    unseen = any(finding.code == UNSEEN for finding in findings)
    among = ", for those who ask it" if unseen and found.grade is not Grade.NONE else ""
    yield Line(f"guarantee: {found.grade}{among}", _GRADES[found.grade])


def _job_row(one: Graded, now: float) -> tuple[str, ...]:
    reading = one.reading
    came = [cell for platform in Platform for cell in _came(reading.marks[platform], now)]
    lease = reading.lease
    running = "-"
    if lease is not None:
        running = f"{lease.platform}/{lease.host}" + (f" {when(lease.tick)}" if lease.tick else "")
    preferred = reading.preference.platform if reading.preference else "-"
    return (reading.job, str(one.grade), preferred, *came, running)


def _came(mark: SideMark | None, now: float) -> tuple[str, str]:
    """Return when a side came last, and its clock's offset from the server's."""
    if mark is None:
        return "never", "-"
    return f"{seconds(max(0.0, now - mark.at))} ago, {mark.host}", f"{mark.offset:+.0f} s"


def _short(identity: Identity | None) -> str:
    return identity.id[:8] if identity else "none yet"
