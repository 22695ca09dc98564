"""Where things stand: key prefixes of one bucket that must not lie inside one another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crossfade.plan.base.finding import Finding

CHECK = "places"


class PlaceKind(StrEnum):
    """What stands at a place."""

    JOURNAL = "journal"
    RELEASES = "releases"
    ROOT = "root"
    SITE = "site"


STORES = frozenset({PlaceKind.JOURNAL, PlaceKind.RELEASES})
"""Places that crossfade alone reads, and no visitor."""


@dataclass(frozen=True, slots=True)
class Place:
    """A key prefix and what stands there.

    Attributes:
        kind: What stands there.
        environment: The environment, of a root or a site; else "".
        component: The component, of a site; else "".
        bucket: The bucket.
        prefix: The key prefix, "" or ending in `/`.
    """

    kind: PlaceKind
    bucket: str
    prefix: str
    environment: str = ""
    component: str = ""

    @property
    def url(self) -> str:
        """Its s3:// address."""
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        if self.kind in STORES:
            return f"the {self.kind} ({self.url})"
        if self.kind is PlaceKind.ROOT:
            return f"the root of {self.environment} ({self.url})"
        return f"the folder of {self.component} in {self.environment} ({self.url})"

    @property
    def setting(self) -> str:
        """The setting that says where it stands."""
        if self.kind is PlaceKind.JOURNAL:
            return "state.prefix"
        if self.kind is PlaceKind.RELEASES:
            return "releases.prefix"
        if self.kind is PlaceKind.ROOT:
            return f"environments.{self.environment}.root"
        return f"components.{self.component}.path"

    def holds(self, other: Place) -> bool:
        """Whether the other place is this one or lies inside it."""
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)


def examine_places(places: Sequence[Place], paths: Mapping[str, str]) -> Iterator[Finding]:
    """Find the places that are in each other's way.

    Args:
        places: Every place of the configuration.
        paths: The folder of each component under a root, by component.
    """
    found = [
        *_same_paths(paths),
        *_stores_apart(places),
        *_roots_and_stores(places),
        *_roots_apart(places),
        *_sites_astray(places),
    ]
    if not found:
        yield ok(CHECK, "configuration", f"{len(places)} places, none in the way of another")
    yield from found


def _of(places: Sequence[Place], *kinds: PlaceKind) -> list[Place]:
    return [place for place in places if place.kind in kinds]


def _same_paths(paths: Mapping[str, str]) -> Iterator[Finding]:
    for (one, path), (other, same) in combinations(sorted(paths.items()), 2):
        if path == same:
            yield problem(
                CHECK,
                f"components.{other}",
                f"{one} and {other} have the same folder ({path or 'the root itself'}): "
                "each promote of one overwrites the other",
                f"set components.{other}.path to a folder of its own",
            )


def _stores_apart(places: Sequence[Place]) -> Iterator[Finding]:
    for one, other in combinations(_of(places, *STORES), 2):
        if one.holds(other) or other.holds(one):
            yield problem(
                CHECK,
                "configuration",
                f"{one.words} and {other.words} are not apart",
                f"set {one.setting} or {other.setting} so that neither begins with the other, or "
                "give the journal a bucket of its own",
            )


def _roots_and_stores(places: Sequence[Place]) -> Iterator[Finding]:
    for root in _of(places, PlaceKind.ROOT):
        for store in _of(places, *STORES):
            if store.holds(root):
                yield problem(
                    CHECK,
                    f"environments.{root.environment}",
                    f"{root.words} lies inside {store.words}: visitors could read what is there, "
                    "and a purge could take the site for a release",
                    f"set {root.setting} to a folder outside {store.prefix or 'that bucket'}",
                )
            elif root.holds(store):
                yield warning(
                    CHECK,
                    f"environments.{root.environment}",
                    f"{store.words} lies inside {root.words}: only a bucket policy keeps the "
                    "distribution from reading it",
                    f"give the {store.kind} a bucket of its own, or attach the bucket policy that "
                    f"`crossfade doctor --policy {root.environment}` prints",
                )


def _roots_apart(places: Sequence[Place]) -> Iterator[Finding]:
    for one, other in combinations(_of(places, PlaceKind.ROOT), 2):
        outer, inner = (one, other) if one.holds(other) else (other, one)
        if not outer.holds(inner):
            continue
        if outer.prefix == inner.prefix:
            yield problem(
                CHECK,
                f"environments.{inner.environment}",
                f"{outer.environment} and {inner.environment} have the same root ({inner.url}): "
                "each promote in one overwrites the other",
                f"set {inner.setting} or its bucket to a place of its own",
            )
        else:
            yield warning(
                CHECK,
                f"environments.{inner.environment}",
                f"{inner.words} lies inside {outer.words}: the address of {outer.environment} "
                f"answers with the files of {inner.environment} too",
                f"give {inner.environment} a bucket of its own, or attach the bucket policy that "
                f"`crossfade doctor --policy {outer.environment}` prints",
            )


def _sites_astray(places: Sequence[Place]) -> Iterator[Finding]:
    """Find component folders that reach into a place which is not their environment's."""
    roots = {root.environment: root for root in _of(places, PlaceKind.ROOT)}
    for site in _of(places, PlaceKind.SITE):
        home = roots[site.environment]
        for place in _of(places, *STORES, PlaceKind.ROOT):
            if place.holds(site) and not place.holds(home):
                yield problem(
                    CHECK,
                    f"sites/{site.environment}/{site.component}",
                    f"{site.words} lies inside {place.words}: a promote would write there",
                    f"set {site.setting} to another folder, or {place.setting} to another prefix",
                )
