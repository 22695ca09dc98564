"""A migration's part in an operation: one batch of records, in sync, read back.

Going forward, the batch expects exactly what its checkpoint read. Going back, it expects what
stands there now, read a moment before: whatever happened since, the way back is open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.adapters.route53 import apply_change, read_records, wait_in_sync
from crossfade.errors import Refused
from crossfade.operations.carry import Batch, Ending
from crossfade.operations.world import migration_subject
from crossfade.plan.change import Change, must_stand, plan_change
from crossfade.plan.operation import Direction
from crossfade.plan.position import position_from_state, position_to_state
from crossfade.plan.records import carrying_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.carry import Leg
    from crossfade.operations.hold import Hold
    from crossfade.operations.world import World
    from crossfade.plan.operation import Json, Operation, Untold
    from crossfade.plan.records import RecordSet
    from crossfade.settings_migrations import Migration

ADVANCE, BACK, ABORT, REVERSE = "advance", "back", "abort", "reverse"
RETURNS = frozenset({BACK, ABORT, REVERSE})
"""The kinds of operations that bring traffic back to legacy."""

_CHANGE, _WAIT, _READ_BACK = 0, 1, 2


class RecordsLeg:
    """Changes the records of one migration.

    Attributes:
        operation: The operation as recorded.
        refused: Whether the batch was refused as a whole, so that nothing was changed.
    """

    def __init__(
        self, world: World, operation: Operation[Change], change: Change, state: Json
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
        self.refused = False
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
        """Return the state with the instant of being in sync and the records that stand there."""
        operation, state = self.operation, self.state
        if not self.change.empty:
            how = "found out by reading back" if self._settled else "answered"
            operation = operation.noted(
                self._in_sync or self.world.clock.now(),
                f"in sync after {self._waited:.1f} s ({how})",
                change_id=self._change_id,
                in_sync_seconds=round(self._waited, 3),
            )
        position = position_from_state(state)
        if not self.change.empty and position.since is not None:
            position = replace(position, since=self._in_sync or self.world.clock.now())
        if position.records:
            position = replace(position, records=self._records)
            state = position_to_state(position)
        figures = {"records": 0 if self.change.empty else len(self.change.target)}
        return Ending(state, operation, figures)

    def _apply(self, hold: Hold) -> None:
        hold.check()
        hold.ensure()
        try:
            applied = apply_change(
                self.world.route53,
                self.migration.zone,
                self.change,
                sleep=self.world.sleep,
                comment=f"crossfade {self.operation.id} {self.operation.title}",
            )
        except Refused:
            self.refused = True
            raise
        self._change_id, self._settled = applied.change_id, applied.settled

    def _wait(self, hold: Hold) -> None:
        def sleep(seconds: float) -> None:
            self.world.sleep(seconds)
            hold.check()

        self._waited = wait_in_sync(
            self.world.route53,
            self._change_id,
            clock=self.world.monotonic,
            sleep=sleep,
            patience=self.migration.patience.total_seconds(),
        )
        self._in_sync = self.world.clock.now()

    def _read_back(self, hold: Hold) -> None:
        del hold
        found = _found(self.world, self.migration)
        must_stand(self.change, found)
        self._records = found


def leg_of(world: World, record: Operation[Untold], direction: Direction) -> Leg | None:
    """Return the leg that settles an operation of a migration; None for another subject's.

    Args:
        world: The world.
        record: The operation as another worker left it.
        direction: To its end or back to its start.
    """
    if not record.subject.startswith(migration_subject("")):
        return None
    whole = world.journal.operation(record.subject, record.id, Change)
    operation = replace(whole, notes=record.notes)
    if direction is Direction.FORWARD and operation.kind not in RETURNS:
        return RecordsLeg(world, operation, operation.work, operation.after)
    forward = direction is Direction.FORWARD
    target = operation.work.target if forward else operation.work.expected
    migration = world.settings.migration(operation.subject.partition("/")[2])
    verb = "finish" if forward else "take back"
    change = plan_change(_found(world, migration), target, reason=f"{verb} {operation.work.reason}")
    return RecordsLeg(world, operation, change, operation.after if forward else operation.before)


def _found(world: World, migration: Migration) -> tuple[RecordSet, ...]:
    traffic = migration.traffic()
    return carrying_traffic(read_records(world.route53, traffic.zone, traffic.names))
