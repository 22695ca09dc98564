"""Who contends for a tick, and under which terms."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from crossfade.plan.base.platform import Platform

TOLERANCE = 10.0
"""Seconds; default for how far contenders' clocks may be apart, early starts included."""

RETENTION = 172_800
"""Seconds; default for how long a tick's record is kept: two days, so that a flow that gathers
records once a day has a day to spare."""

LEASE = 60
"""Seconds; default length of the running lease: three heartbeats."""

CLAIM_LIFE = 10
"""Seconds for which a claim lives until its command starts; as long does a crash between the two
keep the other side from taking the tick."""


class Overlap(StrEnum):
    """What to do with a tick that is due while an earlier run of the job still runs."""

    SKIP = "skip"
    WAIT = "wait"
    ALLOW = "allow"


class Contender(NamedTuple):
    """One attempt to run one tick.

    Attributes:
        job: The job's name, the same on both platforms.
        tick: The tick, in minutes since 1970.
        token: Random, new for every attempt: tells its own writes from all others'.
        platform: Where it would run.
        host: On which host or pod.
        at: When it was started, in seconds since 1970 by its clock.
    """

    job: str
    tick: int
    token: str
    platform: Platform
    host: str
    at: float


class Terms(NamedTuple):
    """The rules of the contest, from the wrapper's flags.

    Attributes:
        deadline: The latest instant to start, in seconds since 1970.
        retention: Seconds for which a tick's record is kept. Must exceed any start's lateness.
        claim_life: Seconds for which a claim lives before it becomes a run.
        tolerance: Seconds by which clocks may be apart, early starts included.
        overlap: What to do while an earlier run still runs.
        lease: Length of the running lease in seconds.
        handicap: Seconds after the tick that the platform which is not preferred waits.
        prefer: The preferred platform when memcached does not know it.
        rerun_after_crash: Wait beside a run and take it over if its holder is gone.
        take_suspect: Go on to run when the server may have lost claims of this tick.
        accept_evictions: Do not count evictions and flushes as reasons for suspicion.
        tries: Connections in a row that may fail before memcached counts as away.
    """

    deadline: float
    retention: int = RETENTION
    claim_life: int = CLAIM_LIFE
    tolerance: float = TOLERANCE
    overlap: Overlap = Overlap.SKIP
    lease: int = LEASE
    handicap: float = 0.0
    prefer: Platform | None = None
    rerun_after_crash: bool = False
    take_suspect: bool = False
    accept_evictions: bool = False
    tries: int = 3

    @property
    def leased(self) -> bool:
        """Whether runs of this job must not overlap."""
        return self.overlap is not Overlap.ALLOW
