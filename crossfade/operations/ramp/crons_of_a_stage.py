"""Cron jobs as part of a migration: they move when their stage has begun, and go back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.base.world import cron_subject
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.move import Standing, moving

if TYPE_CHECKING:
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.head import Head
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
            stuck.append(unknown(job))
            continue
        standing = head_of(ramp, job).state
        if standing.taken_back is not None and standing.taken_back.by != ramp.subject:
            again = f"`crossfade move-cron {job} --again` tries it again"
            stuck.append(f"{job} was taken back ({standing.taken_back.why}): {again}")
        elif standing.platform is not Platform.NEW or moving(standing):
            on_their_way.append(job)
    return tuple(on_their_way), tuple(stuck)


def crons_after(plan: Plan, stage: str) -> tuple[str, ...]:
    """Return the cron jobs of the stages after one, the last stage's first; "" is before all.

    Those of a stage that is no longer in the plan are not known, so none are returned.
    """
    names = [one.name for one in plan.stages]
    if stage and stage not in names:
        return ()
    later = plan.stages[names.index(stage) + 1 :] if stage else plan.stages
    return tuple(job for one in reversed(later) for job in reversed(one.crons))


def unknown(job: str) -> str:
    """Say that a job of a stage has no section, and the mend."""
    return f'{job} is not configured: add [crons."{job}"], or take it out of the stage'


def head_of(ramp: Ramp, job: str) -> Head[Standing]:
    """Read where a job stands."""
    return ramp.world.journal.head(cron_subject(job), Standing)[0]
