"""Gather: hand the record of who ran which tick on from memcached and from hosts to the journal.

It may be run as often as wanted, by several at once, and after any crash: what is there only grows.
A run that is not over is gathered again later.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crossfade.adapters.cron.gathered import Found, GatheredTicks
from crossfade.adapters.cron.spool import jobs_in_spool, read_spool
from crossfade.adapters.cron.tick_records import read_evidence
from crossfade.cronrun.configured import the_one
from crossfade.errors import Unavailable
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.journal.step import Step, directly
from crossfade.plan.base.words import count
from crossfade.plan.cron.schedule.ticks import MINUTE
from crossfade.plan.cron.ticks.attempt import Attempt, attempt_of_entry, joined
from crossfade.plan.cron.ticks.day import day_of, days_of
from crossfade.plan.cron.ticks.history import Fate, TickEvidence, due_ticks, what_became

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.cron.ticks.day import Day
    from crossfade.plan.cron.ticks.history import PastTick

Attempts = dict[int, tuple[Attempt, ...]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of gathering one job's ticks.

    Attributes:
        job: The job's name.
        looked: Ticks that were looked at.
        ticks: What became of those about which something new was found, oldest first.
        days: Documents that were written.
        trouble: Why memcached was not asked; "" if it answered.
    """

    job: str
    looked: int
    ticks: tuple[PastTick, ...]
    days: int
    trouble: str = ""

    def line(self) -> str:
        """Say it in one line."""
        fates = [str(tick.fate) for tick in self.ticks]
        kinds = ", ".join(f"{fates.count(fate)} {fate}" for fate in dict.fromkeys(fates))
        new = f"{count(len(fates), 'tick')} gathered ({kinds})" if fates else "nothing new"
        doubles = sum(tick.doubled for tick in self.ticks)
        new += f", {doubles} RUN TWICE" if doubles else ""
        return f"{self.job}: {new}" + (f"; {self.trouble}" if self.trouble else "")


def gather(
    world: World,
    jobs: Sequence[str] = (),
    *,
    spool: str = "",
    since: float = 0.0,
    run: Run = directly,
) -> tuple[Gathered, ...]:
    """Gather the record of some jobs' ticks.

    Args:
        world: The world.
        jobs: Their names; none for all of the configuration.
        spool: A folder with the record of this host, or with copies of several; "" for none.
        since: Seconds to look back; 0 for as long as memcached keeps records.
        run: Runs the step.

    Raises:
        BadInput: The configuration knows no such job, or not exactly one memcached.
        Unavailable: Memcached or S3 did not answer. Without memcached, a spool is gathered still.
    """
    names = tuple(jobs) or tuple(sorted(world.settings.crons))
    for name in names:
        world.settings.cron(name)
    if spool and not jobs:
        for name in sorted(set(jobs_in_spool(spool)) - set(names)):
            world.report.say(f"{spool} has lines of {name}, which the configuration does not know")
    step = Step(
        f"gather the ticks of {count(len(names), 'job')}",
        lambda: tuple(
            fan_out(lambda name: _gather(world, name, spool, since), names, width=world.connections)
        ),
        repeatable=True,
    )
    return run(step)


def gathered_ticks(world: World) -> GatheredTicks:
    """Return where the gathered record is kept."""
    state = world.settings.state
    return GatheredTicks(world.bucket(state.bucket), state.prefix)


def spooled(folder: str, job: str, after: float) -> Attempts:
    """Return what a folder's lines say about a job's ticks after an instant.

    Raises:
        BadInput: The folder cannot be read.
    """
    if not folder:
        return {}
    found: dict[int, list[Attempt]] = {}
    for entry in read_spool(folder, job):
        tick: object = entry.tick  # whatever stands there
        attempt = attempt_of_entry(entry)
        # A start by hand is no tick.
        if isinstance(tick, int) and attempt.sound and tick * MINUTE > after:
            found.setdefault(tick, []).append(attempt)
    return {tick: joined(attempts) for tick, attempts in sorted(found.items())}


def from_memcached(world: World, job: str, ticks: Iterable[int]) -> TickEvidence:
    """Read what memcached knows about a job's ticks.

    Raises:
        BadInput: The configuration does not name exactly one memcached.
        Unavailable: It gave no answer.
    """
    server = the_one(world.settings.lock.servers)
    retention = world.settings.cron(job).retention.total_seconds()
    with closing(world.connect(server)) as connection:
        return read_evidence(connection, server, job, ticks, retention=retention)


def weighed(evidence: TickEvidence, days: Iterable[Found], lines: Attempts) -> TickEvidence:
    """Put together what memcached, the gathered record and hosts' lines say about a job."""
    found: dict[int, list[Attempt]] = {}
    missed: set[int] = set()
    sources: list[Mapping[int, Sequence[Attempt]]] = [evidence.attempts, lines]
    for there in days:
        sources.append(there.day.attempts)
        missed.update(there.day.missed)
    for source in sources:
        for tick, attempts in source.items():
            found.setdefault(tick, []).extend(attempts)
    memory = evidence.memory
    if memory is not None and found:
        first = min(found)
        memory = replace(memory, since=first if memory.since is None else min(first, memory.since))
    return replace(evidence, attempts=found, missed=frozenset(missed), memory=memory)


def _gather(world: World, job: str, spool: str, since: float) -> Gathered:
    """Gather one job's ticks: at most one reading and one writing of each day's document."""
    cron = world.settings.cron(job)
    schedule = cron.when()
    now = world.clock.now().timestamp()
    after = now - (since or cron.retention.total_seconds())
    due = due_ticks(schedule, after, now)
    lines = spooled(spool, job, after)
    store = gathered_ticks(world)
    days = {day: store.read(job, day) for day in sorted({day_of(t) for t in (*due, *lines)})}
    settled = frozenset[int]().union(*(found.day.settled() for found in days.values()))
    trouble = ""
    try:
        evidence = from_memcached(world, job, [tick for tick in due if tick not in settled])
    except Unavailable as error:
        if not spool:
            raise
        evidence, trouble = TickEvidence(), str(error)
    whole = weighed(evidence, days.values(), lines)
    became = what_became(schedule, sorted({*due, *lines}), whole, now=now)
    fresh = [tick for tick in became if _is_new(tick, whole, days[day_of(tick.minute)].day)]
    parts = days_of(
        job,
        {
            tick.minute: whole.attempts[tick.minute]
            for tick in fresh
            if whole.attempts.get(tick.minute)
        },
        [tick.minute for tick in fresh if tick.fate is Fate.MISSED],
    )
    written = sum(store.add(days[day], more) for day, more in parts.items())
    return Gathered(job, len(due), tuple(fresh), written, trouble)


def _is_new(tick: PastTick, whole: TickEvidence, day: Day) -> bool:
    """Whether more is known of a tick than its day's document says."""
    known = day.attempts.get(tick.minute, ())
    missed = tick.fate is Fate.MISSED and tick.minute not in day.missed
    return missed or joined(whole.attempts.get(tick.minute, ())) != known
