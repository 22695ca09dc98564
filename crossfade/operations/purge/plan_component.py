"""Planning the purge of one component from what is read of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import Failed
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.purge.read import needed_releases, read_component, read_past
from crossfade.operations.purge.sweep import count_sweep
from crossfade.operations.releases.bucket import folder_key, manifest_key
from crossfade.operations.sites.read import list_root
from crossfade.plan.purge.purge import (
    Delete,
    Gone,
    Leftover,
    PurgeWork,
    needs,
    over_limit,
    plan_purge,
)
from crossfade.plan.purge.retire import due, plan_retire
from crossfade.plan.purge.text import PurgePlan, SitePart
from crossfade.plan.releases.manifest import from_json
from crossfade.settings import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.adapters.aws.s3 import Listed
    from crossfade.operations.base.world import World
    from crossfade.operations.purge.read import ComponentThere, SitePast, SiteThere
    from crossfade.plan.releases.manifest import Manifest
    from crossfade.plan.sites.site import Inventory

SHOWN = 20
"""Foreign objects of one folder that are named; the rest are counted."""


@dataclass(frozen=True)
class SitePlanned:
    """One site's part: what is there, and what leaves."""

    there: SiteThere
    placed: Inventory
    part: SitePart


@dataclass(frozen=True)
class Planned:
    """A purge of one component, ready to be opened."""

    there: ComponentThere
    sites: tuple[SitePlanned, ...]
    work: PurgeWork
    plan: PurgePlan


def plan_component(world: World, component: str, *, keep: int | None, versions: bool) -> Planned:
    """Read a component and plan its purge.

    Args:
        world: The world.
        component: The component.
        keep: Newest releases to keep, or None for the largest `keep_releases` that is configured.
        versions: Whether to delete noncurrent versions for good as well.

    Raises:
        BadInput: The configuration has no such component.
        Refused: An operation is open on its releases or one of its sites, or a bucket keeps no
            versions.
    """
    there = read_component(world, component)
    pasts = [
        read_past(world, site, whole=versions and site.site is not None) for site in there.sites
    ]
    needed = needed_releases(pasts)
    depth = keep if keep is not None else _configured_depth(world)
    selection = plan_purge(
        there.releases, depth=depth, live=there.live, pins=there.pins, needed=needed
    )
    # One after the other: a manifest of 100,000 files is large.
    read = [_read_gone(world, component, one) for one in selection.delete]
    halves = [
        _read_half(world, there, version, needed)
        for version in there.folders
        if version not in there.manifests
    ]
    gone = tuple(one for one, _ in read if one is not None)
    leftovers = tuple(one for one, _ in halves if one is not None)
    work = PurgeWork(gone, leftovers, versions)
    sites = tuple(_plan_site(past) for past in pasts)
    names = {one.version for one in gone}
    plan = PurgePlan(
        component=component,
        depth=depth,
        keep=selection.keep,
        delete=tuple(one for one in selection.delete if one.release.version in names),
        leftovers=leftovers,
        foreign=(*there.foreign, *(text for _, told in (*read, *halves) for text in told)),
        sites=tuple(site.part for site in sites),
        swept=count_sweep(world, component, pasts, work) if versions else None,
        refusal=over_limit(
            component,
            going=len(work.all),
            there=len(there.releases) + len(leftovers),
            limit=world.settings.purge.max_deletes,
        ),
    )
    return Planned(there, sites, work, plan)


def _configured_depth(world: World) -> int:
    depths = [environment.keep_releases for environment in world.settings.environments.values()]
    return max(depths, default=int(Environment.model_fields["keep_releases"].default))


def _read_gone(world: World, component: str, delete: Delete) -> tuple[Gone | None, Sequence[str]]:
    """Read the manifest of a release that goes, and name what else stands in its folder."""
    version = delete.release.version
    key = manifest_key(world, component, version)
    name = world.releases.url(key)
    found = world.releases.get(key)
    if found is None:
        return None, ()
    try:
        manifest = from_json(found.body, name=name)
    except Failed as error:
        return None, (f"{error}; left alone",)
    if (manifest.component, manifest.version) != (component, version):
        whose = f"{manifest.component} {manifest.version}"
        return None, (f"{name}: it is the manifest of {whose}; left alone",)
    gone = Gone(
        version=version,
        key=key,
        version_id=found.version_id,
        etag=found.etag,
        published_at=manifest.published_at,
        files=len(manifest.files),
        size=manifest.size,
        why=delete.why,
    )
    return gone, _strangers(world, component, manifest)


def _strangers(world: World, component: str, manifest: Manifest) -> Sequence[str]:
    folder = folder_key(world, component, manifest.version)
    paths = {file.path for file in manifest.files}
    keys = [
        row.key for row in world.releases.present(folder) if row.key[len(folder) :] not in paths
    ]
    return _named(world, keys, f"not of {component} {manifest.version}; left alone")


def _read_half(
    world: World, there: ComponentThere, version: str, needed: Mapping[str, str]
) -> tuple[Leftover | None, Sequence[str]]:
    """Look at a version's folder that has no manifest: what a publish that was cut short left."""
    folder = folder_key(world, there.component, version)
    rows = list(world.releases.present(folder))
    if not rows:
        return None, ()
    url = world.releases.url(folder)
    reasons = needs(version, live=there.live, pins=there.pins, needed=needed)
    if reasons:
        return None, (f"{url}: has no manifest, and is {'; '.join(reasons)}; left alone",)
    age = world.clock.now() - max(row.modified for row in rows)
    grace = world.settings.releases.orphan_grace
    if age < grace:
        why = f"its newest object is {age} old, so it may be in the middle of a publish"
        return None, (f"{url}: has no manifest, {why}; left alone until that is {grace}",)
    return _split_half(world, there.component, version, rows)


def _split_half(
    world: World, component: str, version: str, rows: Sequence[Listed]
) -> tuple[Leftover | None, Sequence[str]]:
    """Tell by the tags which objects a publish wrote."""
    mine = {"crossfade": "release", "component": component, "version": version}

    def ours(row: Listed) -> bool:
        return mine.items() <= world.releases.tags(row.key).items()

    whose = fan_out(ours, rows, width=world.connections)
    written = [row for row, wrote in zip(rows, whose, strict=True) if wrote]
    others = [row.key for row, wrote in zip(rows, whose, strict=True) if not wrote]
    foreign = _named(world, others, "crossfade did not write it; left alone")
    if not written:
        return None, foreign
    newest = max(row.modified for row in written)
    folder = folder_key(world, component, version)
    return Leftover(
        version=version,
        paths=tuple(row.key[len(folder) :] for row in written),
        size=sum(row.size for row in written),
        why=f"half-published, nothing was added since {newest:%Y-%m-%d %H:%M} UTC",
    ), foreign


def _named(world: World, keys: Sequence[str], why: str) -> Sequence[str]:
    shown = [f"{world.releases.url(key)}: {why}" for key in keys[:SHOWN]]
    more = len(keys) - len(shown)
    return [*shown, f"and {more} more like {world.releases.url(keys[0])}"] if more else shown


def _plan_site(past: SitePast) -> SitePlanned:
    """Plan what leaves a site's root; the root is listed only where something is due."""
    there, placed = past.there, past.placed
    part = SitePart(there.head.subject)
    if there.site is not None:
        changes, grace = there.state.changes, there.site.environment.asset_grace
        if due(placed, changes=changes, grace=grace):
            seen = list_root(there.site, earlier=False).seen
            retirement = plan_retire(placed, seen, changes=changes, grace=grace)
            part = SitePart(there.head.subject, retirement.actions, retirement.drift)
    return SitePlanned(there, placed, part)
