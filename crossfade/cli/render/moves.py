"""What commands answer about moves of cron jobs: documents for scripts, tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cli.render.documents import Document, operation_document
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.cron.move.decide import told
from crossfade.plan.cron.move.move import how
from crossfade.plan.cron.schedule.ticks import when
from crossfade.plan.journal.documents import state_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.status.status import SubjectStatus
    from crossfade.plan.cron.move.move import TickSeen

Answer = tuple[Document, "Iterable[Block]"]
"""What a command prints, for scripts and for people."""

_TONES = {"good": Tone.GOOD, "bad": Tone.BAD, "unknown": Tone.ASIDE}


def moved_answer(done: Sequence[Moved]) -> Answer:
    """Tell what came of one call for some jobs."""
    document = {
        "jobs": [moved_document(one) for one in done],
        "operations": [operation_document(each) for one in done for each in one.operations],
    }
    return document, _blocks(done)


def moved_document(one: Moved) -> Document:
    """Return what came of one call for one job."""
    decided = {"decision": "failed", "reason": str(one.trouble)}
    return {
        "job": one.job,
        **(told(one.decision) if one.decision else decided),
        "platform": one.standing.platform.value,
        "standing": state_to_json(one.standing),
        "mended": one.mended,
        "dry_run": one.asked.dry_run,
        "operations": [operation.id for operation in one.operations],
        "exit_code": one.exit_code,
    }


def _blocks(done: Sequence[Moved]) -> Iterator[Block]:
    for one in done:
        yield Line(one.line(), {0: Tone.GOOD, 1: Tone.BAD}.get(one.exit_code, Tone.NOTICE))
    if len(done) == 1 and done[0].standing.watch is not None:
        yield from _ticks(done[0].standing.watch.seen)
    if not done:
        yield Line("no job is on new or on its way: name those to move")
    if any(one.asked.dry_run for one in done):
        yield Line("nothing was changed")


def _ticks(seen: Sequence[TickSeen]) -> Iterator[Block]:
    columns = (Column("TICK", whole=True), Column("VERDICT"), Column("WHY"))
    rows = [(when(tick.minute), tick.verdict, tick.why) for tick in seen]
    if rows:
        yield Table(columns, rows, [_TONES.get(tick.verdict, Tone.PLAIN) for tick in seen])


def cron_blocks(found: Sequence[SubjectStatus]) -> Iterator[Block]:
    """Tell where cron jobs stand; one alone with the ticks that it was judged by."""
    jobs = [(one.subject, one.standing) for one in found if one.standing is not None]
    if not jobs:
        return
    columns = (Column("JOB"), Column("RUNS ON"), Column("MOVE"))
    yield Table(columns, [(name, there.platform.value, how(there)) for name, there in jobs])
    if len(found) == 1 and jobs[0][1].watch is not None:
        yield from _ticks(jobs[0][1].watch.seen)
