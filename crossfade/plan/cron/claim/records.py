"""What is kept in memcached about cron jobs: the documents, their states and their keys.

Every document is one small JSON object. A key is written once with `add` and from then on changed
by compare-and-swap alone. Named tuples instead of dataclasses: the wrapper must start within
milliseconds, and importing `dataclasses` takes five of them.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from crossfade.errors import BadInput

FORMAT = 1
"""Of the documents. One that names another (`"format": 2`) is not read but called unreadable; the
ones of today name none."""

LONGEST_LIFE = 2_592_000
"""Seconds; memcached reads anything longer as a date in 1970, and the item is gone at once."""

_LONGEST_JOB = 100
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_LARGEST = 2**53
_NONE = type(None)
_FITS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "int | None": (int, _NONE),
    "float | None": (int, float, _NONE),
}
"""For each way in which the documents' fields are annotated, what JSON may have there."""


class State(StrEnum):
    """What became of a tick.

    `claimed` lives for seconds and becomes `running` or `skipped`; `running` becomes `done` or
    `failed`. Nothing comes after `done`, `failed` and `skipped`.
    """

    CLAIMED = "claimed"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


class TickRecord(NamedTuple):
    """Who has a tick, and how far it got.

    Attributes:
        state: See `State`.
        token: Drawn by the attempt that holds the tick; tells its own writes from others'.
        platform: On which platform it runs.
        host: On which host or pod.
        attempt: 1, or more after a crashed run was taken over.
        at: When this state was written, in seconds since 1970 by the writer's clock.
        start: When the command was started, likewise.
        end: When it ended, likewise.
        exit_code: What it ended with; 128 + n after signal n.
        lease: Length of the running lease in seconds, 0 for a run without one.
        reason: Why it was skipped or stopped, or under which doubt it runs.
        outcome: What its holder had been told, once it has ended, see
            `crossfade.plan.cron.claim.outcome.Kind`.
    """

    state: str
    token: str
    platform: str
    host: str
    attempt: int = 1
    at: float = 0.0
    start: float | None = None
    end: float | None = None
    exit_code: int | None = None
    lease: int = 0
    reason: str = ""
    outcome: str = ""


class RunningLease(NamedTuple):
    """That a run of the job is under way, on any platform. It lapses unless it is extended.

    Attributes:
        token: Of the attempt that holds it.
        tick: The tick that runs, in minutes since 1970.
        platform: Where.
        host: Where.
    """

    token: str
    tick: int
    platform: str
    host: str


class SideMark(NamedTuple):
    """That a platform came to a tick, won or not: proof that it is alive and on this server.

    Attributes:
        tick: The newest tick that it came to, in minutes since 1970.
        at: When, in seconds since 1970 by its clock.
        host: Which host or pod.
        outcome: What it was told, see `crossfade.plan.cron.claim.claim.Kind`.
        losses: How many records the server had lost by then, see `claim.Sample`.
        offset: Its clock minus the server's, in seconds.
    """

    tick: int
    at: float
    host: str
    outcome: str
    losses: int
    offset: float


class Identity(NamedTuple):
    """Which server this is: both platforms must read the same id.

    Attributes:
        id: Random, drawn by whoever came first after the server started empty.
        made: When, in seconds since 1970.
        host: By whom.
    """

    id: str
    made: float
    host: str


class Preference(NamedTuple):
    """Which platform should run a job whenever it is alive.

    Attributes:
        platform: The preferred one.
        since: Since when, in seconds since 1970.
        by: What set it, e.g. the id of the operation that moved the job.
    """

    platform: str
    since: float = 0.0
    by: str = ""


Document = TypeVar("Document", TickRecord, RunningLease, SideMark, Identity, Preference)


def check_job(name: str) -> str:
    """Return a job's name if it can be part of a key.

    Raises:
        BadInput: It cannot.
    """
    plain = name.replace(".", "").replace("_", "").replace("-", "")
    fits = plain.isalnum() and name.isascii() and name[0].isalnum()
    if not fits or len(name) > _LONGEST_JOB:
        raise BadInput(
            f"the job's name {name!r} does not fit: 1 to 100 letters, digits, '.', '_' or '-', "
            "the first a letter or digit"
        )
    return name


def tick_key(job: str, minute: int) -> str:
    """Return the key of one tick's record."""
    return f"crossfade:tick:{job}:{minute}"


def lease_key(job: str) -> str:
    """Return the key of a job's running lease."""
    return f"crossfade:lease:{job}"


def mark_key(job: str, platform: str) -> str:
    """Return the key of a platform's newest mark on a job."""
    return f"crossfade:mark:{job}:{platform}"


def preference_key(job: str) -> str:
    """Return the key of a job's preferred platform."""
    return f"crossfade:preferred:{job}"


IDENTITY_KEY = "crossfade:identity"


def encode(document: TickRecord | RunningLease | SideMark | Identity | Preference) -> str:
    """Write a document as JSON, leaving out what is not known."""
    known = {name: value for name, value in document._asdict().items() if value is not None}
    return _ENCODER.encode(known)


def decode(kind: type[Document], value: str) -> Document | None:
    """Read a document back; None if it is not one, or of a newer format.

    Whoever can reach memcached can write anything there, so each field is held against its type.
    Fields of later versions are passed over, and characters that cannot be printed are replaced:
    what is read here ends up in logs and on terminals.
    """
    try:
        fields = json.loads(value)
        if type(fields) is not dict or fields.get("format", FORMAT) != FORMAT:
            return None
        known: dict[str, Any] = {
            name: _printable(fields[name]) for name in kind._fields if name in fields
        }
        document = kind(**known)
    except (ValueError, TypeError, RecursionError):
        return None
    return document if _sound(document) else None


def decode_tick(value: str) -> TickRecord:
    """Read a tick's record; one that cannot be read still says that somebody has the tick."""
    unreadable = TickRecord(State.UNREADABLE, "", "an unknown platform", "an unknown host")
    return decode(TickRecord, value) or unreadable


def _sound(document: TickRecord | RunningLease | SideMark | Identity | Preference) -> bool:
    """Whether a document's fields are what they should be."""
    kinds = type(document).__annotations__
    for name, value in zip(document._fields, document, strict=True):
        kind = str(getattr(kinds[name], "__forward_arg__", kinds[name]))
        if type(value) not in _FITS[kind]:
            return False
        if isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
            return False  # nor is what is no number
    if isinstance(document, TickRecord):
        readable = document.state in _STATES and document.attempt > 0
        return readable and 0 <= document.lease <= LONGEST_LIFE
    return True


def _printable(value: object) -> object:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(letter if letter.isprintable() else "?" for letter in value)


_STATES = frozenset(State) - {State.UNREADABLE}
