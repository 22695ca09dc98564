"""The record of who ran what, as each host writes it down.

One JSON object a line, one or more lines for each attempt at a tick, all with the attempt's `id`:

    skip    the command was not run, with the outcome and the reason (and who has the tick)
    start   it was started
    lost    its lease was lost while it ran, or another turned out to have the tick
    end     it ended

A `start` without an `end` is a run that crashed with its wrapper, or still runs. To read: join the
lines of an id in their order, later values over earlier ones. Times are seconds since 1970 by the
host's clock, `tick` is minutes since 1970. Values that are not known are left out. Reading a line
twice does no harm.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import NamedTuple

from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.schedule.ticks import when


class Event(StrEnum):
    """What a line says."""

    SKIP = "skip"
    START = "start"
    LOST = "lost"
    END = "end"


class Entry(NamedTuple):
    """One line of the record.

    Attributes:
        id: The attempt's token, the same as in the tick's record in memcached.
        event: What the line says.
        job: The job's name.
        tick: The tick in minutes since 1970; 0 for a start by hand.
        platform: Where this attempt was made.
        host: On which host or pod.
        at: When the line was written.
        outcome: What the contender was told, see `crossfade.plan.cron.claim.outcome.Kind`.
        reason: Why it was not run, or under which doubt it was.
        holder: Who has the tick instead, as platform/host.
        attempt: Which attempt at this tick.
        start: When the command was started.
        end: When it ended.
        exit_code: What it ended with; 128 + n after signal n.
        stopped: Why the wrapper ended it.
        lost: Why its lease was lost, or who has the tick too.
        trouble: Why the end does not stand in memcached.
        server: Id of the memcached that was asked.
    """

    id: str
    event: Event
    job: str
    tick: int
    platform: str
    host: str
    at: float
    outcome: str
    reason: str = ""
    holder: str = ""
    attempt: int = 1
    start: float | None = None
    end: float | None = None
    exit_code: int | None = None
    stopped: str = ""
    lost: str = ""
    trouble: str = ""
    server: str = ""

    @property
    def alarming(self) -> bool:
        """Whether somebody should look at it: the lock failed, or the run."""
        expected = {"won", "held", "skipped", "manual"}
        return self.outcome not in expected or bool(self.stopped or self.lost or self.trouble)

    @property
    def urgent(self) -> bool:
        """Whether a job was not run and will not be until somebody mends something."""
        return self.event is Event.SKIP and self.outcome in {OutcomeKind.UNREADABLE, UNWATCHED}


UNWATCHED = "unwatched"
"""Outcome of a start whose command was not run because nothing could watch over it."""


def entry_line(entry: Entry) -> str:
    """Write an entry as its line, with the line's end."""
    known = {name: value for name, value in entry._asdict().items() if value not in {None, ""}}
    return json.dumps(known, separators=(",", ":")) + "\n"


def read_entry(line: str) -> Entry | None:
    """Read a line back; None if it is none (the last line of a file may be cut short)."""
    try:
        fields = json.loads(line)
        known = {name: fields[name] for name in Entry._fields if name in fields}
        return Entry(**known | {"event": Event(known["event"])})
    except (ValueError, TypeError, KeyError):
        return None


def entry_text(entry: Entry) -> str:
    """Say an entry in one line for people; it starts with the verb."""
    no_tick = "by hand" if entry.outcome == "manual" else "(no tick)"
    tick = when(entry.tick) if entry.tick else no_tick
    subject = f"{entry.job} {tick} on {entry.platform}/{entry.host}"
    if entry.event is Event.SKIP:
        return f"skip {subject}: {entry.outcome}: {entry.reason}"
    if entry.event is Event.START:
        doubt = f", {entry.outcome}: {entry.reason}" if entry.reason else ""
        return f"run {subject}: attempt {entry.attempt}{doubt}"
    if entry.event is Event.LOST:
        return f"lose {subject}: {entry.lost}"
    seconds = (entry.end or 0.0) - (entry.start or 0.0)
    parts = [f"exit code {entry.exit_code} after {seconds:.1f} s"]
    parts += [part for part in (entry.stopped, entry.lost, entry.trouble) if part]
    return f"end {subject}: {'; '.join(parts)}"
