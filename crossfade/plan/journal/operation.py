"""Operations: what is going to be done to a subject, from where, and what came of it.

One mechanism serves every kind of subject. What a kind records about its subject (its state) and
what it is going to do (its work) are frozen dataclasses of that kind's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic

from typing_extensions import TypeVar

from crossfade.errors import Failed

Json = dict[str, Any]
W = TypeVar("W")
"""What an operation of some kind is going to do."""
S = TypeVar("S", default=Json)
"""Where a subject of some kind stands; its JSON document for those who do not know the kind."""

SCHEMA = 2
"""The version of the journal's format that is written; older ones are read, newer ones refused. A
document that does not say its version is of the first."""

STRICT = {"extra": "forbid"}
"""For pydantic: a field that this version does not know is refused. Whoever read past it would drop
it with the next document that is written."""


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

    __pydantic_config__: ClassVar = STRICT

    who: str
    via: str = "cli"
    trigger: str = "person"

    def __str__(self) -> str:
        return f"{self.who} ({self.via})"


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of an operation's evidence: what happened, when, and the figures."""

    __pydantic_config__: ClassVar = STRICT

    at: str
    what: str
    figures: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Untold:
    """Stands for the work of an operation where a reader does not need it."""

    __pydantic_config__: ClassVar = {"extra": "ignore"}


@dataclass(frozen=True, slots=True)
class Operation(Generic[W, S]):
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
        sections: What the configuration said of the subject when it began, in a file's form; none
            in the record of a mere decision.
        schema: The version of the journal's format that it is written in.
    """

    __pydantic_config__: ClassVar = STRICT

    id: str
    subject: str
    kind: str
    title: str
    by: Actor
    begun_at: str
    request: Json
    before: S
    after: S
    work: W
    members: tuple[str, ...]
    status: Status = Status.OPEN
    ended_at: str = ""
    figures: Json = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    sections: Json = field(default_factory=dict)
    schema: int = SCHEMA

    def noted(self, at: datetime, what: str, **figures: object) -> Operation[W, S]:
        """Return the operation with one more entry of evidence."""
        return replace(self, notes=(*self.notes, Note(iso(at), what, dict(figures))))

    def ended(self, status: Status, at: datetime, figures: Json) -> Operation[W, S]:
        """Return the operation as closed."""
        return replace(self, status=status, ended_at=iso(at), figures={**self.figures, **figures})


def iso(at: datetime) -> str:
    """Write an instant the journal's way: UTC, milliseconds, `Z`; such strings sort by time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Read an instant of the journal.

    Raises:
        Failed: It is none: somebody wrote it by hand.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise Failed(
            f"the journal says {text!r} where an instant such as 2026-01-31T08:30:00.000Z belongs: "
            "restore the last good version of that document"
        )
    return read


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
