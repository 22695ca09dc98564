"""Attempts at ticks: what memcached's records and the hosts' lines say about one and the same run.

Both name the attempt by its token, so that they can be joined. Joining takes the greater value of
each field, and nothing is smaller than what is not known: in whichever order, and however often,
the same things are joined, the same comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from crossfade.plan.cron.claim.outcome import UNDECIDED, OutcomeKind
from crossfade.plan.cron.claim.records import State
from crossfade.plan.cron.claim.spool_line import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.cron.claim.records import TickRecord
    from crossfade.plan.cron.claim.spool_line import Entry

INTERRUPTED = "interrupted"
"""Outcome of an attempt that a signal ended before its command was started."""

DOUBTFUL = UNDECIDED | {OutcomeKind.SUSPECT}
"""Outcomes under which a command may run although no claim proves that it runs alone."""


_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One contender's attempt at a tick, run or not.

    Attributes:
        id: The attempt's token; "" if its record cannot be read.
        platform: Where it was made.
        host: On which host or pod.
        number: Which attempt at the tick: more than 1 after a run that crashed was taken over.
        outcome: What it was told, see `claim.outcome.Kind`, or `interrupted`; "" if
            that is not known.
        start: When its command was started, in seconds since 1970 by its host's clock.
        end: When that ended.
        exit_code: What it ended with; 128 + n after signal n.
        leased: Whether a running lease says that it is alive.
        reason: Why it was not run, or under which doubt it was.
        stopped: Why the wrapper ended it.
        lost: Why its lease was lost, or who had the tick too.
        holder: Who had the tick instead, as platform/host.
    """

    id: str
    platform: str
    host: str
    number: int = 1
    outcome: str = ""
    start: float | None = None
    end: float | None = None
    exit_code: int | None = None
    leased: bool = False
    reason: str = ""
    stopped: str = ""
    lost: str = ""
    holder: str = ""

    @property
    def ran(self) -> bool:
        """Whether its command was started."""
        return self.start is not None and self.outcome != INTERRUPTED

    @property
    def suspect(self) -> bool:
        """Whether it ran, and nothing proves that it was the only one."""
        return self.ran and self.outcome in DOUBTFUL

    @property
    def sound(self) -> bool:
        """Whether its fields are what they should be: anybody can write to a spool or memcached."""
        values: dict[str, object] = {name: getattr(self, name) for name in _FIELDS}
        return all(isinstance(value, _KINDS.get(name, str)) for name, value in values.items())

    @property
    def seconds(self) -> float | None:
        """How long its command ran; None if it did not, or has not ended."""
        return None if self.start is None or self.end is None else self.end - self.start


def attempt_of_record(record: TickRecord) -> Attempt | None:
    """Return what a tick's record in memcached says; None for a mere claim, which is no run yet."""
    if record.state == State.CLAIMED:
        return None
    attempt = _attempt_of(record)
    if record.state == State.UNREADABLE or not attempt.sound:
        reason = "the tick's record cannot be read"
        return Attempt("", _UNKNOWN, _UNKNOWN, outcome=OutcomeKind.HELD, reason=reason)
    return attempt


def _attempt_of(record: TickRecord) -> Attempt:
    attempt = Attempt(record.token, record.platform, record.host, record.attempt)
    changes: dict[str, Any]
    if record.state == State.SKIPPED:
        changes = {"outcome": OutcomeKind.SKIPPED, "reason": record.reason}
    elif record.state == State.FAILED and record.end is None:
        # With a start, unlike an interrupted attempt in a host's lines: this one keeps the tick.
        changes = {"outcome": INTERRUPTED, "start": record.start, "reason": record.reason}
    else:
        changes = _run(record)
    return replace(attempt, **changes)


def _run(record: TickRecord) -> dict[str, Any]:
    """Return the fields of a run."""
    running = record.state == State.RUNNING  # then nothing but a doubt gives it a reason
    outcome = record.outcome or (OutcomeKind.SUSPECT if running and record.reason else "")
    why = "reason" if outcome in DOUBTFUL else "stopped"
    return {
        "outcome": str(outcome),
        "start": record.start,
        "end": record.end,
        "exit_code": record.exit_code,
        "leased": bool(record.lease),
        why: record.reason,
    }


def attempt_of_entry(entry: Entry) -> Attempt:
    """Return what one line of a host's record says."""
    return Attempt(
        id=entry.id,
        platform=entry.platform,
        host=entry.host,
        number=entry.attempt,
        outcome=entry.outcome,
        start=None if entry.event is Event.SKIP else entry.start,
        end=entry.end,
        exit_code=entry.exit_code,
        reason=entry.reason,
        stopped=entry.stopped,
        lost=entry.lost or entry.trouble,
        holder=entry.holder,
    )


def joined(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Join what was said about each attempt; the result is in the order of the ids."""
    found: dict[str, Attempt] = {}
    for attempt in attempts:
        there = found.get(attempt.id)
        found[attempt.id] = attempt if there is None else _join(there, attempt)
    return tuple(found[name] for name in sorted(found))


def _join(one: Attempt, other: Attempt) -> Attempt:
    if one == other:  # as nearly all are, where a day is put together with what it knows already
        return one
    return Attempt(**{name: _greater(getattr(one, name), getattr(other, name)) for name in _FIELDS})


def _greater(one: Any, other: Any) -> Any:  # noqa: ANN401  any field's type, the same for both
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


_FIELDS = tuple(one.name for one in fields(Attempt))
_KINDS = {
    "number": int,
    "start": int | float | None,
    "end": int | float | None,
    "exit_code": int | None,
    "leased": bool,
}
"""What fields hold that are no text."""
