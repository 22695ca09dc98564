"""Reading a job: its standing, its list, its claims, and what became of its ticks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from crossfade.adapters.cron.memcached import prefer, preference_of
from crossfade.cronrun.lock.doctor import read_job, read_server
from crossfade.errors import Conflict, CrossfadeError, Refused, Unavailable
from crossfade.operations.base.world import cron_subject
from crossfade.operations.cron.move.list import list_of
from crossfade.operations.cron.move.participant import claims
from crossfade.operations.cron.ticks.history import cron_history
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.checks import lock_objections
from crossfade.plan.cron.move.decide import Facts
from crossfade.plan.cron.move.move import Listed, Standing, moving
from crossfade.plan.cron.move.watch import judged, proved, usual_seconds
from crossfade.plan.cron.schedule.ticks import MINUTE, ticks_from
from crossfade.plan.cron.ticks.history import Fate, settled_after

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.cron.ticks.history import JobHistory
    from crossfade.plan.cron.claim.records import Preference
    from crossfade.plan.cron.move.decide import Wish
    from crossfade.plan.cron.move.move import Owner
    from crossfade.plan.cron.schedule.ticks import Schedule
    from crossfade.plan.journal.head import Head
    from crossfade.settings.crons import Cron

USUAL_TICKS = 20
"""How many past ticks of legacy are looked at to learn how long a run usually takes."""


@dataclass(frozen=True)
class MovingJob:
    """A job as its configuration and its record say it.

    Attributes:
        world: The world.
        name: Its name.
        cron: Its configuration.
        schedule: When it is due.
        head: Its head.
        etag: The head's ETag, or "" where there is none.
    """

    world: World
    name: str
    cron: Cron
    schedule: Schedule
    head: Head[Standing]
    etag: str

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return self.head.state

    @property
    def subject(self) -> str:
        """Its name in the journal."""
        return cron_subject(self.name)


def read_standing(world: World, name: str) -> MovingJob:
    """Read a job's record.

    Raises:
        BadInput: The configuration has no such job.
    """
    cron = world.settings.cron(name)
    head, etag = world.journal.head(cron_subject(name), Standing)
    return MovingJob(world, name, cron, cron.when(), head, etag)


@dataclass(frozen=True, slots=True)
class Found:
    """How a job is set, read before a move or a return.

    Attributes:
        listed: What the list says.
        preferred: What memcached says; where it is away, what the journal says last.
    """

    listed: Listed
    preferred: Preference | None


def read_found(job: MovingJob, *, last: Owner | None = None) -> Found:
    """Read what decides who runs a job.

    Args:
        job: The job.
        last: Who the journal says runs it, for what gives no answer: going back must not wait for
            it. None where everything must answer.

    Raises:
        Refused: The list has no such job.
        Unavailable: The list or memcached gave no answer, and must.
    """
    try:
        listed = list_of(job.world, job.name).read()
    except CrossfadeError:
        if last is None:
            raise
        listed = Listed(on=True, entry=last.entry)
    try:
        with claims(job.world) as (line, address):
            preferred = preference_of(line, address, job.name)
    except Unavailable:
        if last is None:
            raise
        preferred = last.preferred
    return Found(listed, preferred)


def gather_facts(job: MovingJob, wish: Wish, proof_from: timedelta | None) -> Facts:
    """Read what the decision about a job needs; what cannot be read is part of it."""
    if wish.to is Platform.LEGACY:
        return Facts()
    if moving(job.standing):
        return _watched(job)
    if job.standing.platform is Platform.NEW:
        return Facts()
    objections = _objections(job)
    if proof_from is None:
        return Facts(objections=objections)
    past = _history(job, proof_from.total_seconds())
    ticks, lacking = proved(past.ticks, usual_of(job), job.cron.watch)
    objections = (*objections, *((lacking,) if lacking else ()))
    return Facts(objections=objections, proof=ticks)


def usual_of(job: MovingJob) -> float:
    """Return how long a run of a job may take, in seconds; 0 for any time."""
    if job.cron.usual:
        return job.cron.usual.total_seconds()
    now = job.world.clock.now().timestamp()
    ahead = ticks_from(job.schedule, int(now // MINUTE))
    gap = next(ahead) - int(now // MINUTE)
    gap = max(gap, next(ahead) - int(now // MINUTE) - gap)
    return usual_seconds(_history(job, USUAL_TICKS * gap * MINUTE).ticks)


def _objections(job: MovingJob) -> tuple[str, ...]:
    """Ask both sides whether the move may begin."""
    told: list[str] = []
    try:
        told += list_of(job.world, job.name).objections()
    except Refused as error:
        told.append(str(error))
    with claims(job.world) as (line, address):
        server = read_server(line, address)
        reading = read_job(line, address, job.name)
    now = job.world.clock.now().timestamp()
    server = replace(server, sample=server.sample._replace(wall=now))
    return (*told, *lock_objections(server, reading, job.schedule))


def _watched(job: MovingJob) -> Facts:
    """Read what became of the ticks of a job that is being moved."""
    watch = job.standing.watch
    if watch is None:
        return Facts()
    now = job.world.clock.now()
    past = _history(job, max(0.0, now.timestamp() - watch.after))
    due = [tick for tick in past.ticks if tick.minute * MINUTE > watch.after]
    if past.trouble:  # what is unknown now may be known when memcached answers
        due = list(takewhile(lambda tick: tick.fate is not Fate.UNKNOWN, due))
    sign = _sign(job)
    ticks = judged(watch, due, now, sign=sign)
    last = ticks[-1].minute if ticks else int(watch.after // MINUTE)
    upcoming = next(ticks_from(job.schedule, last))
    at = settled_after(job.schedule, upcoming) if upcoming * MINUTE <= now.timestamp() else 0.0
    next_at = datetime.fromtimestamp(max(at, upcoming * MINUTE), UTC)
    return Facts(ticks=ticks, next_at=next_at, unread=past.trouble)


def _history(job: MovingJob, seconds: float) -> JobHistory:
    """Read what became of a job's ticks; a crash is believed when it was seen twice.

    A run that ended between the reading of its record and that of its lease looks like one.
    """
    history = cron_history(job.world, job.name, seconds=seconds)
    if any(tick.fate is Fate.CRASHED for tick in history.ticks):
        return cron_history(job.world, job.name, seconds=seconds)
    return history


def _sign(job: MovingJob) -> int | None:
    """Return the newest tick that the new platform came to; None where that is not known."""
    try:
        with claims(job.world) as (line, address):
            mark = read_job(line, address, job.name).marks.get(Platform.NEW)
    except Unavailable:
        return None
    return mark.tick if mark else None


def mend_preference(job: MovingJob) -> str:
    """Write the job's preference again where memcached lost it.

    A newer one that somebody else wrote stays.

    Returns:
        What was seen and done; "" where all was as recorded, or memcached is away.
    """
    ours = job.standing.preferred
    if ours is None or job.head.open is not None:
        return ""
    try:
        with claims(job.world) as (line, address):
            found = preference_of(line, address, job.name)
            if found == ours:
                return ""
            if found is not None:
                by = f" by {found.by}" if found.by else ""
                return f"memcached prefers {found.platform}{by}, the journal {ours.platform}"
            prefer(line, address, job.name, expected=None, wanted=ours)
    except Conflict as error:
        return str(error)
    except CrossfadeError:
        return ""
    return f"memcached had lost that {ours.platform} is preferred; it is written there again"
