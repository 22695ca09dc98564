"""A model of a root: what a promote or a restore does to it, without S3."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from crossfade.plan.releases.manifest import File, Manifest, content_digest
from crossfade.plan.sites.promote import inventory_after, plan_promote
from crossfade.plan.sites.site import Action, Do, Inventory, Placed, Seen, SiteWork

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def file(path: str, text: str) -> File:
    """Return a file of a release."""
    return File(
        path=path,
        size=len(text),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        content_type="text/plain",
        cache_control="no-cache",
        etag=f"etag-{text}",
    )


def release(content: Mapping[str, str], version: str = "2") -> Manifest:
    """Return a release; its pages are the files that end in .html."""
    files = tuple(file(path, text) for path, text in sorted(content.items()))
    pages = tuple(one.path for one in files if one.path.endswith(".html"))
    return Manifest("web", version, "", "", "", pages, files, content_digest(files, pages))


@dataclass
class Root:
    """A root with its objects, all their versions, and crossfade's inventory of it."""

    objects: dict[str, str] = field(default_factory=dict)
    versions: dict[tuple[str, str], str] = field(default_factory=dict)
    placed: Inventory = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    changes: int = 0
    ids: Iterator[int] = field(default_factory=count)

    def after(self, wanted: Manifest, works: list[SiteWork] | None = None) -> Root:
        """Return the root after a promote; its work is added to `works`."""
        difference = plan_promote(
            wanted, folder="r/", script=None, placed=self.placed, seen=self.seen
        )
        inventory = inventory_after(
            wanted,
            script=None,
            placed=self.placed,
            seen=self.seen,
            actions=difference.actions,
            change=self.changes + 1,
        )
        if works is not None:
            works.insert(0, SiteWork(difference.actions))
        texts = {one.path: one.etag.removeprefix("etag-") for one in wanted.files}
        return self.done(difference.actions, inventory, texts)

    def done(
        self, actions: Sequence[Action], inventory: Inventory, texts: Mapping[str, str]
    ) -> Root:
        """Return the root after some actions."""
        new = Root(
            dict(self.objects), dict(self.versions), {}, dict(self.seen), self.changes + 1, self.ids
        )
        for action in actions:
            if action.do is Do.DELETE:
                del new.objects[action.path], new.seen[action.path]
                continue
            text = (
                self.versions[action.path, action.source]
                if action.do is Do.RESTORE
                else texts[action.path]
            )
            version = f"v{next(self.ids)}"
            new.objects[action.path] = text
            new.versions[action.path, version] = text
            new.seen[action.path] = Seen(version, f"etag-{text}", len(text))
        new.placed = {path: _filled(placed, new.seen) for path, placed in inventory.items()}
        return new


def _filled(placed: Placed, seen: Mapping[str, Seen]) -> Placed:
    return placed if placed.version_id else replace(placed, version_id=seen[placed.path].version_id)
