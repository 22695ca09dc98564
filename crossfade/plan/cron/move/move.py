"""Where a cron job stands between the platforms, and what a move of it changes.

What decides who runs a job is two things: whether the new platform's list has it, and which
platform memcached says is preferred. The legacy side's crontab is never touched, so that legacy is
scheduled at every instant and the claim alone keeps a tick from running twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from pydantic import PlainSerializer

from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.journal.operation import (
    STRICT,
    Json,
)

_Kept = Annotated[Preference, PlainSerializer(Preference._asdict)]
"""The preferred platform as memcached has it, and in the journal an object with the same names."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the new platform's list says of a job.

    Attributes:
        on: Whether the new platform schedules it.
        entry: Its entry as it stands; None where the list has none.
        version: The list's version: a resource version or an ETag. Evidence, since it also changes
            for other reasons.
        running: Names of its runs under way, where the list tells.
    """

    on: bool
    entry: Json | None
    version: str = ""
    running: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """All that decides who runs a job.

    Attributes:
        platform: Who is meant to.
        entry: The entry in the new platform's list; None for none.
        preferred: The preference in memcached; None for none.
    """

    platform: Platform
    entry: Json | None
    preferred: _Kept | None


@dataclass(frozen=True, slots=True)
class Move:
    """What one operation changes, and what stood there: the checkpoint.

    Attributes:
        before: As it was found.
        after: As it is to be.
        version: The list's version when it was read.
    """

    before: Owner
    after: Owner
    version: str = ""


@dataclass(frozen=True, slots=True)
class TickSeen:
    """A tick that a move was judged by.

    Attributes:
        minute: The tick, in minutes since 1970.
        verdict: `good`, `bad`, or `unknown`, which counts for nothing.
        why: Who ran it and how, or what was wrong.
        platform: Who ran it, or "".
        host: Where, or "".
        seconds: How long it ran, if that is known.
        exit_code: What it ended with, if that is known.
    """

    minute: int
    verdict: str
    why: str
    platform: str = ""
    host: str = ""
    seconds: float | None = None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """The ticks that a move is judged by.

    Attributes:
        since: When the move had its effect: later ticks count.
        ticks: How many good ticks it takes.
        usual: Longest duration of a run that counts as usual, in seconds; 0 for any.
        applies_until: Until when the list's pipeline may take to apply it, so that ticks which
            legacy runs before its first sign count for nothing; None where the list is the switch.
        seen: The ticks that were judged, oldest first.
    """

    since: datetime
    ticks: int
    usual: float = 0.0
    applies_until: datetime | None = None
    seen: tuple[TickSeen, ...] = ()

    @property
    def good(self) -> int:
        """How many good ticks there were."""
        return sum(tick.verdict == "good" for tick in self.seen)

    @property
    def after(self) -> float:
        """The instant after which ticks are not judged yet, in seconds since 1970."""
        return self.seen[-1].minute * 60 if self.seen else self.since.timestamp()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """That a job's last move was taken back.

    Attributes:
        at: When.
        why: Why.
        by: Who asked for it: a person, or a migration such as `migrations/shop`; "" for what its
            ticks showed.
    """

    at: datetime
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands: the state of its subject in the journal.

    Attributes:
        platform: Who is meant to run it.
        preferred: The preference that the journal set: written again where memcached lost it.
        checkpoint: The operation whose checkpoint it can return to; "" for none.
        watch: The ticks that its move is judged by; None when it is not being moved.
        moved_at: When its move was done, or None.
        taken_back: Why its last move was taken back, until it is tried again; or None.
        mover: Whose stage moved it, such as `migrations/shop`; "" for a person.
    """

    __pydantic_config__: ClassVar = STRICT

    platform: Platform = Platform.LEGACY
    preferred: _Kept | None = None
    checkpoint: str = ""
    watch: Watch | None = None
    moved_at: datetime | None = None
    taken_back: TakenBack | None = None
    mover: str = ""


def watch_more(watch: Watch, ticks: tuple[TickSeen, ...]) -> Watch:
    """Return the watch with more ticks judged."""
    return replace(watch, seen=(*watch.seen, *ticks)) if ticks else watch


def seen_more(standing: Standing, ticks: tuple[TickSeen, ...]) -> Standing:
    """Return the standing with more ticks judged, if any are watched."""
    watch = standing.watch
    return replace(standing, watch=watch_more(watch, ticks)) if watch and ticks else standing


def settled(standing: Standing, at: datetime) -> Standing:
    """Return the standing with its move done; the ticks that proved it stay."""
    return replace(standing, moved_at=at)


def moving(standing: Standing) -> bool:
    """Whether a job is being moved: its ticks are watched."""
    return standing.watch is not None and standing.moved_at is None


def how(standing: Standing) -> str:
    """Say in a few words how a job's move stands."""
    if standing.watch is not None and moving(standing):
        good, ticks = standing.watch.good, standing.watch.ticks
        return f"{good} of {count(ticks, 'tick was', 'ticks were')} good"
    if standing.moved_at is not None:
        return f"done {_at(standing.moved_at)}"
    if standing.taken_back is not None:
        return f"taken back {_at(standing.taken_back.at)}: {standing.taken_back.why}"
    return "-"


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
