"""Moving many cron jobs in one go, in waves, each with its own outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput, CrossfadeError, Failed, Refused
from crossfade.operations.base.world import cron_subject
from crossfade.operations.cron.move.move import Asked, Moved, move_cron
from crossfade.operations.cron.move.read import read_standing
from crossfade.operations.journal.executor import told_to_stop
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.step import directly
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Watching
from crossfade.plan.cron.move.move import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run

LONGEST_SLEEP = 60.0
"""Seconds between two calls for those who wait: a preference that was lost is mended as often."""


def move_crons(
    world: World, jobs: Sequence[str], asked: Asked, *, run: Run = directly
) -> tuple[Moved, ...]:
    """Take one decision about each of some jobs and do it; what fails for one stops no other.

    Args:
        world: The world.
        jobs: Their names, in the order of their waves.
        asked: What is asked.
        run: Runs each step.

    Raises:
        BadInput: The configuration knows no such job.
    """
    if asked.wish.to is Platform.LEGACY:
        world = recalled(world, *map(cron_subject, jobs), run=run)
    for job in jobs:
        world.settings.cron(job)
    return _round(world, _waves(jobs, asked.wave), asked, {}, run)


def begun(world: World) -> list[str]:
    """Return the jobs that are on new or on their way, which a schedule looks after.

    Those that are done are among them: memcached may lose that new is preferred.
    """
    jobs = [read_standing(world, name) for name in sorted(world.settings.crons)]
    return [
        job.name
        for job in jobs
        if job.head.open is not None or job.standing.platform is Platform.NEW
    ]


def move_and_wait(
    world: World,
    jobs: Sequence[str],
    asked: Asked,
    *,
    seen: Callable[[Moved], None] = lambda _: None,
    run: Run = directly,
) -> tuple[Moved, ...]:
    """Move jobs and wait until each is done, taken back or held: for short moves.

    Arguments and errors as for `move_crons`; `seen` is told of each job whenever it has news.
    """
    for job in jobs:
        world.settings.cron(job)
    waves = _waves(jobs, asked.wave)
    known: dict[str, Moved] = {}
    lines: dict[str, str] = {}
    while True:
        told = _round(world, waves, asked, known, run)
        for one in told:
            if lines.get(one.job) != one.line():
                lines[one.job] = one.line()
                seen(one)
        known = {one.job: one for one in told if not one.unfinished}
        if len(known) == len(told) or asked.dry_run:
            return told
        world.sleep(_sleep_for(world, told))


def _round(
    world: World, waves: Sequence[Sequence[str]], asked: Asked, known: dict[str, Moved], run: Run
) -> tuple[Moved, ...]:
    """Ask about the jobs of each wave, up to the first wave that is not finished."""
    told: list[Moved] = []
    blocked = ""
    for number, wave in enumerate(waves, start=1):
        if blocked:
            told += [_waiting(world, job, blocked, asked) for job in wave]
            continue
        now = [known.get(job) or _guarded(world, job, asked, run) for job in wave]
        told += now
        if any(one.unfinished for one in now) and not asked.dry_run:
            blocked = f"waits for wave {number} of {len(waves)}"
    return tuple(told)


def _guarded(world: World, job: str, asked: Asked, run: Run) -> Moved:
    """Ask about one job; what fails is its own outcome, unless the process is told to end."""
    try:
        return move_cron(world, job, asked, run=run)
    except CrossfadeError as error:
        if told_to_stop(error):
            raise
        standing = _standing(world, job)
        return Moved(job, None, standing, trouble=error, asked=asked)


def _waiting(world: World, job: str, why: str, asked: Asked) -> Moved:
    return Moved(job, Watching(why), _standing(world, job), asked=asked)


def _standing(world: World, job: str) -> Standing:
    """Read where a job stands, for who is told about it; an empty one where it cannot be read."""
    try:
        return read_standing(world, job).standing
    except CrossfadeError:
        return Standing()


def _waves(jobs: Sequence[str], size: int) -> list[Sequence[str]]:
    unique = list(dict.fromkeys(jobs))
    step = size or len(unique) or 1
    return [unique[first : first + step] for first in range(0, len(unique), step)]


def _sleep_for(world: World, told: Sequence[Moved]) -> float:
    now = world.clock.now()
    asks = [one.decision.ask_again for one in told if isinstance(one.decision, Watching)]
    left = [(at - now).total_seconds() for at in asks if at is not None]
    return min(max(min(left, default=1.0), 1.0), LONGEST_SLEEP)


def exit_code_of(told: Sequence[Moved]) -> int:
    """Return one exit code for many jobs: a failure before a hold, a hold before all being well."""
    codes = {one.exit_code for one in told}
    return next(
        (
            code
            for code in (Failed.exit_code, BadInput.exit_code, Refused.exit_code)
            if code in codes
        ),
        0,
    )
