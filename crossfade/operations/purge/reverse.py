"""Taking back a finished purge: the releases that it deleted are there again.

Deleted files are only hidden by delete markers until `purge --versions` clears them away. The
assets that a purge retired belong to their sites: `crossfade reverse` of a site brings them back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Refused
from crossfade.operations.base.world import releases_subject
from crossfade.operations.journal.begin import Intent, refuse_if_open
from crossfade.operations.journal.executor import perform
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.purge.participant import PURGE, REVERSE, BackParticipant
from crossfade.operations.purge.sweep import files_of
from crossfade.operations.releases.bucket import folder_key, manifest_key
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import Operation, Status
from crossfade.plan.purge.purge import Gone, Leftover, PurgeWork

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Json

PURGES = "purges"
"""In the request of a reversal: the purges that it takes back."""


@dataclass(frozen=True, slots=True)
class PurgeReturned:
    """What came of taking a purge back.

    Attributes:
        component: The component.
        purges: Ids of the purges, newest first.
        releases: Releases that come back.
        leftovers: Half-published releases that come back.
        published: Versions that were published again since and stay as they are.
        operation: What was recorded, or None for a dry run.
    """

    component: str
    purges: tuple[str, ...]
    releases: tuple[Gone, ...]
    leftovers: tuple[Leftover, ...]
    published: tuple[str, ...]
    operation: Operation[Any, Any] | None = None

    def line(self) -> str:
        """Say it in one line."""
        names = ", ".join(one.version for one in PurgeWork(self.releases, self.leftovers).all)
        text = f"reverse the purge of {self.component}: bring back {names}"
        again = ", ".join(self.published)
        return f"{text}; published again since and left alone: {again}" if again else text

    def document(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        return {
            "component": self.component,
            "dry_run": self.operation is None,
            "operation": self.operation.id if self.operation else "",
            "purges": list(self.purges),
            "releases": [
                {"version": one.version, "files": one.files, "bytes": one.size}
                for one in self.releases
            ],
            "leftovers": [
                {"version": one.version, "files": len(one.paths), "bytes": one.size}
                for one in self.leftovers
            ],
            "published_again": list(self.published),
        }


def reverse_purge(
    world: World,
    component: str,
    *,
    to: str = "",
    dry_run: bool = False,
    run: Run = directly,
) -> PurgeReturned:
    """Bring back the releases that finished purges deleted.

    Args:
        world: The world.
        component: The component.
        to: The oldest purge to take back, or "" for the newest one alone.
        dry_run: Plan only.
        run: Runs each step.

    Raises:
        BadInput: The configuration has no such component.
        Refused: An operation is open there, there is no such purge, or `purge --versions` has
            deleted for good what it took.
        Failed: It stopped; the text says what was left.
    """
    world = recalled(world, releases_subject(component), run=run)
    world.settings.component(component)
    head, etag, planned = read_step(
        run, f"read the purges of {component}", lambda: _plan(world, component, to)
    )
    world.report.say(planned.line())
    if dry_run:
        return planned
    intent = Intent(
        head=head,
        etag=etag,
        title=planned.line(),
        request={"component": planned.component, PURGES: list(planned.purges)},
        work=PurgeWork(planned.releases, planned.leftovers),
        after=head.state,
    )
    (closed,) = perform(
        world,
        REVERSE,
        [intent],
        lambda operations: [BackParticipant(world, one, one.after) for one in operations],
        run=run,
    )
    return replace(planned, operation=closed)


def _plan(world: World, component: str, to: str) -> tuple[Head[Json], str, PurgeReturned]:
    head, etag = world.journal.head(releases_subject(component))
    refuse_if_open(world, head)
    purges = _purges(world, component, to)
    newest_of = {one.version: one for purge in reversed(purges) for one in purge.work.releases}
    half_of = {one.version: one for purge in reversed(purges) for one in purge.work.leftovers}
    taken: dict[str, Gone | Leftover] = {**half_of, **newest_of}
    published = [
        version for version, one in sorted(taken.items()) if _published(world, component, one)
    ]
    releases = [one for version, one in sorted(newest_of.items()) if version not in published]
    leftovers = [one for version, one in sorted(half_of.items()) if version not in published]
    for one in releases:
        _refuse_if_lost(world, component, one)
    if not releases and not leftovers:
        raise Refused(
            f"{head.subject}: nothing comes back, all that the purge took was published again "
            f"since: {', '.join(published)}"
        )
    identifiers = tuple(purge.id for purge in purges)
    planned = PurgeReturned(
        component, identifiers, tuple(releases), tuple(leftovers), tuple(published)
    )
    return head, etag, planned


def _purges(world: World, component: str, to: str) -> list[Operation[PurgeWork]]:
    """Read the purges to take back, newest first; those that were taken back do not count."""
    subject = releases_subject(component)
    found: list[Operation[PurgeWork]] = []
    back: set[str] = set()
    for identifier in world.journal.identifiers(subject):
        operation = world.journal.operation(subject, identifier, PurgeWork)
        if operation.status is not Status.DONE:
            continue
        if operation.kind == REVERSE:
            back.update(operation.request.get(PURGES, ()))
        elif operation.kind == PURGE and operation.id not in back and operation.work.all:
            found.append(operation)
            if not to or operation.id == to:
                return found
    what = f"no purge {to}" if to else "no purge"
    raise Refused(
        f"{subject}: there is {what} that deleted releases and was not taken back; "
        f"`crossfade history {subject}` lists what happened"
    )


def _published(world: World, component: str, one: Gone | Leftover) -> bool:
    """Whether a version that was deleted is there again, as another publish made it."""
    found = world.releases.head(manifest_key(world, component, one.version))
    mine = one.version_id if isinstance(one, Gone) else ""
    return found is not None and found.version_id != mine


def _refuse_if_lost(world: World, component: str, gone: Gone) -> None:
    """Refuse to bring back a release of which something is gone for good."""
    keys = files_of(world, component, gone)
    lost = gone.files
    if keys is not None:
        versions = world.releases.versions(folder_key(world, component, gone.version))
        lost = len(keys - {row.key for row in versions if not row.marker})
    if lost:
        was = count(gone.files, "file was", "files were")
        raise Refused(
            f"{component} {gone.version} cannot come back: {lost} of its {was} "
            "deleted for good since, as `crossfade purge --versions` does; publish that build again"
        )
