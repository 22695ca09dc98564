"""The whole page, from everything that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.journal.operation import iso
from crossfade.plan.report.events import events_of
from crossfade.plan.report.jobs import job_of
from crossfade.plan.report.known import KnownCron, KnownMigration, KnownSite
from crossfade.plan.report.notices import notices_of, verdict_of
from crossfade.plan.report.page import Page
from crossfade.plan.report.ramps import migration_of
from crossfade.plan.report.sites import environments_of, rows_of
from crossfade.plan.report.ways import ways_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.plan.report.known import Known


def page_of(known: Sequence[Known], *, subject: str, now: datetime) -> Page:
    """Return what the page says.

    Args:
        known: The subjects that it is about, in order.
        subject: The one subject that was asked for, or "" for all.
        now: When they were read.
    """
    sites = [one for one in known if isinstance(one, KnownSite)]
    notices = notices_of(known)
    return Page(
        subject=subject,
        made_at=iso(now),
        verdict=verdict_of(notices),
        notices=notices,
        environments=environments_of(sites),
        rows=rows_of(sites),
        migrations=tuple(migration_of(one) for one in known if isinstance(one, KnownMigration)),
        jobs=tuple(job_of(one) for one in known if isinstance(one, KnownCron)),
        events=events_of(known),
        ways=ways_of(known),
    )
