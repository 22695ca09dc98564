"""Moving the cron jobs of a migration's stages, and taking them back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.operations.base.world import cron_subject
from crossfade.operations.cron.move.move import Asked, Moved
from crossfade.operations.cron.move.waves import move_crons
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.step import read_step
from crossfade.operations.ramp.crons_of_a_stage import crons_after, head_of, unknown
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Wish
from crossfade.plan.cron.move.move import Standing, moving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.head import Head
    from crossfade.plan.ramp.progress import Progress


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
    heads = _heads(ramp, crons, run)
    wanted = [job for job, head in heads.items() if not halted or _begun(head)]
    afresh = [job for job in wanted if _left_by(ramp, heads[job])]
    others = [job for job in wanted if job not in afresh]
    return (*gone, *_moved(ramp, afresh, again=True, run=run), *_moved(ramp, others, run=run))


def return_crons(ramp: Ramp, progress: Progress, *, run: Run) -> tuple[Moved, ...]:
    """Take back the jobs that this migration moved at stages that come after the present one.

    Arguments as for `tend_crons`.
    """
    heads = _heads(ramp, crons_after(ramp.plan, progress.stage), run)
    jobs = [
        job
        for job, head in heads.items()
        if read_step(run, f"read {head.subject}", partial(_is_of, ramp, head))
    ]
    return _moved(ramp, jobs, to=Platform.LEGACY, run=run)


def _heads(ramp: Ramp, jobs: Iterable[str], run: Run) -> dict[str, Head[Standing]]:
    """Read where jobs stand."""
    return {
        job: read_step(run, f"read {cron_subject(job)}", partial(head_of, ramp, job))
        for job in jobs
    }


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
    asked = Asked(wish=Wish(to, again=again), take_over=to is Platform.LEGACY, mover=ramp.subject)
    world = ramp.world
    if to is Platform.LEGACY:
        world = recalled(world, *map(cron_subject, wanted), run=run)
    known = [job for job in wanted if job in world.settings.crons]
    lost = [job for job in wanted if job not in known]
    failed = (Moved(job, None, Standing(), trouble=BadInput(unknown(job))) for job in lost)
    return (*move_crons(world, known, asked, run=run), *failed)
