"""Cron jobs as part of a migration: they move when their stage has begun, and go back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.operations.base.world import cron_subject
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.move import Standing, moving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.head import Head
    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.stages import Plan


def unmoved(ramp: Ramp) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the present stage's cron jobs that are not done, from the journal alone.

    Returns:
        Those that are on their way, and those that wait for a person, each with the reason.
    """
    on_their_way: list[str] = []
    stuck: list[str] = []
    stage = ramp.plan.stage(ramp.progress.stage)
    for job in stage.crons if stage else ():
        if job not in ramp.world.settings.crons:
            stuck.append(_unknown(job))
            continue
        standing = _head(ramp, job).state
        if standing.taken_back is not None and standing.taken_back.by != ramp.subject:
            again = f"`crossfade move-cron {job} --again` tries it again"
            stuck.append(f"{job} was taken back ({standing.taken_back.why}): {again}")
        elif standing.platform is not Platform.NEW or moving(standing):
            on_their_way.append(job)
    return tuple(on_their_way), tuple(stuck)


def tend_crons(ramp: Ramp, progress: Progress, *, run: Run) -> tuple[Moved, ...]:
    """Take back the jobs of stages that were left, and move those of the present one.

    What fails for one job is its own outcome; the next call tries again. A ramp that may not go
    forward begins no move, and looks after those that have begun.

    Args:
        ramp: The migration as read.
        progress: Where it stands now.
        run: Runs each step.
    """
    stage = ramp.plan.stage(progress.stage)
    known = ramp.world.settings.crons  # `unmoved` tells of the others
    crons = [job for job in stage.crons if job in known] if stage else []
    gone = return_crons(ramp, progress, run=run)
    if not crons:
        return gone
    halted = progress.frozen or progress.final_at or ramp.world.settings.stop_migrations
    heads = {job: _head(ramp, job) for job in crons}
    wanted = [job for job, head in heads.items() if not halted or _begun(head)]
    afresh = [job for job in wanted if _left_by(ramp, heads[job])]
    others = [job for job in wanted if job not in afresh]
    return (*gone, *_moved(ramp, afresh, again=True, run=run), *_moved(ramp, others, run=run))


def return_crons(ramp: Ramp, progress: Progress, *, run: Run) -> tuple[Moved, ...]:
    """Take back the jobs that this migration moved at stages that come after the present one.

    Arguments as for `tend_crons`.
    """
    jobs = [job for job in crons_after(ramp.plan, progress.stage) if _is_of(ramp, _head(ramp, job))]
    return _moved(ramp, jobs, to=Platform.LEGACY, run=run)


def with_crons(line: str, crons: Iterable[Moved]) -> str:
    """Return a line about a ramp with what happened to its cron jobs."""
    news = [one.line() for one in crons if one.operations or one.trouble]
    return "; ".join((line, *news))


def crons_after(plan: Plan, stage: str) -> tuple[str, ...]:
    """Return the cron jobs of the stages after one, the last stage's first; "" is before all.

    Those of a stage that is no longer in the plan are not known, so none are returned.
    """
    names = [one.name for one in plan.stages]
    if stage and stage not in names:
        return ()
    later = plan.stages[names.index(stage) + 1 :] if stage else plan.stages
    return tuple(job for one in reversed(later) for job in reversed(one.crons))


def _is_of(ramp: Ramp, head: Head[Standing]) -> bool:
    """Whether this migration moved a job, or a worker died while it did."""
    standing = head.state
    if head.open is not None and standing.platform is not Platform.NEW:
        request = ramp.world.journal.record(head.subject, head.open.operation).request
        return bool(request.get("mover") == ramp.subject)
    return standing.platform is Platform.NEW and standing.mover == ramp.subject


def _begun(head: Head[Standing]) -> bool:
    """Whether a job's move has begun and needs looking after."""
    return head.open is not None or moving(head.state)


def _left_by(ramp: Ramp, head: Head[Standing]) -> bool:
    """Whether it was this migration that took a job back, so that it may move it again."""
    taken_back = head.state.taken_back
    return taken_back is not None and taken_back.by == ramp.subject


def _moved(
    ramp: Ramp,
    jobs: Iterable[str],
    *,
    to: Platform = Platform.NEW,
    again: bool = False,
    run: Run,
) -> tuple[Moved, ...]:
    wanted = list(jobs)
    if not wanted:
        return ()
    # Slow, and few stages have any.
    from crossfade.operations.cron.move.move import Asked, Moved  # noqa: PLC0415
    from crossfade.operations.cron.move.waves import move_crons  # noqa: PLC0415
    from crossfade.plan.cron.move.decide import Wish  # noqa: PLC0415

    asked = Asked(wish=Wish(to, again=again), take_over=to is Platform.LEGACY, mover=ramp.subject)
    known = [job for job in wanted if job in ramp.world.settings.crons]
    lost = [job for job in wanted if job not in known]
    failed = (Moved(job, None, Standing(), trouble=BadInput(_unknown(job))) for job in lost)
    return (*move_crons(ramp.world, known, asked, run=run), *failed)


def _unknown(job: str) -> str:
    return f'{job} is not configured: add [crons."{job}"], or take it out of the stage'


def _head(ramp: Ramp, job: str) -> Head[Standing]:
    return ramp.world.journal.head(cron_subject(job), Standing)[0]
