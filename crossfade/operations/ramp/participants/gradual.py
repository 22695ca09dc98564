"""Going back by steps: through the plan's own weights, with a pause at each, then the checkpoint.

It is one operation. Each step reads what stands there and only ever goes down from it, so that a
worker that takes it over passes by the steps that were done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crossfade.errors import Refused
from crossfade.operations.journal.executor import Batch
from crossfade.operations.ramp.capacity import capacity
from crossfade.operations.ramp.participants.records import RecordsParticipant
from crossfade.operations.ramp.read import read_ramp, vector_in
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import at_vector, pairs_of
from crossfade.plan.ramp.return_plan import strained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.adapters.aws.route53 import Applied
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.dns.change import RecordsChange
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.ramp.progress import Progress
    from crossfade.plan.ramp.return_plan import Steps

LOOK_SECONDS = 5
"""Between two looks at the hold while a step lasts; every write looks once more before it."""


class GradualParticipant(RecordsParticipant):
    """Brings traffic back by steps, and then restores the checkpoint as any return does."""

    def __init__(
        self,
        world: World,
        operation: Operation[RecordsChange, Progress],
        change: RecordsChange,
        state: Progress,
        steps: Steps,
    ) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            change: From what stands there now to the checkpoint; what stands there is read again
                before each batch.
            state: The migration's state afterwards.
            steps: What comes before the checkpoint.
        """
        super().__init__(world, operation, change, state)
        self.steps = steps
        self._began = False
        self._at: Vector | None = None
        self._pending: str | None = None

    def batches(self) -> Sequence[Batch]:
        """Return two batches for each step, going down and staying, and then those of a return."""
        if self.change.empty:
            return super().batches()
        through = self.steps.through
        following = (*through[1:], self.state.vector)
        pause = shown_duration(self.steps.pause)
        found: list[Batch] = []
        for order, (vector, after) in enumerate(
            zip(through, following, strict=True), start=-len(through)
        ):
            found.append(Batch(order, f"go down to {vector}", partial(self._go_down, vector)))
            stay = partial(self._stay, vector, after)
            found.append(Batch(order, f"stay at {vector} for at least {pause}", stay))
        return (*found, *super().batches())

    def _go_down(self, vector: Vector, lease: HeldLease) -> None:
        """Set a step's weights, unless there is no more than that on new already.

        Where the records show no weights to go down from, somebody else changed them: the
        checkpoint, which comes last, puts them right.
        """
        found, traffic = self._found(), self.migration.traffic()
        self._at, self._pending = vector_in(found, traffic), None
        if self._at is None or self._at.share <= vector.share:
            return
        target = at_vector(pairs_of(found, traffic), vector)
        change = plan_change(found, target, reason=f"down to {vector} on the way back")
        self._pending = self._sent(change, lease).change_id
        self._began, self._at = True, vector

    def _stay(self, vector: Vector, following: Vector | None, lease: HeldLease) -> None:
        """Stay at a step, unless it was passed by, and put it into the journal."""
        if self._at != vector:
            return
        waited = 0.0 if self._pending is None else self._synced(self._pending, lease)
        begun = self.world.monotonic()
        strain = self._pause(following, lease)
        lasted = self.world.monotonic() - begun
        told = f"{vector} for {lasted:.0f} s on the way back"
        if strain:
            self.world.report.say(f"goes on all the same after {lasted:.0f} s: {strain}")
            told = f"{told}, then on all the same: {strain}"
        self.operation = self.operation.noted(
            self.world.clock.now(),
            told,
            change_id=self._pending or "",
            in_sync_seconds=round(waited, 3),
            seconds=round(lasted, 3),
            legacy=vector.legacy,
            new=vector.new,
        )
        lease.record(self.operation)

    def _pause(self, following: Vector | None, lease: HeldLease) -> str:
        """Pause, and then for a limited time until legacy can bear what comes next.

        Returns:
            Why legacy could not bear it even then, or "".
        """
        self._rest(self.steps.pause.total_seconds(), lease)
        until = self.world.monotonic() + self.steps.patience.total_seconds()
        while strain := self._strain(following):
            left = until - self.world.monotonic()
            if left <= 0:
                return strain
            self._rest(min(self.migration.check_every.total_seconds(), left), lease)
        return ""

    def _strain(self, vector: Vector | None) -> str:
        """Say if legacy could not bear the load of now at the next weights; "" if it could."""
        name = self.operation.subject.partition("/")[2]
        load = capacity(read_ramp(self.world, name))
        return strained(load, vector) if load else ""

    def _rest(self, seconds: float, lease: HeldLease) -> None:
        until = self.world.monotonic() + seconds
        while (left := until - self.world.monotonic()) > 0:
            self.world.sleep(min(left, LOOK_SECONDS))
            lease.check()

    def _apply(self, lease: HeldLease) -> None:
        """Restore the checkpoint from what stands there now."""
        self.change = plan_change(self._found(), self.change.target, reason=self.change.reason)
        if not self.change.empty:
            super()._apply(lease)

    def _wait(self, lease: HeldLease) -> None:
        if not self.change.empty:
            super()._wait(lease)

    def _sent(self, change: RecordsChange, lease: HeldLease) -> Applied:
        try:
            return super()._sent(change, lease)
        except Refused:
            self.untouched = self.untouched and not self._began
            raise
