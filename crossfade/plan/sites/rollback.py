"""Rollback: where to go back to, and how to put back what the checkpoints recorded.

There are two ways. *Redeploy* promotes the earlier release's folder again and heals whatever else
is wrong in the root. *Restore* puts back, object by object, the versions that the checkpoints
recorded, so it needs no release folder and touches only what was touched since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crossfade.errors import Refused
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import Status
from crossfade.plan.sites.site import (
    Action,
    Do,
    Group,
    Inventory,
    Placed,
    Seen,
    SiteState,
    SiteWork,
    in_order,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crossfade.plan.journal.operation import Operation


class Mode(StrEnum):
    """How to go back; `auto` redeploys where the release is still there, and restores otherwise."""

    AUTO = "auto"
    REDEPLOY = "redeploy"
    RESTORE = "restore"


def reaches(operation: Operation[Any, SiteState], *, to: str, back: str) -> bool:
    """Whether the beginning of an operation is where a rollback goes.

    Operations are asked newest first; the first that says yes is the checkpoint.

    Args:
        operation: A closed operation of the site.
        to: A version, an operation's id, or "" for what was live before.
        back: The operation whose beginning is what was live before.
    """
    if not to:
        return operation.id == back
    if operation.id == to:
        return True
    was = operation.before.live
    return operation.status is Status.DONE and was is not None and was.version == to


def nowhere(subject: str, state: SiteState, to: str) -> Refused:
    """Say that there is no place to go back to, and what can be done."""
    live = state.live.version if state.live else "nothing"
    if not to:
        return Refused(f"{subject}: nothing was live before ({live} is now); promote a release")
    if live == to:
        return Refused(f"{subject}: {to} is live already; promote it again to put drift right")
    return Refused(
        f"{subject}: {to} is neither an operation there nor a version that was live before "
        f"({live} is now); `crossfade history {subject}` lists them, and a version that was "
        "never live is promoted"
    )


def mode_for(version: str, mode: Mode, *, published: bool, same: bool) -> Mode:
    """Choose the way back.

    Args:
        version: The release to go back to, or "" for none.
        mode: What was asked.
        published: Whether that release is still in the releases bucket.
        same: Whether it still has the content that was live.

    Raises:
        Refused: A redeploy was asked for and its release is gone, or another one has its name.
    """
    if mode is Mode.AUTO:
        return Mode.REDEPLOY if version and published and same else Mode.RESTORE
    if mode is Mode.REDEPLOY and not (version and published):
        raise Refused(
            f"{version or 'the state before the first promote'} has no release to redeploy: "
            "use --mode restore"
        )
    if mode is Mode.REDEPLOY and not same:
        raise Refused(
            f"{version} was published again with other content since it was live: use --mode "
            "restore, or promote it if that content is meant"
        )
    return mode


@dataclass(frozen=True, slots=True)
class Restoration:
    """What a restore does to a root.

    Attributes:
        actions: In the order of their groups.
        kept: Assets that stay, as ones that have left.
    """

    actions: tuple[Action, ...]
    kept: tuple[Placed, ...]


def plan_restore(
    undone: Sequence[SiteWork],
    *,
    base: Inventory,
    placed: Inventory,
    seen: Mapping[str, Seen],
    versions: Mapping[tuple[str, str], str],
    change: int,
    visited: bool,
    whole: bool = False,
) -> Restoration:
    """Plan to put back what stood there before some operations.

    Args:
        undone: Their effects, newest first.
        base: The inventory as it was before the oldest of them.
        placed: The inventory now.
        seen: What stands in the root now.
        versions: The ETag of each version that is still there, by path and version id.
        change: The number of this change; assets that stay are marked with it.
        visited: Whether a page that refers to the added assets may have been loaded. Then they
            stay, as assets that have left, for as long as those of any release (P2).
        whole: Whether the release that was live must be whole afterwards, whatever somebody else
            did to its files before or since; else only the effects are taken back.

    Raises:
        Refused: A version that must come back is gone.
    """
    wanted: dict[str, Action] = {}
    for work in undone:
        wanted.update({action.path: action for action in work.actions})
    if whole:
        wanted.update(_mended(base, wanted, seen, versions))
    actions: list[Action] = []
    kept: list[Placed] = []
    lost: list[str] = []
    for path, done in wanted.items():
        there = seen.get(path)
        page = done.group is Group.PAGES or any(
            path in known and known[path].page for known in (base, placed)
        )
        if not done.before:
            if there is None:
                continue
            if visited and not page:
                kept.append(_kept(done, there, placed, change))
            else:
                actions.append(_take_away(path, there))
        elif there is not None and there.version_id == done.before:
            continue
        elif (path, done.before) not in versions:
            lost.append(path)
        else:
            actions.append(_put_back(done, there, base, page=page))
    if lost:
        raise Refused(
            f"{len(lost)} of {count(len(wanted), 'object')} cannot be restored, the versions are "
            f"gone (the first: {lost[0]}); use --mode redeploy, or promote a release that is there"
        )
    return Restoration(in_order(actions), tuple(kept))


def _mended(
    base: Inventory,
    wanted: Mapping[str, Action],
    seen: Mapping[str, Seen],
    versions: Mapping[tuple[str, str], str],
) -> Iterator[tuple[str, Action]]:
    """Want the release's own bytes where others stand or stood: a hand wrote there, or deleted."""
    for path, known in base.items():
        there = seen.get(path)
        stood = wanted[path].before if path in wanted else there.version_id if there else ""
        if known.left is None and known.version_id and stood != known.version_id:
            yield (
                path,
                Action(
                    path=path,
                    do=Do.RESTORE,
                    group=Group.PAGES if known.page else Group.CHANGE,
                    why="as the release has it",
                    before=known.version_id,
                    before_etag=versions.get((path, known.version_id), ""),
                ),
            )


def inventory_after(
    base: Inventory, kept: Sequence[Placed], actions: Sequence[Action]
) -> Inventory:
    """Return what the root holds after a restore; version ids of restored paths are still "".

    What comes back and was not of crossfade's writing stays a stranger.
    """
    inventory = {**base, **{placed.path: placed for placed in kept}}
    for action in actions:
        known = inventory.pop(action.path, None)
        if known is not None and known.version_id == action.source:
            inventory[action.path] = replace(known, version_id="")
    return inventory


def _kept(done: Action, there: Seen, placed: Inventory, change: int) -> Placed:
    """Keep an added asset as one that has left; headers that nobody recorded are left open."""
    known = placed.get(done.path) or Placed(
        path=done.path,
        size=there.size,
        sha256=done.sha256,
        content_type="",
        cache_control="",
        encoding="",
        page=False,
        version_id=there.version_id,
    )
    return replace(known, left=change if known.left is None else known.left)


def _take_away(path: str, there: Seen) -> Action:
    return Action(
        path=path,
        do=Do.DELETE,
        group=Group.REMOVE,
        why="was not there before",
        size=there.size,
        before=there.version_id,
        before_etag=there.etag,
    )


def _put_back(done: Action, there: Seen | None, base: Inventory, *, page: bool) -> Action:
    known = base.get(done.path)
    ours = known is not None and known.version_id == done.before
    return Action(
        path=done.path,
        do=Do.RESTORE,
        group=Group.PAGES if page else Group.ADD if there is None else Group.CHANGE,
        why="as it was before",
        size=known.size if known else 0,
        before=there.version_id if there else "",
        before_etag=there.etag if there else "",
        source=done.before,
        etag=done.before_etag,
        sha256=known.sha256 if known and ours else "",
    )
