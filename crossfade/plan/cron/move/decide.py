"""The decision about a job's move: from its standing and what was read to one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.cron.move.move import TickSeen, moving, watch_more
from crossfade.plan.cron.move.watch import BAD, sentence

if TYPE_CHECKING:
    from crossfade.plan.cron.move.move import Standing, Watch


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        to: The platform that is to run the job.
        again: Try again what was taken back before.
    """

    to: Platform = Platform.NEW
    again: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read for one decision.

    Attributes:
        objections: Why the move cannot begin; asked only where one would.
        ticks: Ticks of the watch that were judged now, oldest first.
        next_at: When the next tick that is not judged yet can be judged.
        unread: Why the ticks cannot be read, or "".
        proof: Ticks that the new platform ran before the move and that prove it; None where no
            such proof is asked for.
    """

    objections: tuple[str, ...] = ()
    ticks: tuple[TickSeen, ...] = ()
    next_at: datetime | None = None
    unread: str = ""
    proof: tuple[TickSeen, ...] | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Begin the move."""

    reason: str


@dataclass(frozen=True, slots=True)
class Watching:
    """Wait for more ticks.

    Attributes:
        reason: How many there were, and what the last one was.
        ask_again: When there is more to see.
    """

    reason: str
    ask_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The job is where it is wanted.

    Attributes:
        reason: What proves it.
        news: Whether that is to be recorded.
    """

    reason: str
    news: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Return to the checkpoint: a tick was not as it must be, or a person asked for it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """Do nothing until a person did something."""

    reason: str


Decision = Start | Watching | Done | TakeBack | Held


def decide(wish: Wish, standing: Standing, facts: Facts) -> Decision:
    """Decide what to do next about one job.

    Going back to legacy is asked first, and nothing holds it.
    """
    if wish.to is Platform.LEGACY:
        return _to_legacy(standing)
    if standing.watch is not None and moving(standing):
        return _watched(watch_more(standing.watch, facts.ticks), facts)
    if standing.platform is Platform.NEW:
        return Done("new runs it already")
    return _to_new(wish, standing, facts)


def _to_new(wish: Wish, standing: Standing, facts: Facts) -> Decision:
    """Begin, unless something keeps it from beginning."""
    if standing.taken_back is not None and not wish.again:
        at = f"{standing.taken_back.at:%Y-%m-%d %H:%M} UTC"
        return Held(f"was taken back at {at}: {standing.taken_back.why}; --again tries it again")
    if facts.objections:
        return Held("; ".join(facts.objections))
    if facts.proof is not None:
        ran = count(
            len(facts.proof), "tick that new ran before proves", "ticks that new ran before prove"
        )
        return Start(f"{ran} it")
    return Start("both platforms are able")


def _to_legacy(standing: Standing) -> Decision:
    if standing.platform is Platform.LEGACY:
        return Done("legacy runs it already")
    return TakeBack("asked for")


def _watched(watch: Watch, facts: Facts) -> Decision:
    """Decide about a job whose ticks are watched: one bad tick is enough."""
    bad = next((tick for tick in watch.seen if tick.verdict == BAD), None)
    if bad is not None:
        return TakeBack(sentence(bad))
    good = f"{watch.good} of {count(watch.ticks, 'tick')}"
    if watch.good >= watch.ticks:
        were = "was" if watch.ticks == 1 else "were"
        return Done(f"{good} {were} run once, by new, well and in time", news=True)
    reason = f"{good} seen"
    if watch.seen:
        reason = f"{reason}; {sentence(watch.seen[-1])}"
    if facts.unread:
        reason = f"{reason}; no tick can be judged now: {facts.unread}"
    return Watching(reason, facts.next_at)


def told(decision: Decision) -> dict[str, Any]:
    """Write a decision as JSON, its word first."""
    return {"decision": word(decision), **_ADAPTER.dump_python(decision, mode="json")}


def word(decision: Decision) -> str:
    """Name a decision in one word of the table that people see."""
    return _WORDS[type(decision)]


_WORDS = {
    Start: "start",
    Watching: "watching",
    Done: "done",
    TakeBack: "back",
    Held: "held",
}
_ADAPTER: TypeAdapter[Decision] = TypeAdapter(Decision)
