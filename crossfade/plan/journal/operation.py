"""Operations, heads and leases: the values of the journal and the moves between them.

One mechanism serves every kind of subject. What a kind records about its subject (`state`) and what
it is going to do (`work`) are JSON documents that only that kind reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter

from crossfade.errors import Refused
from crossfade.plan.base.rows import apart, with_rows

Json = dict[str, Any]
W = TypeVar("W")
"""What an operation of some kind is going to do; a frozen dataclass of that kind's own."""


class Status(StrEnum):
    """How an operation stands: `reversed` means that the subject is as it was before."""

    OPEN = "open"
    DONE = "done"
    REVERSED = "reversed"


class Direction(StrEnum):
    """Where an open operation is going: to its end, or back to its start."""

    FORWARD = "forward"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what started something.

    Attributes:
        who: A person, a role or a machine: the caller's AWS identity where it is known.
        via: What it was started through: `cli`, or a flow run's name.
        trigger: What made it start: `person`, `schedule`, `alarm` or a word of the caller's.
    """

    who: str
    via: str = "cli"
    trigger: str = "person"

    def __str__(self) -> str:
        return f"{self.who} ({self.via})"


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of an operation's evidence: what happened, when, and the figures."""

    at: str
    what: str
    figures: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Untold:
    """Stands for the work of an operation where a reader does not need it."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[W]):
    """One change to a subject: its intent, the checkpoint it can return to, and its outcome.

    Attributes:
        id: Sorts by time. The operations of a train have one id, each in its own subject.
        subject: What it changes.
        kind: The procedure: `promote`, `rollback`, `purge`, …
        title: One line that says what it does.
        by: Who started it.
        begun_at: ISO 8601, UTC, by S3's clock.
        request: What was asked, in the procedure's words.
        before: The subject's state before the first effect. With `work` it is the checkpoint.
        after: The state that the subject has when it is done.
        work: The effects, and for each what stood there before.
        members: Subjects of the train, itself included; just the subject where there is no train.
        status: How it stands.
        ended_at: When it was closed, or "".
        figures: What it cost and changed: counts, bytes, seconds.
        notes: Evidence in order: take-overs, checks, failures.
    """

    id: str
    subject: str
    kind: str
    title: str
    by: Actor
    begun_at: str
    request: Json
    before: Json
    after: Json
    work: W
    members: tuple[str, ...]
    status: Status = Status.OPEN
    ended_at: str = ""
    figures: Json = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def noted(self, at: datetime, what: str, **figures: object) -> Operation[W]:
        """Return the operation with one more entry of evidence."""
        return replace(self, notes=(*self.notes, Note(iso(at), what, dict(figures))))

    def ended(self, status: Status, at: datetime, figures: Json) -> Operation[W]:
        """Return the operation as closed."""
        return replace(self, status=status, ended_at=iso(at), figures={**self.figures, **figures})


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to have effects, until `expires` by S3's clock.

    Attributes:
        holder: A token that only that worker knows; it fences the others.
        expires: ISO 8601, UTC.
    """

    holder: str
    expires: str


@dataclass(frozen=True, slots=True)
class Open:
    """What a head says of its open operation: enough to refuse another, or to take it over.

    Attributes:
        operation: Its id.
        kind: Its procedure.
        title: What it does, in one line.
        by: Who started it.
        since: When, ISO 8601.
        members: Subjects of the train.
        lease: Who works on it.
        direction: To its end or back to its start.
        trouble: Why the last worker stopped, or "".
    """

    operation: str
    kind: str
    title: str
    by: Actor
    since: str
    members: tuple[str, ...]
    lease: Lease
    direction: Direction = Direction.FORWARD
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A subject's present state; the one document that is changed by compare-and-swap.

    Attributes:
        subject: The subject.
        state: What the kind records: what is live, where a ramp stands.
        serial: Operations closed so far.
        open: The open operation, if there is one.
        last: Id of the operation that was closed last, or "".
    """

    subject: str
    state: Json = field(default_factory=dict)
    serial: int = 0
    open: Open | None = None
    last: str = ""


def iso(at: datetime) -> str:
    """Write an instant the journal's way: UTC, milliseconds, `Z`; such strings sort by time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Read an instant of the journal."""
    return datetime.fromisoformat(text)


def operation_id(now: datetime, chance: str, *, after: str) -> str:
    """Name a new operation so that ids of a subject sort by time whatever its workers' clocks say.

    Args:
        now: S3's present time.
        chance: A few random characters that keep two workers' ids apart.
        after: The newest id that the subject has seen; the new one sorts behind it.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    newest = after.rsplit("-", 1)[0]
    if stamp <= newest:
        later = datetime.strptime(newest, "%Y%m%dT%H%M%S.%fZ") + timedelta(milliseconds=1)  # noqa: DTZ007  only its text is used
        stamp = later.strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    return f"{stamp}-{chance}"


def opened(head: Head, operation: Operation[Any], lease: Lease) -> Head:
    """Open an operation on its subject.

    Raises:
        Refused: Another operation is open.
    """
    if head.open is not None:
        raise Refused(already_open(head))
    return replace(
        head,
        open=Open(
            operation=operation.id,
            kind=operation.kind,
            title=operation.title,
            by=operation.by,
            since=operation.begun_at,
            members=operation.members,
            lease=lease,
        ),
    )


def held(head: Head, lease: Lease, *, trouble: str = "") -> Head:
    """Return the head with its holder's lease extended, or given back with the trouble it met."""
    now_open = _must_be_open(head)
    return replace(head, open=replace(now_open, lease=lease, trouble=trouble))


def taken_over(head: Head, lease: Lease, direction: Direction) -> Head:
    """Give the open operation to another worker, who goes the way that was asked of it."""
    now_open = _must_be_open(head)
    return replace(head, open=replace(now_open, lease=lease, direction=direction, trouble=""))


def closed(head: Head, state: Json) -> Head:
    """Close the open operation and record the subject's new state."""
    now_open = _must_be_open(head)
    return replace(head, state=state, serial=head.serial + 1, open=None, last=now_open.operation)


def recorded(head: Head, operation: Operation[Any], state: Json) -> Head:
    """Record an operation that was only a decision or a word: it changed nothing outside.

    Raises:
        Refused: Another operation is open.
    """
    if head.open is not None:
        raise Refused(already_open(head))
    return replace(head, state=state, serial=head.serial + 1, last=operation.id)


def unopened(head: Head) -> Head:
    """Take back an opening that had no effect, as when another subject of a train refused."""
    _must_be_open(head)
    return replace(head, open=None)


def reopened(head: Head, operation: Operation[Any], lease: Lease, direction: Direction) -> Head:
    """Open once more the operation that closed last: a train that died while it was closing.

    Raises:
        Refused: Something else happened to the subject since.
    """
    if head.open is not None or head.last != operation.id:
        raise Refused(
            f"{operation.subject}: {operation.title} ({operation.id}) is no longer the last "
            "operation there: reverse the later ones first"
        )
    again = opened(head, operation, lease)
    return replace(again, open=replace(_must_be_open(again), direction=direction))


def lapsed(head: Head, now: datetime) -> bool:
    """Whether the open operation's lease has run out, so that another worker may take it over."""
    return instant(_must_be_open(head).lease.expires) <= now


def seconds_left(head: Head, now: datetime) -> float:
    """Return the seconds until the lease of the open operation runs out; 0 when it has."""
    left = instant(_must_be_open(head).lease.expires) - now
    return max(0.0, left.total_seconds())


def already_open(head: Head, now: datetime | None = None) -> str:
    """Say which operation is open, since when and by whom, and what can be done about it."""
    there = _must_be_open(head)
    text = (
        f"{head.subject}: {there.title} is open since {there.since} "
        f"by {there.by} (operation {there.operation})"
    )
    if now is not None and not lapsed(head, now):
        return (
            f"{text}; its worker holds the lease for another {seconds_left(head, now):.0f} s: "
            "wait for it to end"
        )
    return (
        f"{text}: `crossfade resume {head.subject}` finishes it, "
        f"`crossfade reverse {head.subject}` takes it back"
    )


def _must_be_open(head: Head) -> Open:
    if head.open is None:
        raise Refused(f"{head.subject}: no operation is open there")
    return head.open


_HEAD = TypeAdapter(Head)
_WRITER: TypeAdapter[Operation[Any]] = TypeAdapter(Operation[Any])
_RECORD = TypeAdapter(Operation[Untold])
_ROWS = b'"work":{"actions":['
"""What opens the actions of a work that begins with them; there may be one for each file."""


def head_to_json(head: Head) -> bytes:
    """Serialise a head."""
    return _HEAD.dump_json(head, indent=1)


def head_from_json(document: bytes) -> Head:
    """Read a head."""
    return _HEAD.validate_json(document)


def operation_to_json(operation: Operation[Any]) -> bytes:
    """Serialise an operation with its work."""
    actions = getattr(operation.work, "actions", ())
    if not actions:
        return _WRITER.dump_json(operation)
    without = replace(operation, work=replace(operation.work, actions=()))
    one = TypeAdapter(type(actions[0]))
    return with_rows(_WRITER.dump_json(without), _ROWS, map(one.dump_json, actions))


def operation_from_json(document: bytes, work: type[W]) -> Operation[W]:
    """Read an operation with its work, straight into that kind's own type."""
    shell, rows = apart(document, _ROWS)
    operation: Operation[Any] = TypeAdapter(Operation[work]).validate_json(shell)  # type: ignore[valid-type]
    first = next(rows, None)
    if first is None:
        return operation
    one = TypeAdapter(get_args(get_type_hints(work)["actions"])[0])
    actions = tuple(map(one.validate_json, chain([first], rows)))
    return replace(operation, work=replace(operation.work, actions=actions))


def record_from_json(document: bytes) -> Operation[Untold]:
    """Read an operation without its work, for those who only tell the story."""
    shell, _ = apart(document, _ROWS)
    return _RECORD.validate_json(shell)
