"""Heads and leases: a subject's present state, who works on it, and the moves between heads.

Every move is a function from the head that was read to the head that is written instead of it, by
compare-and-swap; a move that is not allowed is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from crossfade.errors import Refused
from crossfade.plan.journal.operation import SCHEMA, STRICT, Actor, Direction, Json, S, instant

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.journal.operation import Operation


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to have effects, until `expires` by S3's clock.

    Attributes:
        holder: A token that only that worker knows; it fences the others.
        expires: ISO 8601, UTC.
    """

    __pydantic_config__: ClassVar = STRICT

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

    __pydantic_config__: ClassVar = STRICT

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
class Head(Generic[S]):
    """A subject's present state; the one document that is changed by compare-and-swap.

    Attributes:
        subject: The subject.
        state: What the kind records: what is live, where a ramp stands.
        serial: Operations closed so far.
        open: The open operation, if there is one.
        last: Id of the operation that was closed last, or "".
        sections: What the configuration said of the subject when its last operation began, in a
            file's form: going back needs it when the configuration no longer says it.
        schema: The version of the journal's format that it is written in.
    """

    __pydantic_config__: ClassVar = STRICT

    subject: str
    state: S
    serial: int = 0
    open: Open | None = None
    last: str = ""
    sections: Json = field(default_factory=dict)
    schema: int = SCHEMA


def opened(head: Head[S], operation: Operation[Any, Any], lease: Lease) -> Head[S]:
    """Open an operation on its subject.

    Raises:
        Refused: Another operation is open.
    """
    if head.open is not None:
        raise Refused(already_open(head))
    return replace(
        head,
        sections=operation.sections or head.sections,
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


def held(head: Head[S], lease: Lease, *, trouble: str = "") -> Head[S]:
    """Return the head with its holder's lease extended, or given back with the trouble it met."""
    now_open = _must_be_open(head)
    return replace(head, open=replace(now_open, lease=lease, trouble=trouble))


def taken_over(head: Head[S], lease: Lease, direction: Direction) -> Head[S]:
    """Give the open operation to another worker, who goes the way that was asked of it."""
    now_open = _must_be_open(head)
    return replace(head, open=replace(now_open, lease=lease, direction=direction, trouble=""))


def closed(head: Head[S], state: S) -> Head[S]:
    """Close the open operation and record the subject's new state."""
    now_open = _must_be_open(head)
    return replace(head, state=state, serial=head.serial + 1, open=None, last=now_open.operation)


def recorded(head: Head[S], operation: Operation[Any, Any], state: S) -> Head[S]:
    """Record an operation that was only a decision or a word: it changed nothing outside.

    Raises:
        Refused: Another operation is open.
    """
    if head.open is not None:
        raise Refused(already_open(head))
    return replace(
        head,
        state=state,
        serial=head.serial + 1,
        last=operation.id,
        sections=operation.sections or head.sections,
    )


def unopened(head: Head[S]) -> Head[S]:
    """Take back an opening that had no effect, as when another subject of a train refused."""
    _must_be_open(head)
    return replace(head, open=None)


def reopened(
    head: Head[S], operation: Operation[Any, Any], lease: Lease, direction: Direction
) -> Head[S]:
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


def lapsed(head: Head[Any], now: datetime) -> bool:
    """Whether the open operation's lease has run out, so that another worker may take it over."""
    return instant(_must_be_open(head).lease.expires) <= now


def seconds_left(head: Head[Any], now: datetime) -> float:
    """Return the seconds until the lease of the open operation runs out; 0 when it has."""
    left = instant(_must_be_open(head).lease.expires) - now
    return max(0.0, left.total_seconds())


def already_open(head: Head[Any], now: datetime | None = None) -> str:
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


def _must_be_open(head: Head[Any]) -> Open:
    if head.open is None:
        raise Refused(f"{head.subject}: no operation is open there")
    return head.open
