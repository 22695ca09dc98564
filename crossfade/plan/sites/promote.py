"""Promote: what to copy so that the root holds exactly one release, and in which order.

The plan is a difference of the release's manifest, of what crossfade left in the root last, and of
what stands there now. It needs no request per object.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crossfade.plan.sites.site import Action, Do, Group, Inventory, Placed, Seen, in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crossfade.plan.releases.manifest import File, Manifest
    from crossfade.plan.sites.runtime_script import Script


@dataclass(frozen=True, slots=True)
class Difference:
    """What a promote does to a root.

    Attributes:
        actions: In the order of their groups.
        unchanged: Files of the release that stand there already.
        kept: Assets of earlier releases that stay for pages loaded before.
        drift: What was found in the root that crossfade had not put there, in words.
    """

    actions: tuple[Action, ...]
    unchanged: int
    drift: tuple[str, ...]


def plan_promote(
    release: Manifest,
    *,
    folder: str,
    script: Script | None,
    placed: Inventory,
    seen: Mapping[str, Seen],
) -> Difference:
    """Plan to make a release live.

    Args:
        release: The release's manifest.
        folder: Key prefix under which its objects stand.
        script: The environment's runtime script, which takes the place of a file of that path.
        placed: What crossfade left in the root.
        seen: What stands in the root now.
    """
    wanted = _wanted(release, script)
    pages = frozenset(release.entry_pages)
    actions: list[Action] = []
    drift: list[str] = []
    for path, file in wanted.items():
        there = seen.get(path)
        why = _why(file, placed.get(path), there)
        if not why:
            continue
        if why in _BY_HAND:
            drift.append(f"{path}: {why}; put right")
        body = script.body if script is not None and path == script.file.path else ""
        actions.append(_bring(file, there, why, folder=folder, page=path in pages, body=body))
    unchanged = len(wanted) - len(actions)
    actions += [
        _remove_page(left, seen[path])
        for path, left in placed.items()
        if path not in wanted and path in seen and left.page and left.left is None
    ]
    drift += _foreign(seen, placed, wanted)
    return Difference(in_order(actions), unchanged, tuple(drift))


def inventory_after(
    release: Manifest,
    *,
    script: Script | None,
    placed: Inventory,
    seen: Mapping[str, Seen],
    actions: Sequence[Action],
    change: int,
) -> Inventory:
    """Return what the root holds after a promote; version ids of changed paths are still "".

    Assets that are not of the release stay, marked with the number of the change at which they
    left (P2).
    """
    wanted = _wanted(release, script)
    pages = frozenset(release.entry_pages)
    touched = {action.path for action in actions}
    inventory = {
        path: _placed(
            file,
            page=path in pages,
            version_id="" if path in touched else placed[path].version_id,
        )
        for path, file in wanted.items()
    }
    for path, left in placed.items():
        if path not in wanted and path in seen and path not in touched:
            inventory[path] = replace(left, left=change if left.left is None else left.left)
    return inventory


def _wanted(release: Manifest, script: Script | None) -> dict[str, File]:
    wanted = {file.path: file for file in release.files}
    if script is not None:
        wanted[script.file.path] = script.file
    return wanted


_DELETED = "was deleted by hand"
_CHANGED = "was changed by hand"
_STRANGER = "stood there and was not written by crossfade"
_BY_HAND = frozenset({_DELETED, _CHANGED, _STRANGER})


def _why(file: File, left: Placed | None, there: Seen | None) -> str:
    """Say why a file must be brought, or "" when it stands there already."""
    if there is None:
        return "new" if left is None or left.left is not None else _DELETED
    if left is None:
        return _STRANGER
    if left.version_id != there.version_id:
        return _CHANGED
    if left.sha256 != file.sha256:
        return "bytes differ"
    headers = (left.content_type, left.cache_control, left.encoding)
    if headers != (file.content_type, file.cache_control, file.encoding):
        return "headers differ"
    return ""


def _bring(
    file: File, there: Seen | None, why: str, *, folder: str, page: bool, body: str
) -> Action:
    group = Group.PAGES if page else Group.ADD if there is None else Group.CHANGE
    return Action(
        path=file.path,
        do=Do.WRITE if body else Do.COPY,
        group=group,
        why=why,
        size=file.size,
        before=there.version_id if there else "",
        before_etag=there.etag if there else "",
        source="" if body else folder + file.path,
        etag=file.etag,
        sha256=file.sha256,
        body=body,
    )


def _remove_page(left: Placed, there: Seen) -> Action:
    return Action(
        path=left.path,
        do=Do.DELETE,
        group=Group.REMOVE,
        why="entry page that left the release",
        size=there.size,
        before=there.version_id,
        before_etag=there.etag,
    )


def _placed(file: File, *, page: bool, version_id: str) -> Placed:
    return Placed(
        path=file.path,
        size=file.size,
        sha256=file.sha256,
        content_type=file.content_type,
        cache_control=file.cache_control,
        encoding=file.encoding,
        page=page,
        version_id=version_id,
    )


def _foreign(seen: Mapping[str, Seen], placed: Inventory, wanted: Collection[str]) -> list[str]:
    """Report what stands in the root, belongs to no release and is left alone."""
    strangers = sorted(path for path in seen if path not in placed and path not in wanted)
    return [f"{path}: not written by crossfade; left alone" for path in strangers]
