"""The releases' part in an operation: they are taken away or brought back.

A release's manifest goes first and comes back last, so that a worker who dies in between leaves no
release that looks whole. Files are deleted by delete markers; to remove those brings them back.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import DELETE_BATCH
from crossfade.errors import Conflict, Failed
from crossfade.operations.base.world import releases_subject
from crossfade.operations.journal.executor import Batch, Ending
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.journal.untouched_participant import UntouchedParticipant
from crossfade.operations.purge.read import read_sites
from crossfade.operations.purge.sweep import Sweeper, files_of
from crossfade.operations.releases.bucket import folder_key, manifest_key
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import Direction, instant
from crossfade.plan.purge.purge import PurgeWork

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.journal.settle import Kinds
    from crossfade.plan.journal.operation import Json, Operation, Untold
    from crossfade.plan.purge.purge import Gone, Leftover

PURGE = "purge"
"""The kind of an operation that takes releases away; going back, it brings them back."""

REVERSE = "reverse"
"""The kind of an operation that brings them back; going back, it takes them away again."""

_CHECK, _MANIFESTS, _FILES = 0, 1, 2
_FILES_BACK, _MANIFESTS_BACK = 1, 2


def participant_of(world: World, record: Operation[Untold], direction: Direction) -> Participant:
    """Return what settles an operation of a component's releases.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    forward = direction is Direction.FORWARD
    state = record.after if forward else record.before
    if record.kind not in {PURGE, REVERSE}:
        return UntouchedParticipant(record, state)
    operation = world.journal.operation(record.subject, record.id, PurgeWork)
    operation = replace(operation, notes=record.notes)
    if forward == (record.kind == PURGE):
        return AwayParticipant(world, operation, state)
    return BackParticipant(world, operation, state)


def _half(left: Leftover) -> str:
    return f"{count(len(left.paths), 'file')} of half-published {left.version}"


class _ReleasesParticipant:
    """What taking away and bringing back have in common."""

    def __init__(self, world: World, operation: Operation[PurgeWork], state: Json) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            state: The subject's state afterwards.
        """
        self.world = world
        self.operation = operation
        self.state = state
        self.component = operation.subject.removeprefix(releases_subject(""))
        self.left_alone: dict[str, str] = {}

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole: its effects are many, so never."""
        return False

    def _folder(self, version: str) -> str:
        return folder_key(self.world, self.component, version)

    def _files(self, gone: Gone) -> Collection[str]:
        keys = files_of(self.world, self.component, gone)
        if keys is None:
            raise Failed(
                f"the manifest of {self.component} {gone.version} is gone for good "
                f"({self.world.releases.url(gone.key)}, version {gone.version_id}), so its files "
                "cannot be told: publish that build again"
            )
        return keys

    def _other(self, version: str, *, mine: str = "") -> bool:
        """Whether a manifest stands there that is not the one that this is about."""
        found = self.world.releases.head(manifest_key(self.world, self.component, version))
        if found is None or found.version_id == mine:
            return False
        self.left_alone[version] = f"{version} was published again meanwhile; left alone"
        return True

    def _in_batches(self, lease: HeldLease, rows: Sequence[tuple[str, str]]) -> None:
        for start in range(0, len(rows), DELETE_BATCH):
            lease.check()
            self.world.releases.fenced(lease).delete(rows[start : start + DELETE_BATCH])

    def _figures(self) -> Json:
        work = self.operation.work
        releases = [one for one in work.releases if one.version not in self.left_alone]
        leftovers = [one for one in work.leftovers if one.version not in self.left_alone]
        return {
            "releases": len(releases),
            "leftovers": len(leftovers),
            "files": sum(one.files for one in releases) + sum(len(one.paths) for one in leftovers),
            "bytes": sum(one.size for one in releases) + sum(one.size for one in leftovers),
        }

    def end(self) -> Ending:
        """Note what was left alone, and return the subject's state."""
        operation = self.operation
        for text in self.left_alone.values():
            operation = operation.noted(self.world.clock.now(), text)
        return Ending(self.state, operation, self._figures())


class AwayParticipant(_ReleasesParticipant):
    """Takes releases away: manifests, then files, then what goes for good."""

    def __init__(self, world: World, operation: Operation[PurgeWork], state: Json) -> None:
        """Prepare the effects; arguments as above."""
        super().__init__(world, operation, state)
        self.sweeper = Sweeper(world, operation) if operation.work.versions else None

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        work, name = self.operation.work, self.component
        batches = []
        if work.releases or work.leftovers:
            title = f"{name}: see that nothing of it went live meanwhile"
            batches.append(Batch(_CHECK, title, self._still_unneeded))
        if work.releases:
            title = f"{name}: delete {count(len(work.releases), 'manifest')}"
            batches.append(Batch(_MANIFESTS, title, self._delete_manifests))
        for gone in work.releases:
            title = f"{name}: delete {count(gone.files, 'file')} of {gone.version}"
            batches.append(Batch(_FILES, title, partial(self._delete_release, gone)))
        for left in work.leftovers:
            title = f"{name}: delete {_half(left)}"
            batches.append(Batch(_FILES, title, partial(self._delete_leftover, left)))
        return [*batches, *(self.sweeper.batches() if self.sweeper else ())]

    def _still_unneeded(self, lease: HeldLease) -> None:
        """See that no site that was not there when this was planned needs what goes."""
        del lease
        going = {one.version for one in self.operation.work.all}
        for there in read_sites(self.world, self.component):
            live = there.state.live
            if live is not None and live.version in going:
                raise Conflict(
                    f"{self.component} {live.version} went live in {there.environment} since this "
                    "was planned"
                )

    def _delete_manifests(self, lease: HeldLease) -> None:
        releases = self.world.releases.fenced(lease)

        def delete(gone: Gone) -> None:
            with suppress(Conflict):  # another one stands there: its files are left alone below
                releases.delete_if(gone.key, gone.etag)

        fan_out(delete, self.operation.work.releases, width=self.world.connections)

    def _delete_release(self, gone: Gone, lease: HeldLease) -> None:
        if not self._other(gone.version):
            self._delete(lease, gone.version, self._files(gone))

    def _delete_leftover(self, left: Leftover, lease: HeldLease) -> None:
        folder, planned = self._folder(left.version), instant(self.operation.begun_at)
        if self._other(left.version):
            return
        if any(row.modified > planned for row in self.world.releases.present(folder)):
            self.left_alone[left.version] = f"{left.version} is being published; left alone"
            return
        self._delete(lease, left.version, frozenset(folder + path for path in left.paths))

    def _delete(self, lease: HeldLease, version: str, keys: Collection[str]) -> None:
        present = self._present(version, keys)
        self._in_batches(lease, [(key, "") for key in present])
        still = self._present(version, keys) if present else []
        if still:
            stand = count(len(still), "file")
            raise Conflict(
                f"{stand} of {self.component} {version} still there after the deletion (the first: "
                f"{self.world.releases.url(still[0])}): somebody else writes there; stop them"
            )

    def _present(self, version: str, keys: Collection[str]) -> list[str]:
        listing = self.world.releases.present(self._folder(version))
        return [row.key for row in listing if row.key in keys]

    def _figures(self) -> Json:
        figures = super()._figures()
        return {**figures, **self.sweeper.figures()} if self.sweeper else figures


class BackParticipant(_ReleasesParticipant):
    """Brings releases back: files, then manifests."""

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        work, name = self.operation.work, self.component
        batches = []
        for gone in work.releases:
            title = f"{name}: bring back {count(gone.files, 'file')} of {gone.version}"
            batches.append(Batch(_FILES_BACK, title, partial(self._files_back, gone)))
        for left in work.leftovers:
            title = f"{name}: bring back {_half(left)}"
            batches.append(Batch(_FILES_BACK, title, partial(self._leftover_back, left)))
        for gone in work.releases:
            title = f"{name}: bring back {gone.version}"
            batches.append(Batch(_MANIFESTS_BACK, title, partial(self._manifest_back, gone)))
        return batches

    def _files_back(self, gone: Gone, lease: HeldLease) -> None:
        if not self._other(gone.version, mine=gone.version_id):
            self._unmark(lease, self._folder(gone.version), self._files(gone).__contains__)

    def _leftover_back(self, left: Leftover, lease: HeldLease) -> None:
        folder = self._folder(left.version)
        if not self._other(left.version):
            keys = frozenset(folder + path for path in left.paths)
            self._unmark(lease, folder, keys.__contains__)

    def _manifest_back(self, gone: Gone, lease: HeldLease) -> None:
        if not self._other(gone.version, mine=gone.version_id):
            self._unmark(lease, gone.key, gone.key.__eq__)

    def _unmark(self, lease: HeldLease, prefix: str, ours: Callable[[str], bool]) -> None:
        """Remove the delete markers above the newest version of some keys.

        A deletion that was tried twice left two. Listings do not tell the order of versions and
        markers, only what is on top: so one layer is removed at a time.
        """
        while True:
            markers = [
                (row.key, row.version_id)
                for row in self.world.releases.versions(prefix)
                if row.marker and row.latest and ours(row.key)
            ]
            if not markers:
                return
            self._in_batches(lease, markers)


RELEASES: Kinds = {"releases": participant_of}
"""What settles the releases of components alone."""
