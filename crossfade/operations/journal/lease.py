"""The lease of one worker on the heads of its operation: opening, writing under it, closing.

Two fences keep a late worker out. *Time, judged by S3*: each write to what CloudFront serves is
signed to expire, no later than the lease and `SIGNED_SECONDS` after it was signed; S3 refuses it
afterwards, however long it was on its way. *State*: each write names what was last read in its
place. Before a write is signed, the heads were looked at within `LOOK_AGE_SECONDS`. So whoever
takes over a lease knows when the last write of the former worker can arrive (`notice_seconds`).

Time is counted on a clock that goes on while the machine is suspended. Records are written
conditionally, so that who lost its operation cannot overwrite what the next worker recorded.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.session import LONGEST_REQUEST_SECONDS
from crossfade.errors import Conflict, CrossfadeError, Refused, Unavailable
from crossfade.plan.journal.head import (
    Head,
    Lease,
    already_open,
    closed,
    held,
    opened,
    reopened,
    taken_over,
    unopened,
)
from crossfade.plan.journal.operation import Direction, Operation, Status, instant, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from crossfade.adapters.aws.journal import Journal
    from crossfade.adapters.aws.s3_clock import S3Clock
    from crossfade.operations.base.world import World

SLACK_SECONDS = 2
"""S3's Date is cut to whole seconds; a worker ends its lease for itself this much earlier."""

LOOK_SECONDS = 1
"""How often a worker looks at the heads while it writes: what is done sooner needs no look."""

LOOK_AGE_SECONDS = 5
"""No write is signed when the last look at the heads began longer ago than this."""

SIGNED_SECONDS = 10
"""How long after its signing S3 takes a write at most."""

SETTLING_SECONDS = 3
"""What S3 may still need for a write that it took at the last moment."""


class LeaseLost(Conflict):
    """Another worker has taken the operation over; this one must not write any more."""


def new_lease(world: World) -> HeldLease:
    """Return a lease that names this worker and nobody else; it holds nothing yet."""
    return HeldLease(
        journal=world.journal,
        clock=world.clock,
        monotonic=world.monotonic,
        sleep=world.sleep,
        seconds=world.settings.state.lease.total_seconds(),
        holder=f"{world.chance()}{world.chance()}",
    )


def notice_seconds(lease: Lease, now: datetime) -> float:
    """Return how long who takes over a lease must wait before it reads and writes.

    Args:
        lease: The lease that is taken over.
        now: S3's present time.
    """
    expires = instant(lease.expires)
    last = min(expires, now + timedelta(seconds=LOOK_AGE_SECONDS + SIGNED_SECONDS))
    left = (last - now).total_seconds() + SETTLING_SECONDS
    return left if left > 0 else 0.0


@dataclass
class HeldLease:
    """One worker's lease on the subjects of its operation.

    Attributes:
        journal: The journal.
        clock: S3's clock.
        monotonic: Seconds that only go forward, also while the machine is suspended.
        sleep: Waits some seconds.
        seconds: Length of the lease.
        holder: This worker's token.
    """

    journal: Journal
    clock: S3Clock
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    seconds: float
    holder: str
    _heads: dict[str, tuple[Head[Any], str]] = field(default_factory=dict)
    _records: dict[str, str] = field(default_factory=dict)
    _looking: Lock = field(default_factory=Lock)
    _deadline: float = 0.0
    _looked: float = 0.0
    _counting: Lock = field(default_factory=Lock)
    _unanswered: float = float("-inf")
    _quiet: float = float("-inf")

    def open(
        self,
        operations: Sequence[Operation[Any, Any]],
        heads: dict[str, tuple[Head[Any], str]],
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
                self._swap(opened(head, operation, self._lease()), etag)
        except CrossfadeError as error:
            self._take_back(operations)
            if isinstance(error, Conflict):
                self._name_the_winner(operations, error)
            raise
        self._renewed(begun)

    def _name_the_winner(self, operations: Sequence[Operation[Any, Any]], error: Conflict) -> None:
        """Refuse with the name of the operation that was opened a moment before this one."""
        for operation in operations:
            head, _ = self.journal.head(operation.subject)
            if head.open is not None and head.open.operation != operation.id:
                raise Refused(already_open(head, self.clock.now())) from error

    def _take_back(self, operations: Sequence[Operation[Any, Any]]) -> None:
        """Undo an opening that another subject of the train refused; nothing had any effect yet."""
        for subject, (head, etag) in list(self._heads.items()):
            self.journal.swap(unopened(head), etag)
            del self._heads[subject]
        for operation in operations:
            if not self._names(operation):
                self.journal.drop(operation)

    def _names(self, operation: Operation[Any, Any]) -> bool:
        head, etag = self.journal.head(operation.subject)
        return etag != "" and head.open is not None and head.open.operation == operation.id

    def take_over(
        self,
        operation: Operation[Any, Any],
        direction: Direction,
        found: tuple[Head[Any], str] | None = None,
    ) -> bool:
        """Take over one subject of an operation that another worker left.

        Args:
            operation: The operation as recorded.
            direction: Where it goes from here.
            found: The very head that was waited for; None reads it.

        Returns:
            Whether the subject takes part: one whose operation was never opened does not, going
            back; going forward it is opened now.

        Raises:
            Conflict: Somebody else took it over, or closed it, since the head was read.
            Refused: Going forward, the subject is not as it was when the operation was planned.
        """
        begun = self.monotonic()
        head, etag = found or self.journal.head(operation.subject)
        lease = self._lease()
        self._renewed(min(begun, self._looked) if self._heads else begun)
        if head.open is not None and head.open.operation == operation.id:
            notice = notice_seconds(head.open.lease, self.clock.now())
            self._swap(taken_over(head, lease, direction), etag)
            self._quiet = max(self._quiet, self.monotonic() + notice)
            return True
        if head.last == operation.id:
            if direction is Direction.FORWARD:
                return False  # closed already
            self._swap(reopened(head, operation, lease, direction), etag)
            return True
        if direction is Direction.BACK:
            return False  # never opened
        if operation.status is not Status.OPEN:
            return False  # closed already, and other operations came after it
        if not etag and not head.last:
            head = replace(head, state=operation.before)  # nothing was done there before
        if head.open is None and head.state != operation.before:
            raise Refused(
                f"{operation.subject} was changed since {operation.title} was planned, before "
                "it was opened there: reverse it instead of resuming it"
            )
        self._swap(opened(head, operation, lease), etag)
        return True

    def notice(self) -> float:
        """Return how long to wait before the first reading and writing after a take-over."""
        return max(0.0, self._quiet - self.monotonic())

    def adopt(self, operation: Operation[Any, Any]) -> None:
        """Write the record of an operation that was taken over; its former worker no longer can."""
        etag = self.journal.etag(operation)
        self._records[operation.subject] = self.journal.write(operation, etag)

    def ensure(self) -> None:
        """Check that a write may begin now which no signature ends, such as a change of records.

        Raises:
            LeaseLost: Another worker has taken over.
            Unavailable: The lease has too little time left, or the heads cannot be looked at.
        """
        self._must_have(LONGEST_REQUEST_SECONDS)

    def _must_have(self, seconds: float) -> None:
        """See that the last look is young enough and that the lease lasts so many seconds more."""
        if self.monotonic() > self._looked + LOOK_SECONDS:
            self._look_once()
        now = self.monotonic()
        if now > self._looked + LOOK_AGE_SECONDS:
            raise Unavailable(
                "looking at the journal took too long for a write to begin: the machine or the "
                "network is very slow, or the process was paused"
            )
        if now > self._deadline - seconds:
            raise Unavailable(
                "the lease has too little time left for another write: the machine or the network "
                "is very slow, or the process was paused"
            )

    def _look_once(self) -> None:
        """Look at the heads, one thread for all; the others wait only when the look is too old."""
        must = self.monotonic() > self._looked + LOOK_AGE_SECONDS
        if not self._looking.acquire(blocking=must):
            return
        try:
            self.check()
        finally:
            self._looking.release()

    @contextmanager
    def writing(self) -> Iterator[Callable[[], timedelta]]:
        """Guard one write; what is given allows one sending of it, and says for how long.

        It is called right before each signature, that of a retry too. It raises `LeaseLost` where
        another worker has taken over, and `Unavailable` where the lease has too little time left.
        """
        signed: list[float] = []

        def sign() -> timedelta:
            self._must_have(SIGNED_SECONDS)
            now = self.monotonic()
            signed.append(min(now + SIGNED_SECONDS, self._deadline))
            return timedelta(seconds=signed[-1] - now)

        answered = False
        try:
            yield sign
            answered = True
        except CrossfadeError as error:  # anything else interrupted it: no answer was seen
            answered = not isinstance(error, Unavailable)
            raise
        finally:
            self._left_unanswered(signed[:-1] if answered else signed)

    def _left_unanswered(self, signed: Sequence[float]) -> None:
        if signed:
            with self._counting:
                self._unanswered = max(self._unanswered, *signed)

    def settle_writes(self) -> None:
        """Wait until no write of this worker that had no answer can arrive any more."""
        left = self._unanswered + SETTLING_SECONDS - self.monotonic()
        if left > 0:
            self.sleep(left)

    def check(self) -> None:
        """Between batches: see that the heads still name this worker; extend its lease in time.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        now = self.monotonic()
        try:
            if now > self._deadline - self.seconds * 2 / 3:
                for head, etag in list(self._heads.values()):
                    self._swap(held(head, self._lease()), etag)
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

    def record(self, operation: Operation[Any, Any]) -> None:
        """Write the record of an operation that goes on, with the evidence so far.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        subject = operation.subject
        try:
            self._records[subject] = self.journal.write(operation, self._records[subject])
        except Conflict as error:
            raise LeaseLost(f"{error}; this worker lost its operation and stopped") from error

    def close(self, operation: Operation[Any, Any], state: Any) -> None:  # noqa: ANN401  each kind's own
        """Record how an operation ended, close it on its subject, and record the subject's state.

        Raises:
            LeaseLost: Another worker has taken over.
        """
        subject = operation.subject
        head, etag = self._heads[subject]
        try:
            self._records[subject] = self.journal.write(operation, self._records[subject])
            self._swap(closed(head, state), etag)
        except Conflict as error:
            raise LeaseLost(f"{error}; this worker lost its operation before it ended") from error
        del self._heads[subject]

    def release(self, trouble: str) -> None:
        """Give the lease back so that `resume` and `reverse` need not wait for it to lapse.

        It lapses when the last write without an answer expires, also where that is past: S3 may
        still be at it, and whoever takes over counts from there.
        """
        late = max(self._unanswered, self._quiet) - self.monotonic()
        lapses = self.clock.now() + timedelta(seconds=max(late, -self.seconds))
        lease = Lease(self.holder, iso(lapses))
        for head, etag in list(self._heads.values()):
            self._swap(held(head, lease, trouble=trouble), etag)

    def _lease(self) -> Lease:
        return Lease(self.holder, iso(self.clock.now() + timedelta(seconds=self.seconds)))

    def _swap(self, head: Head[Any], etag: str) -> None:
        self._heads[head.subject] = (head, self.journal.swap(head, etag))

    def _renewed(self, begun: float) -> None:
        """Count the lease from the moment before the first head of a round was written."""
        self._deadline = begun + self.seconds - SLACK_SECONDS
        self._looked = begun
