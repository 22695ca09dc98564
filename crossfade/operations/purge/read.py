"""Reading a component for a purge: its releases, its sites, and what still needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.operations.base.world import releases_subject, site_subject
from crossfade.operations.journal.begin import refuse_if_open
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.releases.bucket import MANIFEST
from crossfade.operations.sites.read import Site, must_be_versioned, read_inventory
from crossfade.operations.status.status import pins_of
from crossfade.plan.journal.operation import Status
from crossfade.plan.purge.needs import Needs, needs_of
from crossfade.plan.purge.purge import Release, release_of
from crossfade.plan.sites.site import SiteState, SiteWork
from crossfade.settings import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crossfade.operations.base.world import World
    from crossfade.plan.journal.head import Head
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.sites.site import Inventory

READ_AT_ONCE = 16
"""Operations of a journal that are read together; with their work, which may be large, only one."""


@dataclass(frozen=True)
class SiteThere:
    """One site of the component as its head tells.

    Attributes:
        environment: The environment's name.
        head: The site's head.
        etag: The head's ETag.
        site: The site, or None where the configuration does not know its environment: another
            team's configuration may, so what is live there stays all the same.
    """

    environment: str
    head: Head[SiteState]
    etag: str
    site: Site | None

    @property
    def state(self) -> SiteState:
        """The site's state."""
        return self.head.state

    @property
    def checkpoints(self) -> int:
        """How many changes of the live release can be taken back."""
        if self.site is None:
            return int(Environment.model_fields["keep_checkpoints"].default)
        return self.site.environment.keep_checkpoints


@dataclass(frozen=True)
class ComponentThere:
    """A component as read.

    Attributes:
        component: Its name.
        head: The head of its releases.
        etag: That head's ETag.
        sites: Every site that the configuration or the journal knows of it.
        releases: Its releases.
        folders: Versions that have a folder of files.
        manifests: Versions that have a manifest, whoever wrote it.
        foreign: Objects among the releases that crossfade did not write, in words.
    """

    component: str
    head: Head[Json]
    etag: str
    sites: tuple[SiteThere, ...]
    releases: tuple[Release, ...]
    folders: tuple[str, ...]
    manifests: frozenset[str]
    foreign: tuple[str, ...]

    @property
    def pins(self) -> Mapping[str, str]:
        """Why versions are pinned."""
        return pins_of(self.head)

    @property
    def live(self) -> Mapping[str, Sequence[str]]:
        """Environments in which a version is live, by version."""
        live: dict[str, list[str]] = {}
        for there in self.sites:
            if there.state.live is not None:
                live.setdefault(there.state.live.version, []).append(there.environment)
        return live


def read_component(world: World, component: str) -> ComponentThere:
    """Read a component's heads, then its releases; the heads are what the opening compares.

    Raises:
        BadInput: The configuration has no such component.
        Refused: An operation is open on its releases or one of its sites, or a bucket keeps no
            versions.
    """
    world.settings.component(component)
    head, etag = world.journal.head(releases_subject(component))
    sites = read_sites(world, component)
    refuse_if_open(world, head)
    for there in sites:
        refuse_if_open(world, there.head)
    buckets = {there.site.bucket.name for there in sites if there.site is not None}
    for name in sorted({world.releases.name, *buckets}):
        must_be_versioned(world.bucket(name))
    prefix = f"{world.settings.releases.prefix}{component}/"
    folders, objects = world.releases.level(prefix)
    keys = [row.key for row in objects]
    manifests = [key for key in keys if key.endswith(MANIFEST)]
    versions = [key[len(prefix) : -len(MANIFEST)] for key in manifests]
    tags = fan_out(world.releases.tags, manifests, width=world.connections)
    releases = [
        release_of(found, component=component, version=version)
        for version, found in zip(versions, tags, strict=True)
    ]
    strangers = [key for key in keys if not key.endswith(MANIFEST)]
    strangers += [key for key, one in zip(manifests, releases, strict=True) if one is None]
    return ComponentThere(
        component=component,
        head=head,
        etag=etag,
        sites=sites,
        releases=tuple(one for one in releases if one is not None),
        folders=tuple(folder[len(prefix) :].rstrip("/") for folder in folders),
        manifests=frozenset(versions),
        foreign=tuple(
            f"{world.releases.url(key)}: crossfade did not write it; left alone"
            for key in strangers
        ),
    )


def read_sites(world: World, component: str) -> tuple[SiteThere, ...]:
    """Read the heads of a component's sites: those of the configuration, and all in the journal."""
    known = set(world.settings.environments)
    names = sorted(known | set(world.journal.below("sites")))
    heads = fan_out(
        lambda name: world.journal.head(site_subject(name, component), SiteState),
        names,
        width=world.connections,
    )
    return tuple(
        SiteThere(name, head, etag, Site(world, name, component) if name in known else None)
        for name, (head, etag) in zip(names, heads, strict=True)
        if name in known or etag
    )


@dataclass(frozen=True)
class SitePast:
    """What a site holds and what its checkpoints still need.

    Attributes:
        there: The site.
        placed: What crossfade left in its root; nothing where the site is not configured.
        needs: What its checkpoints need.
    """

    there: SiteThere
    placed: Inventory
    needs: Needs


def read_past(world: World, there: SiteThere, *, whole: bool) -> SitePast:
    """Read a site's inventory and its journal.

    Args:
        world: The world.
        there: The site.
        whole: Whether to read the operations' work too, to the oldest of them; else only needed
            releases and roots are told.
    """
    site = there.site
    placed = read_inventory(site, there.state.root) if site is not None else {}
    needs = needs_of(
        closed_operations(world, there.head.subject, whole=whole),
        state=there.state,
        placed=placed,
        keep=there.checkpoints,
        whole=whole,
    )
    return SitePast(there, placed, needs)


def closed_operations(
    world: World, subject: str, *, whole: bool
) -> Iterator[Operation[Any, SiteState]]:
    """Read the closed operations of a site, newest first, a few at a time."""
    identifiers = world.journal.identifiers(subject)
    size = 1 if whole else READ_AT_ONCE

    def read(identifier: str) -> Operation[Any, SiteState]:
        if whole:
            return world.journal.operation(subject, identifier, SiteWork, SiteState)
        return world.journal.record(subject, identifier, SiteState)

    for start in range(0, len(identifiers), size):
        some = identifiers[start : start + size]
        for operation in fan_out(read, some, width=min(size, world.connections)):
            if operation.status is not Status.OPEN:
                yield operation


def needed_releases(pasts: Sequence[SitePast]) -> Mapping[str, str]:
    """Return the checkpoint that needs a release, in words, by version."""
    needed: dict[str, str] = {}
    for past in pasts:
        for version, why in past.needs.releases.items():
            needed.setdefault(version, why)
    return needed
