"""How far a lock can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Identity, SideMark
from crossfade.plan.cron.claim.restart_proof import Sample
from crossfade.plan.cron.ticks.lock_grade import Grade, JobReading, ServerReading, diagnose

NOW = 1_800_000_000.0
GOOD = ServerReading(
    address="10.0.0.5:11211",
    sample=Sample(wall=NOW, time=int(NOW), uptime=86_400, losses=0),
    evicts=False,
    flushable=False,
    swaps=True,
    used=1000,
    limit=64_000_000,
    identity=Identity("abc", NOW - 86_400, "host"),
)
MARK = SideMark(30_000_000, NOW - 60, "host", "won", 0, 0.0)
BOTH = JobReading("reports", None, None, {Platform.LEGACY: MARK, Platform.NEW: MARK})


def grade(server: ServerReading = GOOD, *jobs: JobReading) -> tuple[Grade, str]:
    found, limits = diagnose(server, jobs, tolerance=10, lease=60)
    return found, " | ".join(str(limit.finding) for limit in limits)


def marked(**marks: SideMark | None) -> JobReading:
    return replace(BOTH, marks={Platform(name): mark for name, mark in marks.items()})


def sampled(**changes: float) -> ServerReading:
    return replace(GOOD, sample=GOOD.sample._replace(**changes))  # type: ignore[arg-type]


def test_a_server_of_its_own_for_locks_is_strong() -> None:
    assert grade(GOOD, BOTH) == (Grade.STRONG, "")


@pytest.mark.parametrize(
    ("server", "best", "said"),
    [
        (replace(GOOD, swaps=False), Grade.NONE, "without -C"),
        (replace(GOOD, evicts=True), Grade.WEAK, "with -M"),
        (replace(GOOD, flushable=True), Grade.WEAK, "with -F"),
        (sampled(losses=7), Grade.WEAK, "7 times"),
        (replace(GOOD, used=60_000_000), Grade.WEAK, "raise -m"),
        (sampled(wall=NOW + 8), Grade.WEAK, "8 s apart"),
        (sampled(wall=NOW - 8), Grade.WEAK, "8 s apart"),
        (sampled(wall=NOW + 5), Grade.STRONG, ""),
        (sampled(uptime=72), Grade.STRONG, "suspect until it is up for 1 min 13 s"),
        (replace(GOOD, identity=None), Grade.STRONG, "no wrapper has asked"),
    ],
)
def test_what_limits_the_guarantee_is_said(server: ServerReading, best: Grade, said: str) -> None:
    found, text = grade(server)
    assert found is best
    assert said in text


@pytest.mark.parametrize(
    ("job", "best", "said"),
    [
        (marked(legacy=MARK, new=None), Grade.STRONG, "new was never seen on 10.0.0.5:11211"),
        (
            marked(legacy=MARK._replace(at=NOW - 100_000), new=MARK),
            Grade.STRONG,
            "legacy was last seen at 2027-01-15",
        ),
        (
            marked(legacy=MARK._replace(offset=7.0), new=MARK._replace(offset=-5.0)),
            Grade.WEAK,
            "clocks of legacy/host and new/host are 12 s apart",
        ),
        (marked(legacy=MARK._replace(offset=9.0), new=MARK), Grade.STRONG, ""),
    ],
)
def test_what_the_marks_of_both_sides_show_is_said(job: JobReading, best: Grade, said: str) -> None:
    found, text = grade(GOOD, job)
    assert (found, said in text) == (best, True)


def test_the_gravest_comes_first_and_decides() -> None:
    found, limits = diagnose(
        replace(GOOD, swaps=False, evicts=True, identity=None), (), tolerance=10, lease=60
    )
    assert found is Grade.NONE
    assert [limit.grade for limit in limits] == [Grade.NONE, Grade.WEAK, Grade.STRONG]
