"""Sites: one component in one environment, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crossfade.adapters.aws.journal import readable
from crossfade.errors import Refused
from crossfade.operations.base.world import site_subject
from crossfade.operations.journal.recall import recalled
from crossfade.plan.sites.site import Inventory, Seen, SiteState, inventory_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.operations.base.world import World
    from crossfade.plan.journal.head import Head
    from crossfade.settings import Component, Environment


@dataclass(frozen=True)
class Site:
    """One component in one environment, with what is needed to reach it.

    Attributes:
        world: The world.
        environment_name: The environment's name.
        component_name: The component's name.
    """

    world: World
    environment_name: str
    component_name: str

    @cached_property
    def environment(self) -> Environment:
        """The environment's settings."""
        return self.world.settings.environment(self.environment_name)

    @cached_property
    def component(self) -> Component:
        """The component's settings."""
        return self.world.settings.component(self.component_name)

    @property
    def subject(self) -> str:
        """The site's name in the journal."""
        return site_subject(self.environment_name, self.component_name)

    @cached_property
    def bucket(self) -> Bucket:
        """The bucket that CloudFront serves."""
        return self.world.bucket(self.environment.bucket)

    @property
    def prefix(self) -> str:
        """Key prefix of the site's files."""
        return self.environment.root + self.component.path

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Key prefixes inside the site's own that belong to something else."""
        settings, mine = self.world.settings, self.environment.bucket
        there = [
            (settings.state.bucket, settings.state.prefix),
            (settings.releases.bucket, settings.releases.prefix),
        ]
        there += [
            (environment.bucket, environment.root + component.path)
            for environment in settings.environments.values()
            for component in settings.components.values()
        ]
        return tuple(
            sorted(
                {
                    prefix
                    for bucket, prefix in there
                    if bucket == mine and prefix != self.prefix and prefix.startswith(self.prefix)
                }
            )
        )


def site_of(world: World, environment: str, component: str) -> Site:
    """Return a site by its names.

    Raises:
        BadInput: The configuration has no such environment or component.
    """
    world.settings.environment(environment)
    world.settings.component(component)
    return Site(world, environment, component)


def site_recalled(world: World, environment: str, component: str) -> Site:
    """Return a site by its names, from the journal where the configuration has not both.

    Raises:
        BadInput: Neither has them.
    """
    return site_of(recalled(world, site_subject(environment, component)), environment, component)


@dataclass(frozen=True)
class SiteNow:
    """A site as read: its record and its root.

    Attributes:
        head: Its head.
        etag: The head's ETag, or "" where there is none.
        placed: What crossfade left in the root.
        seen: What stands in the root now.
        versions: ETags of earlier versions by path and version id, where they were asked for.
        listed: Rows of the root's listing, earlier versions included.
    """

    head: Head[SiteState]
    etag: str
    placed: Inventory
    seen: Mapping[str, Seen]
    versions: Mapping[tuple[str, str], str]
    listed: int

    @property
    def state(self) -> SiteState:
        """What the head says."""
        return self.head.state


def read_site(site: Site, *, earlier: bool) -> SiteNow:
    """Read a site's head, its inventory and its root.

    Args:
        site: The site.
        earlier: Whether earlier versions are asked for: all changes of the past take memory then.

    Raises:
        Refused: The bucket keeps no versions, so nothing in it could be taken back.
    """
    head, etag = site.world.journal.head(site.subject, SiteState)
    placed = read_inventory(site, head.state.root)
    must_be_versioned(site.bucket)
    root = list_root(site, earlier=earlier)
    return SiteNow(head, etag, placed, root.seen, root.versions, root.listed)


def read_inventory(site: Site, identifier: str) -> Inventory:
    """Read what a site's root held after an operation; empty where there is no record."""
    document = site.world.journal.root(site.subject, identifier) if identifier else None
    return inventory_of(site, identifier, document) if document is not None else {}


def inventory_of(site: Site, identifier: str, document: bytes) -> Inventory:
    """Return what a record of a site's root says.

    Raises:
        Damaged: It cannot be read.
    """
    name = f"{site.subject}: the record {identifier} of what its root held"
    return readable(name, lambda: inventory_from(document))


@dataclass(frozen=True, slots=True)
class Root:
    """A site's root as listed; the fields are those of `SiteNow`."""

    seen: dict[str, Seen]
    versions: Mapping[tuple[str, str], str]
    listed: int


def list_root(site: Site, *, earlier: bool) -> Root:
    """List a site's root: what stands there and, if asked for, earlier versions of its paths."""
    seen: dict[str, Seen] = {}
    versions: dict[tuple[str, str], str] = {}
    listed = 0
    for version in site.bucket.versions(site.prefix, skip=site.others):
        listed += 1
        path = version.key[len(site.prefix) :]
        if version.marker or not path:
            continue
        if version.latest:
            seen[path] = Seen(version.version_id, version.etag, version.size)
        elif earlier:
            versions[path, version.version_id] = version.etag
    return Root(seen, versions, listed)


def read_root(site: Site) -> tuple[dict[str, Seen], Mapping[tuple[str, str], str]]:
    """List a site's root: what stands there, and the earlier versions of its paths."""
    root = list_root(site, earlier=True)
    return root.seen, root.versions


def must_be_versioned(bucket: Bucket) -> None:
    """Refuse a bucket that does not keep what is overwritten.

    Raises:
        Refused: Versioning is off or suspended.
    """
    if not bucket.versioned():
        raise Refused(
            f"s3://{bucket.name} keeps no versions, so nothing in it could be taken back: turn "
            f"versioning on with `aws s3api put-bucket-versioning --bucket {bucket.name} "
            "--versioning-configuration Status=Enabled`"
        )
