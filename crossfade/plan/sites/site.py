"""A site: what is recorded of it, what is seen of it, and the actions that change it.

A site is one component in one environment. What changes it (a promote, a rollback, a reversal, the
retiring of old assets) is a list of actions in groups; each group is complete before the next, so
that at every instant a live entry page refers only to assets that are there (P1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from pydantic import TypeAdapter

from crossfade.plan.base.rows import apart, with_rows
from crossfade.plan.journal.operation import STRICT

if TYPE_CHECKING:
    from collections.abc import Iterable


class Group(IntEnum):
    """The order of effects: each group is complete before the next begins."""

    ADD = 1
    """Assets at paths where nothing stands: nobody refers to them yet."""
    CHANGE = 2
    """Assets whose content changes under an unchanged name, in one burst right before the pages."""
    PAGES = 3
    """Entry pages: the switch."""
    REMOVE = 4
    """What no live page refers to any more."""


class Do(StrEnum):
    """What an action does at its path."""

    COPY = "copy"
    """Copy the release's object, headers and tags included."""
    WRITE = "write"
    """Write the environment's runtime script."""
    RESTORE = "restore"
    """Copy an earlier version of the root's own object back on top."""
    DELETE = "delete"
    """Add a delete marker; the object's versions stay."""


@dataclass(frozen=True, slots=True)
class Action:
    """One effect on the root, with what stood there before.

    Attributes:
        path: Path under the site's folder.
        do: The effect.
        group: When it happens.
        why: The reason, for the reader of the plan.
        size: Bytes that stand there afterwards; of a deletion, bytes that stood there.
        before: Version id of what stands there now, or "" for nothing.
        before_etag: ETag of what stands there now, or "".
        source: The key (COPY) or version id (RESTORE) that is copied.
        etag: ETag of the source; the copy is made only if it still has it.
        sha256: Hex digest of the bytes that stand there afterwards, or "" where not known.
        body: The text to write (WRITE).
    """

    path: str
    do: Do
    group: Group
    why: str
    size: int = 0
    before: str = ""
    before_etag: str = ""
    source: str = ""
    etag: str = ""
    sha256: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """One object of the root as crossfade last left it.

    Attributes:
        path: Path under the site's folder.
        size: Bytes.
        sha256: Hex digest of its bytes, or "" where an object is not of crossfade's writing.
        content_type: Content-Type header.
        cache_control: Cache-Control header.
        encoding: Content-Encoding header, or "".
        page: Whether it is an entry page.
        version_id: The S3 version that stands there.
        left: The count of changes at which it left the live release; None while it belongs to it.
    """

    path: str
    size: int
    sha256: str
    content_type: str
    cache_control: str
    encoding: str
    page: bool
    version_id: str
    left: int | None = None


Inventory = dict[str, Placed]
"""Everything that crossfade put into a root, by path."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One object of the root as listed now."""

    version_id: str
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Live:
    """The release that is live.

    Attributes:
        version: Its version.
        digest: Its content's digest.
        since: When it became live, ISO 8601.
        operation: The operation that made it live.
    """

    __pydantic_config__: ClassVar = STRICT

    version: str
    digest: str
    since: str
    operation: str


@dataclass(frozen=True, slots=True)
class SiteState:
    """What the journal's head records of a site.

    Attributes:
        live: The live release, or None before the first promote.
        back: The operation whose beginning a rollback returns to, or "".
        changes: How many times the live release has changed; the age of retired assets counts it.
        root: Name of the record of what the root holds, or "".
        runtime: The runtime script as written, or "" where there is none.
    """

    __pydantic_config__: ClassVar = STRICT

    live: Live | None = None
    back: str = ""
    changes: int = 0
    root: str = ""
    runtime: str = ""


class Invalidation(StrEnum):
    """What CloudFront is told to forget after a change."""

    ALL = "all"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SiteWork:
    """The effects of one operation on a site.

    Attributes:
        actions: In the order of their groups.
        invalidate: Paths for CloudFront, or none.
        version: The release that is live afterwards, or "" for none.
        manifest: Key of that release's manifest, or "" where the inventory alone tells the content.
        base: Name of the record of what the root holds where no action touches it.
        kept: Assets that a restore leaves standing, as ones that have left.
        drift: What was found in the root that crossfade had not put there, in words.
    """

    actions: tuple[Action, ...]
    invalidate: tuple[str, ...] = ()
    version: str = ""
    manifest: str = ""
    base: str = ""
    kept: tuple[Placed, ...] = ()
    drift: tuple[str, ...] = ()


_INVENTORY = TypeAdapter(tuple[Placed, ...])
_PLACED = TypeAdapter(Placed)
_ROWS = b"["


def inventory_from(document: bytes) -> Inventory:
    """Read an inventory."""
    shell, rows = apart(document, _ROWS)
    whole = chain(_INVENTORY.validate_json(shell), map(_PLACED.validate_json, rows))
    return {placed.path: placed for placed in whole}


def inventory_to(inventory: Iterable[Placed]) -> bytes:
    """Write an inventory, sorted by path."""
    ordered = sorted(inventory, key=lambda placed: placed.path)
    return with_rows(b"[]", _ROWS, map(_PLACED.dump_json, ordered))


def in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Sort actions by group, then path."""
    return tuple(sorted(actions, key=lambda action: (action.group, action.path)))


def copied_etags(actions: Iterable[Action]) -> dict[str, str]:
    """Return the ETag that each copy of a release's object names, by path."""
    return {action.path: action.etag for action in actions if action.do is Do.COPY}


def of_group(actions: Iterable[Action], group: Group) -> tuple[Action, ...]:
    """Return the actions of one group."""
    return tuple(action for action in actions if action.group is group)
