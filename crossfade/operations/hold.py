"""The hold of one worker on the heads of its operation: opening, leases, closing.

S3 cannot fence a worker that wakes up late. So no write begins unless the lease has more time left
than a request can take, the heads are looked at between batches, and a take-over waits for the
lease to lapse unless a person says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws import LONGEST_REQUEST_SECONDS
from crossfade.errors import Conflict, CrossfadeError, Unavailable
from crossfade.plan import operation as moves
from crossfade.plan.operation import Direction, Head, Lease, Operation, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.adapters.clock import S3Clock
    from crossfade.adapters.journal import Journal
    from crossfade.plan.operation import Json

SLACK_SECONDS = 2
"""S3's Date is cut to whole seconds; a worker ends its lease for itself this much earlier."""

LOOK_SECONDS = 1
"""Batches that end sooner than this after the last look at the heads need no look of their own."""


class LeaseLost(Conflict):
    """Another worker has taken the operation over; this one must not write any more."""


@dataclass
class Hold:
    """One worker's hold on the subjects of its operation.

    Attributes:
        journal: The journal.
        clock: S3's clock.
        monotonic: The host's monotonic clock.
        seconds: Length of the lease.
        holder: This worker's token.
    """

    journal: Journal
    clock: S3Clock
    monotonic: Callable[[], float]
    seconds: float
    holder: str
    _heads: dict[str, tuple[Head, str]] = field(default_factory=dict)
    _deadline: float = 0.0
    _looked: float = 0.0

    def open(
        self, operations: Sequence[Operation[Any]], heads: dict[str, tuple[Head, str]]
    ) -> None:
        """Write the operations with their checkpoints, then open them, all or none.

        Args:
            operations: One operation, or those of a train.
            heads: The heads as read when they were planned.

        Raises:
            Refused: Another operation is open on one of the subjects, or it changed meanwhile.
        """
        for operation in operations:
            self.journal.write(operation)
        begun = self.monotonic()
        try:
            for operation in sorted(operations, key=lambda one: one.subject):
                head, etag = heads[operation.subject]
                self._swap(moves.opened(head, operation, self._lease()), etag)
        except CrossfadeError:
            self._take_back(operations)
            raise
        self._renewed(begun)

    def _take_back(self, operations: Sequence[Operation[Any]]) -> None:
        """Undo an opening that another subject of the train refused; nothing had any effect yet."""
        for subject, (head, etag) in list(self._heads.items()):
            self.journal.swap(moves.unopened(head), etag)
            del self._heads[subject]
        for operation in operations:
            if not self._names(operation):
                self.journal.drop(operation)

    def _names(self, operation: Operation[Any]) -> bool:
        head, _ = self.journal.head(operation.subject)
        return head.open is not None and head.open.operation == operation.id

    def take_over(self, operation: Operation[Any], direction: Direction) -> bool:
        """Take over one subject of an operation that another worker left.

        Returns:
            Whether the subject takes part: one whose operation was never opened does not, going
            back; going forward it is opened now.
        """
        begun = self.monotonic()
        head, etag = self.journal.head(operation.subject)
        lease = self._lease()
        self._renewed(min(begun, self._looked) if self._heads else begun)
        if head.open is not None and head.open.operation == operation.id:
            self._swap(moves.taken_over(head, lease, direction), etag)
            return True
        if head.last == operation.id:
            if direction is Direction.FORWARD:
                return False  # closed already
            self._swap(moves.reopened(head, operation, lease, direction), etag)
            return True
        if direction is Direction.BACK:
            return False  # never opened
        self._swap(moves.opened(head, operation, lease), etag)
        return True

    def ensure(self) -> None:
        """Check, without any request, that a write may begin now.

        Raises:
            Unavailable: The lease has too little time left.
        """
        if self.monotonic() > self._deadline - LONGEST_REQUEST_SECONDS:
            raise Unavailable(
                "the lease has too little time left for another write: the machine or the network "
                "is very slow, or the process was paused"
            )

    def check(self) -> None:
        """Between batches: see that the heads still name this worker; extend its lease in time.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        now = self.monotonic()
        try:
            if now > self._deadline - self.seconds * 2 / 3:
                for head, etag in list(self._heads.values()):
                    self._swap(moves.held(head, self._lease()), etag)
                self._renewed(now)
            elif now > self._looked + LOOK_SECONDS:
                for subject, (_, etag) in self._heads.items():
                    if self.journal.head(subject)[1] != etag:
                        raise Conflict(f"{subject} was changed by another worker")
                self._looked = now
        except Conflict as error:
            raise LeaseLost(
                f"{error}; this worker lost its operation and stopped without another write"
            ) from error

    def close(self, subject: str, state: Json) -> None:
        """Close the operation on one subject and record its state.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        head, etag = self._heads[subject]
        try:
            self._swap(moves.closed(head, state), etag)
        except Conflict as error:
            raise LeaseLost(f"{error}; this worker lost its operation before it ended") from error
        del self._heads[subject]

    def release(self, trouble: str) -> None:
        """Give the lease back so that `resume` and `reverse` need not wait for it to lapse."""
        lapsed = self.clock.now() - timedelta(seconds=self.seconds)
        lease = Lease(self.holder, iso(lapsed))
        for head, etag in list(self._heads.values()):
            self._swap(moves.held(head, lease, trouble=trouble), etag)

    def _lease(self) -> Lease:
        return Lease(self.holder, iso(self.clock.now() + timedelta(seconds=self.seconds)))

    def _swap(self, head: Head, etag: str) -> None:
        self._heads[head.subject] = (head, self.journal.swap(head, etag))

    def _renewed(self, begun: float) -> None:
        """Count the lease from the moment before the first head of a round was written."""
        self._deadline = begun + self.seconds - SLACK_SECONDS
        self._looked = begun
