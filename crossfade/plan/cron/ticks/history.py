"""What became of a job's ticks: who ran each, how it ended, and which ones nobody ran.

`what_became` is the one place that judges it: the history shows its answer to people, a move of a
job decides by it, and pictures are drawn from it. It takes what is known from wherever it comes:
memcached's records, the gathered record, and the hosts' own lines.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import about
from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.claim.restart_proof import BOOT
from crossfade.plan.cron.claim.terms import RETENTION, TOLERANCE
from crossfade.plan.cron.schedule.ticks import MINUTE, ticks_from, when
from crossfade.plan.cron.ticks.attempt import INTERRUPTED, Attempt, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crossfade.plan.cron.claim.restart_proof import Sample
    from crossfade.plan.cron.schedule.ticks import Schedule

SOONEST_MISSED = 120.0
"""Seconds after a tick before which nobody calls it missed: pods take that long to start."""

LATEST_START = 600.0
"""Seconds after a tick within which a CronJob's Job is started, see `table.kubernetes_cronjob`."""


class Fate(StrEnum):
    """What became of a tick.

    `done`, `failed`: it was run, and ended with exit code 0 or another. `running`: it runs.
    `crashed`: it was started, and whoever ran it is gone without a word of its end. `skipped`: an
    earlier run still ran. `held`: somebody had it, and what became of that is not known. `missed`:
    nobody ran it. `due`: somebody may still run it. `unknown`: nothing is known, and the reason
    says why not.
    """

    DONE = "done"
    FAILED = "failed"
    RUNNING = "running"
    CRASHED = "crashed"
    SKIPPED = "skipped"
    HELD = "held"
    MISSED = "missed"
    DUE = "due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PastTick:
    """One tick and what became of it.

    Attributes:
        minute: The tick, in minutes since 1970.
        fate: What became of it.
        run: The attempt that ran it, the last one where a crashed run was taken over; None where
            nobody did, or nothing is known of it.
        others: All other attempts: who came too late, runs that crashed, second runs.
        doubled: Whether two of the runs stand beside each other: neither was taken over.
        reason: Why it was not run, why that is not known, or what is odd about its run.
    """

    minute: int
    fate: Fate
    run: Attempt | None = None
    others: tuple[Attempt, ...] = ()
    doubled: bool = False
    reason: str = ""

    @property
    def runs(self) -> tuple[Attempt, ...]:
        """All its runs, the one that counts first."""
        return tuple(one for one in (self.run, *self.others) if one is not None and one.ran)

    @property
    def wrong(self) -> bool:
        """Whether somebody should look at it: it was missed, failed, crashed or ran twice."""
        return self.doubled or self.fate in {Fate.MISSED, Fate.FAILED, Fate.CRASHED}


@dataclass(frozen=True, slots=True)
class Memory:
    """What can be said about the ticks of which a memcached has no record.

    Attributes:
        sample: Its clock, its age and what it lost.
        retention: Seconds for which the job's records are kept.
        lease: Token of the attempt that holds the job's running lease; "" for none.
        since: The first tick at which the job is known to have been wrapped, in minutes since 1970;
            None if it never was.
    """

    sample: Sample
    retention: float = RETENTION
    lease: str = ""
    since: int | None = None

    def silence(self, tick: int) -> str:
        """Say why a tick may have been run although there is no record; "" if it was not."""
        age = self.sample.wall - tick * MINUTE
        if self.since is None or tick < self.since:
            return "nothing shows that the job was wrapped by then"
        if age > self.retention - TOLERANCE:
            return "memcached keeps records for less time, and nothing was gathered before"
        if self.sample.uptime - BOOT < age + TOLERANCE:
            up = about(self.sample.uptime)
            return f"memcached started {up} ago, and nothing was gathered before"
        if self.sample.losses:
            return "memcached evicted records or was flushed, and nothing was gathered before"
        return ""


@dataclass(frozen=True, slots=True)
class TickEvidence:
    """What is known about a job's ticks.

    Attributes:
        attempts: What is known of attempts, by tick; what several sources say is joined.
        missed: Ticks of which it was found, when they were gathered, that nobody had run them.
        claimed: Ticks that somebody had claimed and was about to start when they were read.
        memory: What memcached's silence means; None if it does not answer.
    """

    attempts: Mapping[int, Sequence[Attempt]] = field(default_factory=dict)
    missed: frozenset[int] = frozenset()
    claimed: frozenset[int] = frozenset()
    memory: Memory | None = None


def due_ticks(schedule: Schedule, after: float, until: float) -> tuple[int, ...]:
    """Return a job's ticks in a span of time, oldest first.

    Args:
        schedule: The job's schedule.
        after: Ticks after this instant, in seconds since 1970.
        until: Ticks at or before this one.
    """
    found: list[int] = []
    last = int(until // MINUTE)
    for tick in ticks_from(schedule, int(after // MINUTE)):  # pragma: no branch  it never ends
        if tick > last:
            break
        found.append(tick)
    return tuple(found)


def settled_after(schedule: Schedule, tick: int) -> float:
    """Return the instant after which nobody starts a tick any more, in seconds since 1970.

    cron's starts count for half of the time to the next tick, Kubernetes' for ten minutes at most;
    then a pod has to come up.
    """
    gap = (next(ticks_from(schedule, tick)) - tick) * MINUTE
    return tick * MINUTE + max(SOONEST_MISSED, min(LATEST_START, gap / 2))


def what_became(
    schedule: Schedule, ticks: Iterable[int], evidence: TickEvidence, *, now: float
) -> tuple[PastTick, ...]:
    """Say what became of some ticks of a job.

    Shared by the history of a job and by the move of one to another platform.

    Args:
        schedule: The job's schedule: says until when somebody may still start a tick.
        ticks: The ticks, in minutes since 1970.
        evidence: What is known about them.
        now: Seconds since 1970.

    Returns:
        One for each tick, in the order given.
    """
    return tuple(_became(schedule, tick, evidence, now) for tick in ticks)


def counted(ticks: Iterable[PastTick]) -> dict[str, int]:
    """Count ticks: all, by fate, runs by platform, doubles and suspect runs; all keys are there."""
    found: Counter[str] = Counter()
    for tick in ticks:
        found["ticks"] += 1
        found[tick.fate] += 1
        found["doubles"] += tick.doubled
        found["suspect"] += any(run.suspect for run in tick.runs)
        for run in tick.runs:
            found[f"runs_{run.platform}"] += 1
    names = ["ticks", *Fate, "doubles", "suspect", *(f"runs_{platform}" for platform in Platform)]
    return {str(name): found[name] for name in names}


def _became(schedule: Schedule, tick: int, evidence: TickEvidence, now: float) -> PastTick:
    attempts = joined(evidence.attempts.get(tick, ()))
    runs = [one for one in attempts if one.ran]
    if not runs:
        return _not_run(schedule, tick, attempts, evidence, now)
    standing = [one for one in runs if not _taken_over(one, runs)]
    # Of two runs, the first counts: what came later is the surprise.
    run = min(standing, key=lambda one: (one.start or 0.0, one.id))
    others = tuple(one for one in attempts if one is not run)
    fate, reason = _of_run(run, evidence.memory, now)
    doubled = len(standing) > 1
    if doubled:
        second = " and ".join(f"{one.platform}/{one.host}" for one in standing if one is not run)
        reason = f"run twice: by {second} too" + (f"; {reason}" if reason else "")
    return PastTick(tick, fate, run, others, doubled, reason)


def _taken_over(run: Attempt, runs: Sequence[Attempt]) -> bool:
    """Whether a later attempt followed on a run that crashed."""
    return run.end is None and any(other.number > run.number for other in runs)


def _of_run(run: Attempt, memory: Memory | None, now: float) -> tuple[Fate, str]:
    """Say how a run stands, and what is odd about it."""
    odd = "; ".join(text for text in (run.stopped, run.reason, run.lost) if text)
    if run.end is not None:
        return (Fate.FAILED if run.exit_code else Fate.DONE), odd
    age = now - (run.start or 0.0)
    if memory is not None and run.leased:
        alive = memory.lease == run.id or age < SOONEST_MISSED
    else:
        alive = age < RETENTION
    if alive:
        return Fate.RUNNING, odd
    gone = "its end was never recorded" + (", and its lease is gone" if run.leased else "")
    return Fate.CRASHED, "; ".join(text for text in (gone, odd) if text)


def _not_run(
    schedule: Schedule, tick: int, attempts: tuple[Attempt, ...], evidence: TickEvidence, now: float
) -> PastTick:
    """Say what became of a tick of which no run is known."""
    for outcome, fate in ((OutcomeKind.SKIPPED, Fate.SKIPPED), (OutcomeKind.HELD, Fate.HELD)):
        found = next((one for one in attempts if one.outcome == outcome), None)
        if found is not None:
            return PastTick(tick, fate, None, attempts, reason=found.reason)
    reasons = "; ".join(f"{one.platform}/{one.host}: {one.reason}" for one in attempts)
    if tick in evidence.claimed or now < settled_after(schedule, tick):
        return PastTick(tick, Fate.DUE, None, attempts, reason=reasons)
    both = {one.platform for one in attempts} >= set(Platform)
    silence = evidence.memory.silence(tick) if evidence.memory else "memcached does not answer"
    kept = any(one.outcome == INTERRUPTED and one.start is not None for one in attempts)
    if tick in evidence.missed or both or kept or not silence:
        return PastTick(tick, Fate.MISSED, None, attempts, reason=reasons or "nobody came")
    return PastTick(tick, Fate.UNKNOWN, None, attempts, reason=reasons or silence)


def told(tick: PastTick) -> str:
    """Say in one line what became of a tick; it starts with the fate."""
    who = f" by {tick.run.platform}/{tick.run.host}" if tick.run else ""
    why = f": {tick.reason}" if tick.reason else ""
    return f"{tick.fate} {when(tick.minute)}{who}{why}"
