"""Legs of operations that another worker began, built from the journal and the world as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import Written
from crossfade.errors import Failed
from crossfade.operations.base.world import cron_subject
from crossfade.operations.purge.participant import participant_of
from crossfade.operations.ramp.participants import traffic
from crossfade.operations.releases.bucket import find_manifest
from crossfade.operations.sites.participant import SiteParticipant
from crossfade.operations.sites.read import must_be_versioned, read_inventory, read_root, site_of
from crossfade.plan.journal.operation import Direction
from crossfade.plan.sites import promote as promoting
from crossfade.plan.sites import rollback as restoring
from crossfade.plan.sites import runtime_script as runtime
from crossfade.plan.sites.site import Do, Group, SiteWork, of_group, state_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.sites.read import Site
    from crossfade.plan.journal.operation import Operation, Untold
    from crossfade.plan.sites.site import Inventory, Seen


def forward_participant(world: World, record: Operation[Untold]) -> Participant:
    """Return what is left to do of an operation, to its end."""
    other = _other_participant(world, record, Direction.FORWARD)
    if other is not None:
        return other
    operation = _with_work(world, record)
    site = _site(world, record.subject)
    seen, _ = read_root(site)
    work = operation.work
    placed = read_inventory(site, state_from(operation.before).root)
    return SiteParticipant(
        site,
        operation,
        work=work,
        after=state_from(operation.after),
        inventory=_planned(site, operation, placed, seen),
        done=_done(work, seen),
        alone=False,
        reference=operation.id,
    )


def backward_participant(world: World, record: Operation[Untold]) -> Participant:
    """Return what takes an operation back to its start."""
    other = _other_participant(world, record, Direction.BACK)
    if other is not None:
        return other
    operation = _with_work(world, record)
    site = _site(world, record.subject)
    must_be_versioned(site.bucket)
    seen, versions = read_root(site)
    before = state_from(operation.before)
    base = read_inventory(site, before.root)
    pages = of_group(operation.work.actions, Group.PAGES)
    restoration = restoring.plan_restore(
        [operation.work],
        base=base,
        placed=_planned(site, operation, base, seen),
        seen=seen,
        exists=lambda path, version: (path, version) in versions,
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
        alone=False,
        reference=f"{operation.id}-reverse",
    )


def _other_participant(
    world: World, record: Operation[Untold], direction: Direction
) -> Participant | None:
    """Return the leg of an operation that changes no site; None for a site's."""
    if record.subject.startswith(cron_subject("")):
        from crossfade.operations.cron.move import participant as move_participant  # noqa: PLC0415  slow to load, and seldom needed

        return move_participant.participant_of(world, record, direction)
    return traffic.participant_of(world, record, direction) or participant_of(
        world, record, direction
    )


def _site(world: World, subject: str) -> Site:
    """Return the site that a subject names.

    Raises:
        Failed: The subject is of a kind that this version does not know.
    """
    kind, _, rest = subject.partition("/")
    environment, _, component = rest.partition("/")
    if kind != "sites" or not component:
        raise Failed(f"{subject} is not a site: this crossfade cannot settle it; upgrade")
    return site_of(world, environment, component)


def _with_work(world: World, record: Operation[Untold]) -> Operation[SiteWork]:
    whole = world.journal.operation(record.subject, record.id, SiteWork)
    return replace(whole, notes=record.notes)


def _planned(
    site: Site, operation: Operation[SiteWork], placed: Inventory, seen: Mapping[str, Seen]
) -> Inventory:
    """Return what the root holds when the operation has ended, as its plan said."""
    work, after = operation.work, state_from(operation.after)
    if not work.manifest:
        base = read_inventory(site, work.base)
        return restoring.inventory_after(base, work.kept, work.actions)
    release = find_manifest(site.world, site.component_name, work.version)
    if release is None:
        raise Failed(
            f"{site.component_name} {work.version} is gone from the releases bucket in the middle "
            f"of {operation.title}: restore {work.manifest} there, or use "
            f"`crossfade reverse {site.subject}`"
        )
    script = (
        runtime.script(after.runtime, path=site.environment.runtime_path) if after.runtime else None
    )
    return promoting.inventory_after(
        release,
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
