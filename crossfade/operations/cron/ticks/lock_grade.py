"""How far the lock of cron jobs can be trusted: read from memcached, and graded for each job."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.cron.memcached import connect
from crossfade.cronrun.lock.doctor import read_job, read_server
from crossfade.plan.cron.claim.terms import LEASE, TOLERANCE
from crossfade.plan.cron.ticks.lock_grade import Grade, diagnose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.cron.ticks.lock_grade import JobReading, Limit, ServerReading


@dataclass(frozen=True, slots=True)
class Graded:
    """What a lock guarantees a job.

    Attributes:
        reading: What memcached knows about the job.
        grade: What the lock guarantees it.
        limits: What concerns this job alone, the gravest first.
    """

    reading: JobReading
    grade: Grade
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class LockCheckup:
    """How far a lock can be trusted.

    Attributes:
        server: The memcached as read.
        limits: What concerns it as a whole, the gravest first.
        jobs: The jobs in question.
        grade: The worst grade.
    """

    server: ServerReading
    limits: tuple[Limit, ...]
    jobs: tuple[Graded, ...]
    grade: Grade


def examine_lock(
    address: str, jobs: Iterable[str], *, tolerance: float = TOLERANCE, lease: int = LEASE
) -> LockCheckup:
    """Examine a memcached and what it knows about some jobs.

    Args:
        address: The memcached's address.
        jobs: The jobs' names.
        tolerance: How far clocks may be apart in seconds, as the wrapper's `--clock-tolerance`.
        lease: Length of the running leases in seconds, as the wrapper's `--lease`.

    Raises:
        BadInput: It is no address.
        Unavailable: It gave no answer.
    """
    with closing(connect(address)) as connection:
        server = read_server(connection, address)
        readings = [read_job(connection, address, job) for job in jobs]
    grade, limits = diagnose(server, (), tolerance=tolerance, lease=lease)
    graded = [_graded(server, one, limits, tolerance, lease) for one in readings]
    order = list(Grade)
    worst = max([grade, *(one.grade for one in graded)], key=order.index)
    return LockCheckup(server, limits, tuple(graded), worst)


def _graded(
    server: ServerReading,
    reading: JobReading,
    known: tuple[Limit, ...],
    tolerance: float,
    lease: int,
) -> Graded:
    """Grade one job; what is said of the server already is not said again."""
    grade, limits = diagnose(server, (reading,), tolerance=tolerance, lease=lease)
    return Graded(reading, grade, tuple(one for one in limits if one not in known))
