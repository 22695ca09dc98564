"""Cron jobs: where each runs, and how its move stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Tone
from crossfade.plan.cron.move.move import how, moving
from crossfade.plan.report.page import Badge, Job
from crossfade.plan.report.sites import badge_of

if TYPE_CHECKING:
    from crossfade.plan.report.known import KnownCron


def job_of(known: KnownCron) -> Job:
    """Return what the page says of a cron job."""
    standing = known.standing
    if standing is None:
        return Job(known.name, "", known.schedule, known.trouble, badge_of(known))
    told = how(standing)
    badge = badge_of(known)
    if badge is None and moving(standing):
        badge = Badge("moving", Tone.BUSY)
    elif badge is None and standing.taken_back is not None:
        badge = Badge("taken back", Tone.BAD)
    return Job(
        known.name, standing.platform.value, known.schedule, "" if told == "-" else told, badge
    )
