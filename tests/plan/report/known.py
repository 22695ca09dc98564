"""What the page's tests read: subjects as the journal would know them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.move import Standing, TakenBack
from crossfade.plan.dns.vector import Vector
from crossfade.plan.journal.head import Lease, Open
from crossfade.plan.journal.operation import Actor, Note, Operation, Status, Untold, iso
from crossfade.plan.ramp.progress import Checkpoint, Decided, Progress
from crossfade.plan.ramp.stages import Plan, canary
from crossfade.plan.report.known import KnownCron, KnownMigration, KnownSite
from crossfade.plan.sites.site import Live, SiteState

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANN = Actor("ann@desk")


def at(minutes: float) -> datetime:
    """Return an instant some minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def live(version: str, operation: str = "1") -> Live:
    """Return a release that is live since noon."""
    return Live(version, "d" * 64, iso(NOON), operation)


def operation(number: int, subject: str, kind: str, title: str = "", **changes: Any) -> Any:
    """Return an operation that ended well, `number` minutes after noon."""
    given: dict[str, Any] = {
        "id": f"{number}",
        "subject": subject,
        "kind": kind,
        "title": title,
        "by": ANN,
        "begun_at": iso(at(number)),
        "request": {},
        "before": {},
        "after": {},
        "work": Untold(),
        "members": (subject,),
        "status": Status.DONE,
        **changes,
    }
    return Operation(**given)


def promoted(number: int, version: str, before: str = "", **changes: Any) -> Any:
    """Return a promote of `web` in production."""
    was = SiteState(live(before) if before else None)
    title = f"promote web {before or 'nothing'} -> {version} in production"
    goes = SiteState(live(version))
    given = {"kind": "promote", "before": was, "after": goes, **changes}
    return operation(number, "sites/production/web", title=title, **given)


def site(version: str = "", **changes: Any) -> KnownSite:
    """Return `web` in production."""
    given: dict[str, Any] = {"subject": "sites/production/web", **changes}
    return KnownSite(live=live(version) if version else None, **given)


def held(number: int, reason: str, *gates: tuple[str, str], **request: Any) -> Any:
    """Return the record that the ramp of `shop` stays where it is."""
    asked = {"decision": "hold", "reason": reason, **request}
    notes = tuple(
        Note(
            iso(at(number)),
            f"gate {gate}: {outcome} (said so)",
            {"gate": gate, "outcome": outcome, "start": iso(at(number - 5)), "end": iso(at(number)),
             "share": 0.12345678},
        )
        for gate, outcome in gates
    )  # fmt: skip
    subject = "migrations/shop"
    return operation(number, subject, "advance", "hold shop", request=asked, notes=notes)


def half(**changes: Any) -> Progress:
    """Return a ramp whose second of four stages has begun at noon."""
    given: dict[str, Any] = {
        "stage": "share-10",
        "since": NOON,
        "vector": Vector(90, 10),
        "checkpoints": (
            Checkpoint("a", "", None, "x", at(-20)),
            Checkpoint("b", "share-1", Vector(99, 1), "x", NOON),
        ),
        "decided": Decided("hold", "stage share-10 bakes for another 5 min", at(1), at(6)),
        **changes,
    }
    return Progress(**given)


def migration(progress: Progress | None = None, **changes: Any) -> KnownMigration:
    """Return the migration `shop`."""
    given: dict[str, Any] = {
        "subject": "migrations/shop",
        "plan": Plan(canary()),
        "progress": progress,
        **changes,
    }
    return KnownMigration(**given)


def job(platform: Platform = Platform.NEW, **changes: Any) -> KnownCron:
    """Return the cron job `reports.daily`."""
    given: dict[str, Any] = {"checkpoint": "7", "moved_at": NOON, **changes}
    standing = Standing(platform, **given)
    return KnownCron("crons/reports.daily", standing=standing, schedule="30 2 * * * (UTC)")


def taken_back() -> KnownCron:
    """Return the job after its move was taken back."""
    back = TakenBack(NOON, "exit code 3 on new")
    return job(Platform.LEGACY, taken_back=back, moved_at=None, checkpoint="")


def open_(*, trouble: str = "") -> Open:
    """Return a promote that is open."""
    lease = Lease("token", iso(at(2)))
    title, members = "promote web 1.0.0 -> 1.1.0 in production", ("sites/production/web",)
    return Open("9", "promote", title, ANN, iso(NOON), members, lease, trouble=trouble)
