"""What was read for the page: each subject as the journal knows it, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.cron.move.move import Standing
    from crossfade.plan.journal.head import Open
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.pictures.timeline import Timeline
    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.stages import Plan
    from crossfade.plan.sites.site import Live


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one subject.

    Attributes:
        subject: Its name in the journal.
        configured: Whether the configuration names it; what it does not name can only go back.
        trouble: Why its head cannot be read, or "".
        open: The open operation, if there is one.
        lease_left: Seconds for which its worker still holds it; 0 when nobody works on it.
        operations: Those that were read, newest first.
        more: Whether there are older ones.
        damaged: Why operations that were looked at cannot be read, one sentence for each.
    """

    subject: str
    configured: bool = True
    trouble: str = ""
    open: Open | None = None
    lease_left: float = 0.0
    operations: tuple[Operation[Any, Any], ...] = ()
    more: bool = False
    damaged: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name without its kind."""
        return self.subject.partition("/")[2]


@dataclass(frozen=True, slots=True)
class KnownSite(Known):
    """A component in an environment.

    Attributes:
        live: The release that is live, or None.
        made_by: The operation that made it live, or None where it cannot be read.
        url: Where the site is, or "".
    """

    live: Live | None = None
    made_by: Operation[Any, Any] | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class KnownMigration(Known):
    """A migration.

    Attributes:
        progress: Where it stands, or None where its head cannot be read.
        plan: Its stages, or None where neither the configuration nor the journal has them.
        timeline: What its picture shows, or None where that cannot be read.
        reversible_until: Until when a complete one may be taken back, or None.
        unseen: Why there is no picture, or "".
    """

    progress: Progress | None = None
    plan: Plan | None = None
    timeline: Timeline | None = None
    reversible_until: datetime | None = None
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class KnownCron(Known):
    """A cron job.

    Attributes:
        standing: Where it runs, or None where its head cannot be read.
        schedule: When it is due, with its time zone; "" where nobody says.
    """

    standing: Standing | None = None
    schedule: str = ""
