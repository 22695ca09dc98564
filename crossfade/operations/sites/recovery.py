"""Recovery: a site's part in an operation that another worker began.

It is built from the journal and from the root as it is now, so that what was done is not done again
and what is left names what was read in its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import Written
from crossfade.errors import BadInput, Failed
from crossfade.operations.journal.step import directly
from crossfade.operations.journal.untouched_participant import UntouchedParticipant
from crossfade.operations.releases.bucket import RESUME, admission, admit, find_release
from crossfade.operations.sites.participant import SiteParticipant
from crossfade.operations.sites.read import must_be_versioned, read_inventory, read_root, site_of
from crossfade.plan.journal.operation import Direction
from crossfade.plan.sites import promote as promoting
from crossfade.plan.sites import rollback as restoring
from crossfade.plan.sites import runtime_script as runtime
from crossfade.plan.sites.site import Do, Group, SiteState, SiteWork, copied_etags, of_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.settle import Kinds
    from crossfade.operations.releases.bucket import CheckedRelease
    from crossfade.operations.sites.read import Site
    from crossfade.plan.journal.operation import Operation, Untold
    from crossfade.plan.sites.site import Inventory, Seen


HOLDING = "purge"
"""The kind of an operation that holds a site on which it has no effect."""


def participant_of(world: World, record: Operation[Untold], direction: Direction) -> Participant:
    """Return a site's part that settles an operation.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    whole = world.journal.operation(record.subject, record.id, SiteWork, SiteState)
    operation = replace(whole, notes=record.notes)
    forward = direction is Direction.FORWARD
    if operation.kind == HOLDING and not operation.work.actions:
        return UntouchedParticipant(operation, operation.after if forward else operation.before)
    site = _site(world, record.subject)
    return _forward(site, operation) if forward else _backward(site, operation)


def _forward(site: Site, operation: Operation[SiteWork, SiteState]) -> SiteParticipant:
    """Return what is left to do of an operation, to its end.

    Raises:
        Failed: The release that it copies is gone, or is not the one that it began with.
    """
    seen, _ = read_root(site)
    work = operation.work
    placed, done = read_inventory(site, operation.before.root), _done(work, seen)
    release = _release(site, operation) if work.manifest else None
    if release is not None:
        copied = copied_etags(action for action in work.actions if action.path not in done)
        admit(site.world, admission(release, copied), kind=RESUME, run=directly)
    return SiteParticipant(
        site,
        operation,
        work=work,
        after=operation.after,
        inventory=_planned(site, operation, release, placed, seen),
        done=done,
        stood=seen,
        alone=False,
        reference=operation.id,
    )


def _backward(site: Site, operation: Operation[SiteWork, SiteState]) -> SiteParticipant:
    """Return what takes an operation back to its start."""
    must_be_versioned(site.bucket)
    seen, versions = read_root(site)
    before = operation.before
    base = read_inventory(site, before.root)
    pages = of_group(operation.work.actions, Group.PAGES)
    restoration = restoring.plan_restore(
        [operation.work],
        base=base,
        placed=_planned(site, operation, _release_if_right(site, operation), base, seen),
        seen=seen,
        versions=versions,
        change=before.changes + 1,
        visited=any(page.path in seen and _moved(page.before, seen[page.path]) for page in pages),
    )
    work = SiteWork(
        actions=restoration.actions,
        invalidate=operation.work.invalidate,
        version=before.live.version if before.live else "",
        base=before.root,
        kept=restoration.kept,
    )
    return SiteParticipant(
        site,
        operation,
        work=work,
        after=before,
        inventory=restoring.inventory_after(base, restoration.kept, restoration.actions),
        done={},
        stood=seen,
        alone=False,
        reference=f"{operation.id}-reverse",
    )


SITES: Kinds = {"sites": participant_of}
"""What settles sites alone."""


def _site(world: World, subject: str) -> Site:
    """Return the site that a subject names.

    Raises:
        BadInput: The subject is no site's.
    """
    _, environment, component = subject.split("/", 2)
    return site_of(world, environment, component)


def _release(site: Site, operation: Operation[SiteWork, SiteState]) -> CheckedRelease:
    """Read the release that an operation copies.

    Raises:
        Failed: It is gone, or it is not the one that the operation began with.
    """
    work, live = operation.work, operation.after.live
    mend = f"restore {work.manifest} there, or use `crossfade reverse {site.subject}`"
    name = f"{site.component_name} {work.version}"
    release = find_release(site.world, site.component_name, work.version)
    if release is None:
        raise Failed(
            f"{name} is gone from the releases bucket in the middle of {operation.title}: {mend}"
        )
    if live is not None and release.manifest.digest != live.digest:
        raise Failed(f"{name} has other content than when {operation.title} began: {mend}")
    return release


def _release_if_right(
    site: Site, operation: Operation[SiteWork, SiteState]
) -> CheckedRelease | None:
    """Read the release for its headers alone: going back needs nothing but the journal."""
    try:
        return _release(site, operation) if operation.work.manifest else None
    except (BadInput, Failed) as error:  # bad input: nobody says any more where releases live
        site.world.report.say(f"going back without the release: {error}")
        return None


def _planned(
    site: Site,
    operation: Operation[SiteWork, SiteState],
    release: CheckedRelease | None,
    placed: Inventory,
    seen: Mapping[str, Seen],
) -> Inventory:
    """Return what the root holds when the operation has ended, as its plan said."""
    work, after = operation.work, operation.after
    if not work.manifest:
        base = read_inventory(site, work.base)
        return restoring.inventory_after(base, work.kept, work.actions)
    if release is None:  # what it brings is known by its actions alone
        return placed
    script = (
        runtime.script(after.runtime, path=site.environment.runtime_path) if after.runtime else None
    )
    return promoting.inventory_after(
        release.manifest,
        script=script,
        placed=placed,
        seen=seen,
        actions=work.actions,
        change=after.changes,
    )


def _done(work: SiteWork, seen: Mapping[str, Seen]) -> dict[str, Written]:
    """Return the actions that an earlier worker completed, as far as the listing proves it."""
    done: dict[str, Written] = {}
    for action in work.actions:
        there = seen.get(action.path)
        if action.do is Do.DELETE:
            if there is None:
                done[action.path] = Written("", "")
        elif there and _moved(action.before, there) and action.etag and there.etag == action.etag:
            done[action.path] = Written(there.etag, there.version_id)
    return done


def _moved(before: str, there: Seen) -> bool:
    return there.version_id != before
