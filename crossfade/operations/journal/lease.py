"""The hold of one worker on the heads of its operation: opening, leases, closing.

S3 cannot fence a worker that wakes up late. So no write begins unless the lease has more time left
than a request can take, the heads are looked at every second and between batches, and a take-over
waits for the lease to lapse unless a person says otherwise. Records are written conditionally, so
that who lost its operation cannot overwrite what the next worker recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.session import LONGEST_REQUEST_SECONDS
from crossfade.errors import Conflict, CrossfadeError, Refused, Unavailable
from crossfade.plan.journal import operation as moves
from crossfade.plan.journal.operation import Direction, Head, Lease, Operation, Status, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.adapters.aws.journal import Journal
    from crossfade.adapters.aws.s3_clock import S3Clock
    from crossfade.plan.journal.operation import Json

SLACK_SECONDS = 2
"""S3's Date is cut to whole seconds; a worker ends its lease for itself this much earlier."""

LOOK_SECONDS = 1
"""How often a worker looks at the heads while it writes: what is done sooner needs no look."""

NOTICE_SECONDS = 3
"""How long who takes over a running lease waits before the first write, so that the other worker
has looked and stopped."""


class LeaseLost(Conflict):
    """Another worker has taken the operation over; this one must not write any more."""


@dataclass
class HeldLease:
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
    _records: dict[str, str] = field(default_factory=dict)
    _looking: Lock = field(default_factory=Lock)
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
            self._records[operation.subject] = self.journal.write(operation)
        begun = self.monotonic()
        try:
            for operation in sorted(operations, key=lambda one: one.subject):
                head, etag = heads[operation.subject]
                self._swap(moves.opened(head, operation, self._lease()), etag)
        except CrossfadeError as error:
            self._take_back(operations)
            if isinstance(error, Conflict):
                self._name_the_winner(operations, error)
            raise
        self._renewed(begun)

    def _name_the_winner(self, operations: Sequence[Operation[Any]], error: Conflict) -> None:
        """Refuse with the name of the operation that was opened a moment before this one."""
        for operation in operations:
            head, _ = self.journal.head(operation.subject)
            if head.open is not None and head.open.operation != operation.id:
                raise Refused(moves.already_open(head, self.clock.now())) from error

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

        Raises:
            Refused: Going forward, the subject is not as it was when the operation was planned.
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
        if operation.status is not Status.OPEN:
            return False  # closed already, and other operations came after it
        if head.open is None and head.state != operation.before:
            raise Refused(
                f"{operation.subject} was changed since {operation.title} was planned, before "
                "it was opened there: reverse it instead of resuming it"
            )
        self._swap(moves.opened(head, operation, lease), etag)
        return True

    def adopt(self, operation: Operation[Any]) -> None:
        """Write the record of an operation that was taken over; its former worker no longer can."""
        etag = self.journal.etag(operation)
        self._records[operation.subject] = self.journal.write(operation, etag)

    def ensure(self) -> None:
        """Check that a write may begin now; looks at the heads when the last look is too old.

        Raises:
            LeaseLost: Another worker has taken over.
            Unavailable: The lease has too little time left.
        """
        if self.monotonic() > self._looked + LOOK_SECONDS and self._looking.acquire(blocking=False):
            try:
                self.check()
            finally:
                self._looking.release()
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

    def record(self, operation: Operation[Any]) -> None:
        """Write the record of an operation that goes on, with the evidence so far.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        subject = operation.subject
        try:
            self._records[subject] = self.journal.write(operation, self._records[subject])
        except Conflict as error:
            raise LeaseLost(f"{error}; this worker lost its operation and stopped") from error

    def close(self, operation: Operation[Any], state: Json) -> None:
        """Record how an operation ended, close it on its subject, and record the subject's state.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        subject = operation.subject
        head, etag = self._heads[subject]
        try:
            self._records[subject] = self.journal.write(operation, self._records[subject])
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
