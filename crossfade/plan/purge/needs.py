"""What the checkpoints of a site still need: releases, versions of objects, recorded roots.

A checkpoint can be reversed to while it is among the newest changes of the live release that are
kept. Going back to it undoes everything since, purges included, so everything since is needed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crossfade.plan.journal.operation import Status
from crossfade.plan.sites.site import Do, SiteState, SiteWork

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.sites.site import Inventory, Live


@dataclass(frozen=True, slots=True)
class Needs:
    """What must stay, so that a site can still go back.

    Attributes:
        releases: The checkpoint that names a release, in words, by version.
        objects: Version ids of the root's objects, by path under the site's folder.
        roots: Names of the records of what the root held.
        paths: Every path that crossfade is known to have written in the root.
    """

    releases: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()


def needs_of(
    operations: Iterable[Operation[Any, SiteState]],
    *,
    state: SiteState,
    placed: Inventory,
    keep: int,
    whole: bool,
) -> Needs:
    """Return what the present state and the newest checkpoints of a site need.

    Args:
        operations: The site's closed operations, newest first; read no further than is needed.
        state: The site's present state.
        placed: What crossfade left in the root.
        keep: How many changes of the live release can be taken back.
        whole: Whether to go on to the oldest operation, for the paths that it wrote.
    """
    needs = _Gathered(state, placed)
    changes, back_found = 0, not state.back
    within = True
    for operation in operations:
        needs.knows(operation)
        if within:
            needs.adds(operation)
            changes += _changed_live(operation)
            back_found = back_found or operation.id == state.back
            within = changes < keep or not back_found
        if not within and not whole:
            break
    return needs.done()


class _Gathered:
    """What was found so far."""

    def __init__(self, state: SiteState, placed: Inventory) -> None:
        self.releases: dict[str, str] = {}
        self.objects: defaultdict[str, set[str]] = defaultdict(set)
        self.roots = {state.root}
        self.paths = set(placed)
        for path, one in placed.items():
            self.objects[path].add(one.version_id)

    def knows(self, operation: Operation[Any, SiteState]) -> None:
        if isinstance(operation.work, SiteWork):
            self.paths.update(action.path for action in operation.work.actions)

    def adds(self, operation: Operation[Any, SiteState]) -> None:
        before, after = operation.before, operation.after
        self.roots.add(before.root)
        if operation.status is Status.DONE:
            for live in (before.live, after.live):
                if live is not None:
                    why = f"checkpoint {operation.id} of {operation.subject}"
                    self.releases.setdefault(live.version, why)
        if isinstance(operation.work, SiteWork):
            self.roots.add(operation.work.base)
            for action in operation.work.actions:
                if action.before:
                    self.objects[action.path].add(action.before)
                if action.do is Do.RESTORE:
                    self.objects[action.path].add(action.source)

    def done(self) -> Needs:
        return Needs(
            releases=self.releases,
            objects={path: frozenset(versions) for path, versions in self.objects.items()},
            roots=frozenset(self.roots - {""}),
            paths=frozenset(self.paths),
        )


def _changed_live(operation: Operation[Any, SiteState]) -> bool:
    if operation.status is not Status.DONE:
        return False
    before, after = operation.before.live, operation.after.live
    return _content(before) != _content(after)


def _content(live: Live | None) -> tuple[str, str] | None:
    return (live.version, live.digest) if live else None
