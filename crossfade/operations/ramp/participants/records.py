"""A change of a migration's records: one batch, in sync, read back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.adapters.aws.route53 import Unsettled, apply_change, read_records, wait_in_sync
from crossfade.errors import Refused
from crossfade.operations.journal.executor import Batch, Ending
from crossfade.plan.dns.change import must_stand
from crossfade.plan.dns.records import carrying_traffic, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.adapters.aws.route53 import Applied
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.dns.change import RecordsChange
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.ramp.progress import Progress
    from crossfade.settings.migrations import Migration

_CHANGE, _WAIT, _READ_BACK = 0, 1, 2


def zone_of(world: World, operation: Operation[RecordsChange, Progress]) -> str:
    """Return the zone of an operation's records, whatever the configuration names now."""
    adopted = operation.after.zone
    return adopted or world.settings.migration(operation.subject.partition("/")[2]).zone


def standing(world: World, operation: Operation[RecordsChange, Progress]) -> tuple[RecordSet, ...]:
    """Read what stands in DNS under the names of an operation's change."""
    change = operation.work
    names = names_of((*change.expected, *change.target))
    return carrying_traffic(read_records(world.route53, zone_of(world, operation), names))


class RecordsParticipant:
    """Changes the records of one migration.

    Attributes:
        operation: The operation as recorded.
        untouched: Whether the batch was refused as a whole, so that nothing was changed.
    """

    def __init__(
        self,
        world: World,
        operation: Operation[RecordsChange, Progress],
        change: RecordsChange,
        state: Progress,
    ) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            change: The batch; an empty one is only read back.
            state: The migration's state afterwards, but for what is known only then: the instant
                of being in sync, and the records as they are read back.
        """
        self.world = world
        self.operation = operation
        self.change = change
        self.state = state
        self.untouched = False
        self._change_id = ""
        self._settled = False
        self._waited = 0.0
        self._in_sync: datetime | None = None
        self._records: tuple[RecordSet, ...] = ()

    @property
    def migration(self) -> Migration:
        """Its configuration."""
        return self.world.settings.migration(self.operation.subject.partition("/")[2])

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        read_back = Batch(_READ_BACK, "read the records back", self._read_back)
        if self.change.empty:
            return (read_back,)
        return (
            Batch(_CHANGE, f"change records: {self.change.reason}", self._apply),
            Batch(_WAIT, "wait for Route 53 to be in sync", self._wait),
            read_back,
        )

    def end(self) -> Ending:
        """Return the state with the instant of being in sync and the records that stand there.

        Records that became simple, or pairs again, under the same weights moved no traffic: the
        weights count from when they were set.
        """
        operation, state = self.operation, self.state
        if not self.change.empty:
            how = "found out by reading back" if self._settled else "answered"
            operation = operation.noted(
                self._in_sync or self.world.clock.now(),
                f"in sync after {self._waited:.1f} s ({how})",
                change_id=self._change_id,
                in_sync_seconds=round(self._waited, 3),
            )
        progress = state
        moved = progress.vector != operation.before.vector
        if moved and not self.change.empty and progress.since is not None:
            progress = replace(progress, since=self._in_sync or self.world.clock.now())
        if progress.records:
            state = replace(progress, records=self._records)
        figures = {"records": 0 if self.change.empty else len(self.change.target)}
        return Ending(state, operation, figures)

    def _apply(self, lease: HeldLease) -> None:
        applied = self._sent(self.change, lease)
        self._change_id, self._settled = applied.change_id, applied.settled

    def _sent(self, change: RecordsChange, lease: HeldLease) -> Applied:
        """Make a change in one batch; a refusal of it leaves everything as it was."""
        lease.check()
        lease.ensure()
        try:
            return apply_change(
                self.world.route53,
                zone_of(self.world, self.operation),
                change,
                sleep=self.world.sleep,
                comment=f"crossfade {self.operation.id} {self.operation.title}",
            )
        except Refused as error:
            self.untouched = not isinstance(error, Unsettled)
            raise

    def _wait(self, lease: HeldLease) -> None:
        self._waited = self._synced(self._change_id, lease)
        self._in_sync = self.world.clock.now()

    def _synced(self, change_id: str, lease: HeldLease) -> float:
        """Wait until a change is in sync; return the seconds that it took."""

        def sleep(seconds: float) -> None:
            self.world.sleep(seconds)
            lease.check()

        return wait_in_sync(
            self.world.route53,
            change_id,
            clock=self.world.monotonic,
            sleep=sleep,
            patience=self.migration.patience.total_seconds(),
        )

    def _read_back(self, lease: HeldLease) -> None:
        del lease
        found = self._found()
        must_stand(self.change, found)
        self._records = found

    def _found(self) -> tuple[RecordSet, ...]:
        """Read what stands in DNS."""
        return standing(self.world, self.operation)
