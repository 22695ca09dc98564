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
from crossfade.plan.base.words import count
from crossfade.plan.sites.site import Do, Group, inventory_to, of_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.sites.read import Site
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.sites.site import Action, Inventory, Seen, SiteState, SiteWork

BATCH = 500
"""Copies between two looks at the lease."""

PAGES_LOOKED_AT = 4
"""Entry pages that are read back one by one; more of them are read back by one listing."""

_VERIFY = max(Group) + 1
_INVALIDATE = max(Group) + 2
_LOOK = max(Group) + 3

_TITLES = {
    Group.ADD: ("add", "new asset", ""),
    Group.CHANGE: ("change", "asset", " in place"),
    Group.PAGES: ("switch", "entry page", ""),
    Group.REMOVE: ("remove", "file", ""),
}
"""What is done to each group: the verb, the thing that is counted, and how."""


class SiteParticipant:
    """One site's part in an operation."""

    def __init__(
        self,
        site: Site,
        operation: Operation[SiteWork, SiteState],
        *,
        work: SiteWork,
        after: SiteState,
        inventory: Inventory,
        done: Mapping[str, Written],
        alone: bool,
        reference: str,
        stood: Mapping[str, Seen] | None = None,
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
            stood: What was read in the root when this was planned; None where the actions say it.
        """
        self.site = site
        self.operation = operation
        self.work = work
        self.after = after
        self.inventory = inventory
        self.alone = alone
        self.reference = reference
        self.stood = stood
        self.written: dict[str, Written] = dict(done)
        self.skipped = frozenset(done)
        self.invalidated = ""
        self._burst: list[float] = []

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole: its effects are many, so never."""
        return False

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
            verb, thing, how = _TITLES[group]
            size = DELETE_BATCH if group is Group.REMOVE else BATCH
            for start in range(0, len(actions), size):
                some = actions[start : start + size]
                title = f"{name}: {verb} {count(len(some), thing)}{how}"
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
        bucket = self.site.bucket.fenced(lease)

        def bring(action: Action) -> None:
            if action.path not in self.written:  # a batch that is tried again did some of it
                self.written[action.path] = self._brought(action, bucket)
            advance(1)

        fan_out(bring, brought, width=self.site.world.connections)
        if removed:
            bucket.delete_as_read(
                {self.site.prefix + action.path: self._stood(action) for action in removed}
            )
            advance(len(removed))

    def _brought(self, action: Action, bucket: Bucket) -> Written:
        try:
            return self._bring(action, bucket)
        except Conflict:
            if (found := self._own(action)) is None:
                raise
            return found

    def _bring(self, action: Action, bucket: Bucket) -> Written:
        """Bring one object into the root, in the place of what was read there and nothing else."""
        key, stood = self.site.prefix + action.path, self._stood(action)
        if action.do is Do.WRITE:
            placed = self.inventory[action.path]
            headers = Headers(placed.content_type, placed.cache_control, placed.encoding)
            return bucket.put(
                key,
                action.body.encode(),
                headers,
                sha256=action.sha256,
                only_if_absent=not stood,
                only_if_etag=stood,
            )
        restores = action.do is Do.RESTORE
        return bucket.copy(
            key,
            source=bucket if restores else self.site.world.releases,
            source_key=key if restores else action.source,
            source_etag=action.etag,
            source_version=action.source if restores else "",
            sha256=action.sha256,
            only_if_absent=not stood,
            only_if_etag=stood,
        )

    def _own(self, action: Action) -> Written | None:
        """Return what stands in an action's place if it is what the action brings there.

        A sending whose answer was lost is sent again and then finds its own work.
        """
        key, bucket = self.site.prefix + action.path, self.site.bucket
        if action.do is Do.RESTORE:
            found = bucket.head(key)
            return found if found and found.etag == action.etag else None
        placed = self.inventory[action.path]
        headers = Headers(placed.content_type, placed.cache_control, placed.encoding)
        return bucket.whole(key, headers, action.sha256)

    def _stood(self, action: Action) -> str:
        """Return the ETag that was last read in an action's place, or "" where nothing stood."""
        if self.stood is None:
            return action.before_etag
        found = self.stood.get(action.path)
        return found.etag if found else ""

    def _verify(self, lease: HeldLease) -> None:
        """Read back what stands there now; a foreign hand or a late worker shows here.

        Where another worker had effects in this operation, the whole root is compared.
        """
        del lease
        pages = of_group(self.work.actions, Group.PAGES)
        removed = of_group(self.work.actions, Group.REMOVE)
        expected: Sequence[Action] = (*pages, *removed)
        if self.alone and len(expected) <= PAGES_LOOKED_AT:
            there = {
                action.path: found.version_id
                for action in expected
                if (found := self.site.bucket.head(self.site.prefix + action.path)) is not None
            }
            wrong = [one.path for one in expected if there.get(one.path, "") != self._left(one)]
        else:
            seen = list_root(self.site, earlier=False).seen
            wrong = [one.path for one in self.work.actions if self._differs(one, seen)]
            if not self.alone:
                wrong += self._strangers(seen)
        if wrong:
            raise Conflict(
                f"{self.site.subject}: {count(len(wrong), 'file is', 'files are')} not as left a "
                f"moment ago (the first: {wrong[0]}): somebody else writes to the root; stop them"
            )

    def _differs(self, action: Action, seen: Mapping[str, Seen]) -> bool:
        found = seen.get(action.path)
        return (found.version_id if found else "") != self._left(action)

    def _strangers(self, seen: Mapping[str, Seen]) -> list[str]:
        """Return paths that are not as they were when this was planned, and not by its doing.

        A write of the former worker that S3 took late shows here, also on a path that was not
        written yet when this was planned.
        """
        stood = self.stood or {}
        mine = {action.path for action in self.work.actions}
        planned = {action.path for action in self.operation.work.actions}
        return [
            path
            for path in sorted((planned | self.inventory.keys()) - mine)
            if seen.get(path) != stood.get(path)
        ]

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
        return Ending(state, self.operation, self._figures())

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
