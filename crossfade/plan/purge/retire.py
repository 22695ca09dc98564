"""Retiring: which assets of earlier releases leave a site's root (P2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.sites.site import Action, Do, Group, Inventory, Placed, Seen, in_order

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Retirement:
    """What leaves a root.

    No invalidation belongs to it: no live page refers to what leaves, an edge that still holds a
    copy only serves an open tab for longer, and each would take a place among the few
    invalidations that a distribution may have in progress.

    Attributes:
        actions: The deletions.
        drift: Assets that are due and were changed by hand; they are left alone.
    """

    actions: tuple[Action, ...] = ()
    drift: tuple[str, ...] = ()


def due(placed: Inventory, *, changes: int, grace: int) -> tuple[Placed, ...]:
    """Return the assets that left the live release at least `grace` changes ago.

    Args:
        placed: What crossfade left in the root.
        changes: How many times the live release has changed.
        grace: For how many changes an asset that left stays.
    """
    return tuple(
        asset
        for asset in placed.values()
        if asset.left is not None and changes - asset.left >= grace
    )


def plan_retire(
    placed: Inventory, seen: Mapping[str, Seen], *, changes: int, grace: int
) -> Retirement:
    """Plan to remove what is due, where it is still what crossfade placed.

    Args:
        placed: What crossfade left in the root.
        seen: What stands in the root now.
        changes: How many times the live release has changed.
        grace: For how many changes an asset that left stays.
    """
    actions: list[Action] = []
    drift: list[str] = []
    for asset in due(placed, changes=changes, grace=grace):
        there = seen.get(asset.path)
        if there is None:
            continue
        if there.version_id != asset.version_id:
            drift.append(f"{asset.path}: was changed by hand after it left; left alone")
        else:
            actions.append(_remove(asset, there, changes))
    return Retirement(in_order(actions), tuple(drift))


def _remove(asset: Placed, there: Seen, changes: int) -> Action:
    left = changes - (asset.left or 0)
    return Action(
        path=asset.path,
        do=Do.DELETE,
        group=Group.REMOVE,
        why=f"left the live release {left} change{'s' if left > 1 else ''} ago",
        size=there.size,
        before=there.version_id,
        before_etag=there.etag,
    )
