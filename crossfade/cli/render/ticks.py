"""What the commands about cron jobs answer: documents for scripts, lines and tables for people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count, seconds
from crossfade.plan.cron.schedule.ticks import MINUTE, when
from crossfade.plan.cron.ticks.history import Fate, counted
from crossfade.plan.journal.operation import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.cli.render.documents import Document
    from crossfade.operations.cron.ticks.gather import Gathered
    from crossfade.operations.cron.ticks.history import JobHistory
    from crossfade.plan.cron.ticks.attempt import Attempt
    from crossfade.plan.cron.ticks.history import PastTick

_TONES = {
    Fate.DONE: Tone.PLAIN,
    Fate.FAILED: Tone.WRONG,
    Fate.CRASHED: Tone.WRONG,
    Fate.MISSED: Tone.WAITING,
    Fate.RUNNING: Tone.BUSY,
    Fate.UNKNOWN: Tone.ASIDE,
    Fate.DUE: Tone.ASIDE,
    Fate.SKIPPED: Tone.NOTICE,
    Fate.HELD: Tone.NOTICE,
}


def history_document(found: JobHistory) -> Document:
    """Return what became of a job's ticks."""
    return {
        "job": found.job,
        "after": _iso(found.after),
        "until": _iso(found.until),
        "memcached": found.trouble or "answered",
        "counts": counted(found.ticks),
        "ticks": [_tick(tick) for tick in found.ticks],
    }


def _tick(tick: PastTick) -> Document:
    run = tick.run
    return {
        "tick": tick.minute,
        "time": when(tick.minute),
        "fate": tick.fate.value,
        "doubled": tick.doubled,
        "suspect": any(one.suspect for one in tick.runs),
        "reason": tick.reason,
        "run": None if run is None else _attempt(run),
        "others": [_attempt(one) for one in tick.others],
    }


def _attempt(attempt: Attempt) -> Document:
    took = attempt.seconds
    known = asdict(attempt)
    return {
        "attempt": known.pop("number"),
        **known,
        "start": _iso(attempt.start),
        "end": _iso(attempt.end),
        "seconds": None if took is None else round(took, 3),
        "ran": attempt.ran,
    }


def history_lines(found: JobHistory, most: int) -> Iterator[Block]:
    """Tell what became of a job's ticks, newest first, and what is wrong of all of them.

    Args:
        found: The history.
        most: How many of the newest ticks; 0 for all. Older ones are told if something is wrong.
    """
    newest = found.ticks[-most:] if most else found.ticks
    older = found.ticks[: len(found.ticks) - len(newest)]
    told = [*(tick for tick in older if tick.wrong), *newest]
    if not told:
        yield Line(f"{found.job}: no tick was due in that time")
        return
    columns = (
        Column("TICK (UTC)", whole=True), Column("FATE"), Column("BY"),
        Column("START", whole=True), Column("TOOK", right=True), Column("EXIT", right=True),
        Column("TRY", right=True), Column(""),
    )  # fmt: skip
    groups = [list(group) for _, group in groupby(reversed(told), key=_alike)]
    yield Table(columns, [_row(group) for group in groups], [_tone(group[0]) for group in groups])
    if len(told) < len(found.ticks):
        yield Line(
            f"{len(told)} of {count(len(found.ticks), 'tick')}; --limit 0 lists all", Tone.ASIDE
        )
    for tick in found.ticks:
        if tick.doubled:
            yield Line(f"RUN TWICE: {when(tick.minute)}, {_twice(tick)}", Tone.BAD)
    yield Line(summary(found), Tone.BAD if found.wrong else Tone.GOOD)


def _alike(tick: PastTick) -> tuple[object, ...]:
    """Return what ticks in a row have in common that need one line together: nobody ran them."""
    return (tick.fate, tick.reason) if tick.run is None else (tick.minute,)


def _row(group: Sequence[PastTick]) -> tuple[str, ...]:
    tick, oldest = group[0], group[-1]
    run = tick.run
    due = _face(tick.minute * MINUTE)[:16]
    odd = (("twice", tick.doubled), ("suspect", any(one.suspect for one in tick.runs)))
    fate = ", ".join([str(tick.fate), *(word for word, so in odd if so)])
    if run is None:
        since = f"{len(group)} ticks since {_face(oldest.minute * MINUTE)[:16]}"
        parts = [since if len(group) > 1 else "", tick.reason]
        return (due, fate, "-", "-", "-", "-", "-", ": ".join(filter(None, parts)))
    took = "-" if run.seconds is None else seconds(run.seconds)
    code = "-" if run.exit_code is None else str(run.exit_code)
    start = _face(run.start or 0.0)[11:]
    who = f"{run.platform}/{run.host}"
    return (due, fate, who, start, took, code, str(run.number), tick.reason)


def _tone(tick: PastTick) -> Tone:
    return Tone.BAD if tick.doubled else _TONES[tick.fate]


def _twice(tick: PastTick) -> str:
    return " and ".join(
        f"{run.platform}/{run.host} at {_face(run.start or 0.0)[11:]}" for run in tick.runs
    )


def summary(found: JobHistory) -> str:
    """Say in one line how many ticks there were, and what became of them."""
    counts = counted(found.ticks)
    parts = [f"{counts[f'runs_{platform}']} run by {platform}" for platform in Platform]
    rest = [
        f"{counts[fate]} {fate}"
        for fate in Fate
        if counts[fate] and fate not in {Fate.DONE, Fate.MISSED}
    ]
    parts += [*rest, f"{counts['missed']} missed", f"{counts['doubles']} run twice"]
    if counts["suspect"]:
        parts.append(f"{counts['suspect']} suspect")
    return f"{found.job}: {count(counts['ticks'], 'tick')}: {', '.join(parts)}"


def gathered_document(found: Sequence[Gathered]) -> Document:
    """Return what came of a gathering."""
    return {
        "jobs": [
            {
                "job": one.job,
                "looked": one.looked,
                "documents": one.days,
                "memcached": one.trouble or "answered",
                "ticks": [_tick(tick) for tick in one.ticks],
            }
            for one in found
        ]
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(datetime.fromtimestamp(at, UTC))


def _face(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
