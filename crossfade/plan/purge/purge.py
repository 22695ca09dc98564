"""Purge: which releases go, which stay, and why (P6).

Decided from what the manifests' tags tell, so that a purge reads no file of a release that stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import Failed
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import instant
from crossfade.plan.releases.build import age_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_TEENS = range(11, 14)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class Release:
    """A release as its manifest's tags tell.

    Attributes:
        version: Its version.
        published_at: When it was published, ISO 8601 in UTC.
        files: Number of its files.
        size: Their bytes.
        digest: Its content's digest.
        commit: The commit that it was built from, or "".
    """

    version: str
    published_at: str
    files: int
    size: int
    digest: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """A release that stays, and why."""

    release: Release
    why: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A release that goes, and why."""

    release: Release
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Every release of a component, newest first, as one that stays or one that goes."""

    keep: tuple[Keep, ...]
    delete: tuple[Delete, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A release that a purge deletes: enough to delete its files and to bring them back.

    Its files are told by the manifest itself, which stays readable by its version id.

    Attributes:
        version: Its version.
        key: Key of its manifest.
        version_id: S3 version of its manifest.
        etag: ETag of its manifest.
        published_at: When it was published, ISO 8601 in UTC.
        files: Number of its files.
        size: Their bytes.
        why: Why it goes.
    """

    version: str
    key: str
    version_id: str
    etag: str
    published_at: str
    files: int
    size: int
    why: str


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a publish that was cut short left: a version's files without its manifest.

    Attributes:
        version: The version.
        paths: The files that crossfade wrote, under the version's folder.
        size: Their bytes.
        why: Why it goes.
    """

    version: str
    paths: tuple[str, ...]
    size: int
    why: str


@dataclass(frozen=True, slots=True)
class PurgeWork:
    """What an operation takes from a component's releases, or brings back.

    Attributes:
        releases: Releases.
        leftovers: Half-published releases.
        versions: Whether noncurrent versions that nothing needs are deleted for good as well.
    """

    releases: tuple[Gone, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    versions: bool = False

    @property
    def all(self) -> tuple[Gone | Leftover, ...]:
        """Everything that it takes or brings back."""
        return (*self.releases, *self.leftovers)


def release_of(tags: Mapping[str, str], *, component: str, version: str) -> Release | None:
    """Read a release from its manifest's tags, or None where they are not crossfade's.

    Args:
        tags: The tags of the object.
        component: The component in whose folder it stands.
        version: The version that its key names.
    """
    if (tags.get("crossfade"), tags.get("component"), tags.get("version")) != (
        "manifest",
        component,
        version,
    ):
        return None
    try:
        instant(tags["published-at"])
        return Release(
            version=version,
            published_at=tags["published-at"],
            files=int(tags["files"]),
            size=int(tags["bytes"]),
            digest=tags.get("digest", ""),
            commit=tags.get("commit", ""),
        )
    except (KeyError, ValueError, Failed):
        return None


def plan_purge(
    releases: Sequence[Release],
    *,
    depth: int,
    live: Mapping[str, Collection[str]],
    pins: Mapping[str, str],
    needed: Mapping[str, str],
) -> Selection:
    """Decide for each release whether it stays.

    Args:
        releases: The releases of one component.
        depth: How many of the newest stay whatever else is true.
        live: Environments in which a version is live, by version.
        pins: Why a version is pinned, by version.
        needed: The checkpoint that can still be reversed to and names a version, by version.
    """
    newest_first = sorted(
        releases,
        key=lambda one: age_order(one.published_at, one.version),
        reverse=True,
    )
    keep: list[Keep] = []
    delete: list[Delete] = []
    for rank, release in enumerate(newest_first, start=1):
        reasons = needs(release.version, live=live, pins=pins, needed=needed)
        if rank <= depth:
            reasons.append(f"{ordinal(rank)} newest of {depth} kept")
        if reasons:
            keep.append(Keep(release, "; ".join(reasons)))
        else:
            delete.append(Delete(release, f"{ordinal(rank)} newest, depth {depth}"))
    return Selection(tuple(keep), tuple(delete))


def needs(
    version: str,
    *,
    live: Mapping[str, Collection[str]],
    pins: Mapping[str, str],
    needed: Mapping[str, str],
) -> list[str]:
    """Say what needs a version, whatever its age; arguments as for `plan_purge`."""
    reasons = []
    if version in live:
        reasons.append(f"live in {' and '.join(sorted(live[version]))}")
    if version in pins:
        reasons.append(f"pinned: {pins[version]}")
    if version in needed:
        reasons.append(needed[version])
    return reasons


def over_limit(component: str, *, going: int, there: int, limit: int) -> str:
    """Say that a purge deletes more than one run may, with the numbers and the way out, or "".

    Args:
        component: The component.
        going: Releases that would go, half-published ones included.
        there: Releases that are there, half-published ones that would go included.
        limit: How many may go in one run.
    """
    if going <= limit:
        return ""
    return (
        f"purge would delete {going} of {count(there, 'release')} of {component} "
        f"(limit {limit} per run): raise purge.max_deletes, or purge in parts with a larger --keep"
    )


def ordinal(number: int) -> str:
    """Write a rank: 1st, 2nd, 3rd, 4th, … 11th, … 21st."""
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"
