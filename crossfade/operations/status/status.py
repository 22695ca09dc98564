"""Readers: what is live, what happened, which releases there are. They change nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.aws.journal import happened
from crossfade.errors import BadInput, Failed
from crossfade.operations.base.world import (
    cron_subject,
    inbox_subject,
    migration_subject,
    releases_subject,
    site_subject,
    tandem_subject,
)
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.releases.bucket import MANIFEST
from crossfade.plan.cron.move.move import Standing
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.journal.head import lapsed, seconds_left
from crossfade.plan.journal.operation import Status, instant
from crossfade.plan.ramp.progress import Progress
from crossfade.plan.ramp.return_plan import reversible_until
from crossfade.plan.releases.build import age_order
from crossfade.plan.sites.site import SiteState
from crossfade.plan.tandem.ready import Inbox
from crossfade.plan.tandem.standing import Standing as TandemStanding
from crossfade.plan.tandem.standing import word_of
from crossfade.settings.errors import nearest
from crossfade.settings.sections import completed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.base.world import World
    from crossfade.plan.journal.head import Head, Open
    from crossfade.plan.journal.operation import Operation, Untold
    from crossfade.plan.sites.site import Live
    from crossfade.settings import Settings


@dataclass(frozen=True, slots=True)
class TandemStatus:
    """How a tandem stands.

    Attributes:
        standing: Its state.
        word: How it stands, in a word.
        inbox: What was reported and asked.
        now: The time of the reading.
    """

    standing: TandemStanding
    word: str
    inbox: Inbox
    now: datetime


@dataclass(frozen=True, slots=True)
class SubjectStatus:
    """How one subject stands.

    Attributes:
        subject: The subject.
        live: The release that is live, if it is a site and one is.
        changes: How many times the live release has changed.
        last: The operation that was closed last, or "".
        open: The open operation, if there is one.
        lease_left: Seconds for which its worker still holds it; 0 when it has lapsed.
        progress: Where it stands, if it is a migration.
        reversible_until: Until when it may be taken back, if it is a migration that is complete and
            not past its point of no return.
        standing: Where it stands, if it is a cron job.
        tandem: How it stands, if it is a tandem.
        configured: Whether the configuration names it; what it does not name can still go back.
        trouble: Why its head cannot be read, or "".
    """

    subject: str
    live: Live | None
    changes: int
    last: str
    open: Open | None
    lease_left: float
    progress: Progress | None = None
    reversible_until: datetime | None = None
    standing: Standing | None = None
    tandem: TandemStatus | None = None
    configured: bool = True
    trouble: str = ""


def status(world: World, subject: str = "") -> list[SubjectStatus]:
    """Tell how one subject stands, or all that the configuration or the journal has.

    Among all, a head that cannot be read is told of in its row, and hides no other.

    Raises:
        BadInput: Neither knows the subject.
        Failed: The one subject's head cannot be read.
    """
    configured = subjects(world)
    if subject:
        must_be_known(world, subject)
        rows = [_status(world, world.journal.head(subject)[0])]
    else:
        names = [*configured, *_left(world, configured)]
        rows = fan_out(partial(_row, world), names, width=world.connections)
        # Where only digests were recorded, nothing ever changed, and nothing can go back.
        rows = [row for row in rows if row.subject in configured or _began(row)]
    return [replace(row, configured=row.subject in configured) for row in rows]


def _began(row: SubjectStatus) -> bool:
    return bool(row.last or row.open or row.trouble)


def must_be_known(world: World, subject: str) -> None:
    """Refuse a subject that neither the configuration nor the journal has.

    Raises:
        BadInput: They have not; the text names those that they have.
    """
    known = subjects(world)
    if subject in known:
        return
    left = _left(world, known)
    if subject not in left:
        everything = [*known, *left]
        raise BadInput(
            f"there is no subject {subject!r} in the configuration or in the journal"
            f"{nearest(subject, everything)}; known: {', '.join(everything) or 'none yet'}"
        )


def _left(world: World, configured: Sequence[str]) -> list[str]:
    """Return the subjects that the journal has and the configuration does not name."""
    journal = world.journal
    environments = journal.below("sites")
    parts = [f"sites/{name}" for name in environments] + ["releases"]
    parts += ["migrations", "crons", "tandems"]
    below = fan_out(journal.below, parts, width=world.connections)
    there = [f"{part}/{name}" for part, names in zip(parts, below, strict=True) for name in names]
    return [subject for subject in there if subject not in configured]


def readable(world: World, subject: str) -> SubjectStatus:
    """Tell how one subject stands, also where its head cannot be read: then with its trouble."""
    found = _row(world, subject)
    return replace(found, configured=subject in subjects(world))


def _row(world: World, subject: str) -> SubjectStatus:
    try:
        return _status(world, world.journal.head(subject)[0])
    except (BadInput, Failed) as error:
        return SubjectStatus(subject, None, 0, "", None, 0.0, trouble=str(error))


def subjects(world: World) -> list[str]:
    """Return the subjects of the configuration: sites, releases, migrations, cron jobs, tandems."""
    return subjects_of(world.settings)


def subjects_of(settings: Settings) -> list[str]:
    """Return the subjects of some settings, for who has no world."""
    sites = [
        site_subject(environment, component)
        for environment in settings.environments
        for component in settings.components
    ]
    releases = sorted(releases_subject(name) for name in settings.components)
    migrations = sorted(map(migration_subject, settings.migrations))
    crons = sorted(map(cron_subject, settings.crons))
    tandems = sorted(map(tandem_subject, settings.tandems))
    return sorted(sites) + releases + migrations + crons + tandems


def _status(world: World, head: Head) -> SubjectStatus:
    site = head.subject.startswith("sites/")
    migration = head.subject.startswith(migration_subject(""))
    state: SiteState | None = (
        state_from_json(head.state, SiteState, f"the head of {head.subject}") if site else None
    )
    progress = (
        state_from_json(head.state, Progress, f"the head of {head.subject}") if migration else None
    )
    left = seconds_left(head, world.clock.now()) if head.open else 0.0
    known = completed(world.settings, head.sections)
    return SubjectStatus(
        subject=head.subject,
        live=state.live if state else None,
        changes=state.changes if state else 0,
        last=head.last,
        open=head.open,
        lease_left=0.0 if head.open and lapsed(head, world.clock.now()) else left,
        progress=progress,
        reversible_until=_reversible_until(known, head.subject, progress) if progress else None,
        standing=_standing(head) if head.subject.startswith(cron_subject("")) else None,
        tandem=_tandem(world, head) if head.subject.startswith(tandem_subject("")) else None,
    )


def _reversible_until(settings: Settings, subject: str, progress: Progress) -> datetime | None:
    name = subject.partition("/")[2]
    migration = settings.migrations.get(name)
    if migration is None or progress.final_at:
        return None
    return reversible_until(migration.plan(), progress)


def _tandem(world: World, head: Head) -> TandemStatus:
    standing = state_from_json(head.state, TandemStanding, f"the head of {head.subject}")
    name = head.subject.partition("/")[2]
    inbox, _ = world.journal.head(inbox_subject(name), Inbox)
    word = word_of(standing, head.open)
    return TandemStatus(standing, word, inbox.state, world.clock.now())


def _standing(head: Head) -> Standing:
    return state_from_json(head.state, Standing, f"the head of {head.subject}")


def history(world: World, subject: str, *, most: int = 0) -> list[Operation[Untold]]:
    """Return a subject's operations, newest first, without their work.

    Args:
        world: The world.
        subject: The subject.
        most: How many at the most, or 0 for all.
    """
    head, _ = world.journal.head(subject)
    identifiers = world.journal.identifiers(subject)
    read = fan_out(
        lambda identifier: world.journal.record(subject, identifier),
        identifiers[: most or None],
        width=world.connections,
    )
    return [operation for operation in read if happened(operation, head)]


def live_at(operations: Sequence[Operation[Untold]], at: datetime) -> Live | None:
    """Return the release that was live at an instant, from a site's history, newest first.

    An operation counts from its end: until then pages of both releases may have been answered.
    """
    for operation in operations:
        if operation.status is Status.DONE and instant(operation.ended_at) <= at:
            return state_from_json(operation.after, SiteState, f"operation {operation.id}").live
    return None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release of a component, as its manifest's tags tell.

    Attributes:
        component: The component.
        version: The version.
        published_at: When it was published, ISO 8601, or "" where the tags do not say.
        commit: The commit, or "".
        digest: The content's digest, or "".
        files: Number of files; -1 where the tags do not say.
        size: Bytes; -1 where the tags do not say.
        live_in: Environments in which it is live.
        pinned: Why it is pinned, or "".
    """

    component: str
    version: str
    published_at: str
    commit: str
    digest: str
    files: int
    size: int
    live_in: tuple[str, ...]
    pinned: str


def releases(world: World, component: str) -> list[ReleaseRow]:
    """List a component's releases, newest first; one request for each, and a listing."""
    world.settings.component(component)
    prefix = f"{world.settings.releases.prefix}{component}/"
    _, objects = world.releases.level(prefix)
    keys = [row.key for row in objects if row.key.endswith(MANIFEST)]
    tags = fan_out(world.releases.tags, keys, width=world.connections)
    live = live_versions(world, component)
    pins = pins_of(world.journal.head(releases_subject(component))[0])
    rows = [
        ReleaseRow(
            component=component,
            version=(version := key[len(prefix) : -len(MANIFEST)]),
            published_at=found.get("published-at", ""),
            commit=found.get("commit", ""),
            digest=found.get("digest", ""),
            files=int(found.get("files", -1)),
            size=int(found.get("bytes", -1)),
            live_in=tuple(sorted(name for name, there in live.items() if there == version)),
            pinned=pins.get(version, ""),
        )
        for key, found in zip(keys, tags, strict=True)
    ]
    return sorted(rows, key=lambda row: age_order(row.published_at, row.version), reverse=True)


def published(world: World) -> list[str]:
    """Return the versions of all components, the one that was published last first.

    It asks for a listing of each component alone, for who wants names to choose from.
    """
    settings = world.settings.releases
    prefixes = [f"{settings.prefix}{name}/" for name in world.settings.components]
    levels = fan_out(world.releases.level, prefixes, width=world.connections)
    newest: dict[str, datetime] = {}
    for prefix, (_, objects) in zip(prefixes, levels, strict=True):
        for row in objects:
            if row.key.endswith(MANIFEST):
                version = row.key[len(prefix) : -len(MANIFEST)]
                newest[version] = max(row.modified, newest.get(version, row.modified))
    return sorted(newest, key=lambda version: (newest[version], version), reverse=True)


def live_versions(world: World, component: str) -> dict[str, str]:
    """Return the version of a component that is live in each environment that has one."""
    names = sorted(world.settings.environments)
    heads = fan_out(
        lambda name: world.journal.head(site_subject(name, component))[0],
        names,
        width=world.connections,
    )
    states = [
        state_from_json(head.state, SiteState, f"the head of {head.subject}") for head in heads
    ]
    return {
        name: state.live.version
        for name, state in zip(names, states, strict=True)
        if state.live is not None
    }


def pins_of(head: Head) -> dict[str, str]:
    """Return why releases are pinned, by version, from their subject's head."""
    pins = head.state.get("pins", {})
    if not isinstance(pins, dict):
        raise Failed(f"the pins of {head.subject} cannot be read: restore its head's last version")
    return {str(version): str(reason) for version, reason in pins.items()}
