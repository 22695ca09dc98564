"""A site's part in an operation: the effects of a plan in their order, the checks, the record.

Every procedure that changes a site (promote, rollback, reversal, purge) plans actions and hands
them to a `SiteLeg`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.aws.cloudfront import Distribution
from crossfade.adapters.aws.s3 import DELETE_BATCH, Headers, Written
from crossfade.errors import Conflict
from crossfade.operations.journal.executor import Batch, Ending
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.sites.read import list_root
from crossfade.operations.sites.site_probe import probe_site
from crossfade.plan.sites.site import Do, Group, inventory_to, of_group, state_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.sites.read import Site
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.sites.site import Action, Inventory, SiteState, SiteWork

BATCH = 500
"""Copies between two looks at the lease."""

PAGES_LOOKED_AT = 4
"""Entry pages that are read back one by one; more of them are read back by one listing."""

_VERIFY = max(Group) + 1
_INVALIDATE = max(Group) + 2
_LOOK = max(Group) + 3

_TITLES = {
    Group.ADD: "add {n} new assets",
    Group.CHANGE: "change {n} assets in place",
    Group.PAGES: "switch {n} entry pages",
    Group.REMOVE: "remove {n} files",
}


class SiteParticipant:
    """One site's part in an operation."""

    def __init__(
        self,
        site: Site,
        operation: Operation[SiteWork],
        *,
        work: SiteWork,
        after: SiteState,
        inventory: Inventory,
        done: Mapping[str, Written],
        alone: bool,
        reference: str,
    ) -> None:
        """Prepare to do some effects.

        Args:
            site: The site.
            operation: The operation as recorded.
            work: The effects: the operation's own, or those that take it back.
            after: The state afterwards.
            inventory: What the root holds afterwards; version ids of changed paths are "".
            done: Actions that an earlier worker completed, by path.
            alone: Whether no other worker has had effects in this operation: then the answers to
                the writes tell the whole root, and only the pages are read back.
            reference: Caller reference of the invalidation; a retry gives the same.
        """
        self.site = site
        self.operation = operation
        self.work = work
        self.after = after
        self.inventory = inventory
        self.alone = alone
        self.reference = reference
        self.written: dict[str, Written] = dict(done)
        self.skipped = frozenset(done)
        self.invalidated = ""
        self._burst: list[float] = []

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order, then the checks."""
        batches: list[Batch] = []
        name = f"{self.site.environment_name}/{self.site.component_name}"
        for group in Group:
            actions = [
                action
                for action in of_group(self.work.actions, group)
                if action.path not in self.skipped
            ]
            size = DELETE_BATCH if group is Group.REMOVE else BATCH
            for start in range(0, len(actions), size):
                some = actions[start : start + size]
                title = f"{name}: {_TITLES[group].format(n=len(some))}"
                batches.append(Batch(group, title, partial(self._timed, group, title, some)))
        if self.work.actions:
            batches.append(Batch(_VERIFY, f"{name}: read back", self._verify))
        if self.work.invalidate and self.site.environment.distribution_id:
            title = f"{name}: invalidate {', '.join(self.work.invalidate[:3])}"
            batches.append(Batch(_INVALIDATE, title, self._invalidate))
        brought = any(action.do is not Do.DELETE for action in self.work.actions)
        if brought and self.site.environment.url and self.after.live:
            title = f"{name}: look at {self.site.environment.url}"
            batches.append(Batch(_LOOK, title, self._look))
        return batches

    def _timed(self, group: Group, title: str, actions: Sequence[Action], lease: HeldLease) -> None:
        """Apply a batch, and time how long old pages stand beside assets changed in place."""
        in_burst = group is Group.CHANGE or (group is Group.PAGES and bool(self._burst))
        if in_burst:
            self._burst.append(self.site.world.monotonic())
        self._apply(title, actions, lease)
        if in_burst:
            self._burst.append(self.site.world.monotonic())

    def _apply(self, title: str, actions: Sequence[Action], lease: HeldLease) -> None:
        removed = [action for action in actions if action.do is Do.DELETE]
        brought = [action for action in actions if action.do is not Do.DELETE]
        advance = self.site.world.report.begin(title, len(actions))

        def bring(action: Action) -> None:
            lease.ensure()
            self.written[action.path] = self._bring(action)
            advance(1)

        fan_out(bring, brought, width=self.site.world.connections)
        if removed:
            lease.ensure()
            self.site.bucket.delete((self.site.prefix + action.path, "") for action in removed)
            advance(len(removed))

    def _bring(self, action: Action) -> Written:
        key, bucket = self.site.prefix + action.path, self.site.bucket
        if action.do is Do.WRITE:
            placed = self.inventory[action.path]
            headers = Headers(placed.content_type, placed.cache_control, placed.encoding)
            return bucket.put(key, action.body.encode(), headers, sha256=action.sha256)
        if action.do is Do.RESTORE:
            return bucket.copy(
                key,
                source=bucket,
                source_key=key,
                source_etag=action.etag,
                source_version=action.source,
                sha256=action.sha256,
            )
        return bucket.copy(
            key,
            source=self.site.world.releases,
            source_key=action.source,
            source_etag=action.etag,
            sha256=action.sha256,
        )

    def _verify(self, lease: HeldLease) -> None:
        """Read back what stands there now; a foreign hand or a late worker shows here."""
        del lease
        pages = of_group(self.work.actions, Group.PAGES)
        removed = of_group(self.work.actions, Group.REMOVE)
        looked = len(pages) + len(removed)
        if self.alone and looked <= PAGES_LOOKED_AT:
            there = {
                action.path: found.version_id
                for action in (*pages, *removed)
                if (found := self.site.bucket.head(self.site.prefix + action.path)) is not None
            }
            expected: Sequence[Action] = (*pages, *removed)
        else:
            seen = list_root(self.site, earlier=False).seen
            there = {path: one.version_id for path, one in seen.items()}
            expected = self.work.actions
        wrong = [action for action in expected if there.get(action.path, "") != self._left(action)]
        if wrong:
            raise Conflict(
                f"{len(wrong)} files of {self.site.subject} are not as they were left a moment "
                f"ago (the first: {wrong[0].path}): somebody else writes to the root; stop them"
            )

    def _left(self, action: Action) -> str:
        if action.do is Do.DELETE:
            return ""
        return self.written[action.path].version_id

    def _invalidate(self, lease: HeldLease) -> None:
        world = self.site.world
        distribution = Distribution(
            world.cloudfront, self.site.environment.distribution_id, world.monotonic, world.sleep
        )
        self.invalidated = distribution.invalidate(
            self.work.invalidate,
            reference=self.reference,
            patience=self.site.environment.patience.total_seconds(),
            ensure=lease.check,
        )

    def _look(self, lease: HeldLease) -> None:
        del lease
        changed = [action.path for action in self.work.actions if action.do is not Do.DELETE]
        probe_site(
            self.site.world,
            self.site.environment.url,
            self.site.component.path,
            self.inventory,
            changed,
        )

    def end(self) -> Ending:
        """Record what the root holds now, and return the site's state."""
        removed = {action.path for action in self.work.actions if action.do is Do.DELETE}
        inventory = [
            replace(placed, version_id=self.written[path].version_id)
            if path in self.written
            else placed
            for path, placed in self.inventory.items()
            if path not in removed
        ]
        world = self.site.world
        name = f"{self.operation.id}-{world.chance()}"
        world.journal.keep_root(self.site.subject, name, inventory_to(inventory))
        state = replace(self.after, root=name)
        return Ending(state_to(state), self.operation, self._figures())

    def _figures(self) -> Json:
        counts: Json = {f"{do.value}": 0 for do in Do}
        for action in self.work.actions:
            counts[action.do.value] += 1
        moved = sum(action.size for action in self.work.actions if action.do is not Do.DELETE)
        figures: Json = {**counts, "bytes": moved, "taken_over_done": len(self.skipped)}
        if self._burst:
            figures["window_seconds"] = round(self._burst[-1] - self._burst[0], 3)
        if self.invalidated:
            figures["invalidation"] = self.invalidated
        return figures
