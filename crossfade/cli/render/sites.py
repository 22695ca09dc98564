"""What commands answer to people: lines and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.cli.render.documents import from_to
from crossfade.cli.render.ramp import migration_blocks
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone, plain
from crossfade.plan.base.words import count, figures, seconds, size, when
from crossfade.plan.journal.operation import Direction, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.operations.releases.publish import Published
    from crossfade.operations.status.status import ReleaseRow, SubjectStatus
    from crossfade.plan.journal.head import Open
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.sites.site import Live

MOST_NOTES = 3
"""Notes of one operation that are told to people; the JSON document has all of them."""

_OUTCOME_TONES = {Status.OPEN: Tone.WAITING, Status.DONE: Tone.PLAIN, Status.REVERSED: Tone.NOTICE}


def status_blocks(found: Sequence[SubjectStatus]) -> Iterator[Block]:
    """Tell how subjects stand, and what settles those whose operation is open.

    Releases whose journal is empty have nothing to tell.
    """
    migrations = [one for one in found if one.progress is not None]
    jobs = [one for one in found if one.standing is not None]
    tandems = [one for one in found if one.tandem is not None]
    told = [
        one
        for one in found
        if one.last or one.open or one.trouble or one.subject.startswith("sites/")
    ]
    others = {one.subject for one in (*migrations, *jobs, *tandems)}
    sites = [one for one in told if one.subject not in others]
    rows = [
        (
            one.subject,
            one.live.version if one.live else "-",
            when(one.live.since) if one.live else "-",
            "unreadable" if one.trouble else _state(one.open, one.lease_left),
        )
        for one in sites
    ]
    columns = (
        Column("SUBJECT"),
        Column("LIVE"),
        Column("SINCE (UTC)", whole=True),
        Column("STATE"),
    )
    tones = [Tone.NOTICE if one.open else Tone.PLAIN for one in sites]
    if rows or not (migrations or jobs or tandems):
        yield Table(columns, rows, tones)
    yield from migration_blocks(migrations)
    yield from _cron_blocks(jobs)
    yield from _tandem_blocks(tandems)
    for one in found:
        if one.open is not None:
            yield from _open_blocks(one.subject, one.open, one.lease_left)
        if one.trouble:
            yield Line(f"{one.subject}: {one.trouble}", Tone.WAITING)
    left = [one.subject for one in found if not one.configured]
    if left:
        yield Line("")
        yield Line(f"not in the configuration, so they can only go back: {', '.join(left)}")


def _cron_blocks(jobs: Sequence[SubjectStatus]) -> Iterator[Block]:
    if jobs:
        from crossfade.cli.render.moves import cron_blocks  # noqa: PLC0415  slow to load

        yield from cron_blocks(jobs)


def _tandem_blocks(tandems: Sequence[SubjectStatus]) -> Iterator[Block]:
    if tandems:
        from crossfade.cli.render.tandems import tandem_blocks  # noqa: PLC0415  as above

        yield from tandem_blocks(tandems)


def _state(there: Open | None, left: float) -> str:
    if there is None:
        return "settled"
    return f"{there.kind} at work" if left else f"{there.kind} left open"


def _open_blocks(subject: str, there: Open, left: float) -> Iterator[Block]:
    """Tell of an open operation: since when, by whom, its trouble, and the way out."""
    back = ", going back" if there.direction is Direction.BACK else ""
    yield Line("")
    yield Line(f"{there.title} is open{back}", Tone.WAITING)
    yield Line(f"  since      {when(there.since)} UTC, by {there.by}")
    yield Line(f"  operation  {there.operation}")
    if len(there.members) > 1:
        yield Line(f"  together   {', '.join(there.members)}")
    if there.trouble:
        yield Line(f"  trouble    {there.trouble}")
    lease = (
        f"held by its worker for another {seconds(left)}; settling it waits, or use --take-over"
        if left
        else "nobody works on it"
    )
    yield Line(f"  lease      {lease}")
    yield Line(f"  finish     crossfade resume {subject}", whole=True)
    yield Line(f"  take back  crossfade reverse {subject}", whole=True)


def history_blocks(
    subject: str, operations: Sequence[Operation[Any, Any]], *, more: bool
) -> Iterator[Block]:
    """Tell a subject's operations, newest first: one line for what, one for figures and id."""
    if not operations:
        yield Line(f"{subject}: nothing has happened yet")
        return
    heads = Table(
        (Column("WHEN (UTC)"), Column("WHAT"), Column(""), Column("OUTCOME"), Column("BY")),
        [
            (when(one.begun_at), one.kind, _change(one), one.status.value, str(one.by))
            for one in operations
        ],
    )
    lines = plain([heads])
    yield Line(lines[0], Tone.TITLE)
    for line, one in zip(lines[1:], operations, strict=True):
        yield Line(line, _OUTCOME_TONES[one.status])
        cost = figures(one.figures)
        yield Line(f"  {one.id}{'  ' if cost else ''}{cost}", Tone.ASIDE)
        for note in one.notes[:MOST_NOTES]:
            yield Line(f"  {when(note.at)} {note.what}", Tone.ASIDE)
    if more:
        yield Line(f"the newest {len(operations)}; --limit 0 lists all", Tone.ASIDE)


def _change(operation: Operation[Any, Any]) -> str:
    came, goes = from_to(operation)
    if not (came or goes):
        return operation.title.removeprefix(f"{operation.kind} ")
    return f"{came or 'nothing'} -> {goes or 'nothing'}"


def live_at_line(subject: str, at: str, live: Live | None) -> Line:
    """Tell what was live at an instant."""
    if live is None:
        return Line(f"{subject}: nothing was live at {when(at)} UTC")
    return Line(
        f"{subject}: {live.version} was live at {when(at)} UTC, since {when(live.since)} "
        f"(operation {live.operation})"
    )


def releases_blocks(rows: Sequence[ReleaseRow]) -> Iterator[Block]:
    """Tell which releases there are."""
    if not rows:
        yield Line("nothing is published yet")
        return
    columns = (
        Column("COMPONENT"),
        Column("VERSION"),
        Column("PUBLISHED (UTC)", whole=True),
        Column("FILES", right=True),
        Column("SIZE", right=True),
        Column("COMMIT"),
        Column("LIVE IN"),
        Column("PINNED"),
    )
    yield Table(
        columns,
        [
            (
                row.component,
                row.version,
                when(row.published_at)[:16] or "-",
                str(row.files) if row.files >= 0 else "-",
                size(row.size) if row.size >= 0 else "-",
                row.commit[:12] or "-",
                ", ".join(row.live_in) or "-",
                row.pinned or "-",
            )
            for row in rows
        ],
        [Tone.GOOD if row.live_in else Tone.PLAIN for row in rows],
    )


def published_blocks(done: Published) -> Iterator[Block]:
    """Tell what came of a publish."""
    name = f"{done.component} {done.version}"
    whole = f"{count(done.files, 'file')}, {size(done.size)}, digest {done.digest[:12]}"
    if done.already:
        yield Line(f"{name} was published before with this content ({whole}): nothing to upload")
        return
    uploaded = f"uploaded {count(done.uploaded, 'file')}, {size(done.uploaded_size)}"
    yield Line(f"{name} is published ({whole}): {uploaded}", Tone.GOOD)
    if done.strangers:
        yield Line(
            f"its folder also holds {count(len(done.strangers), 'object')} that crossfade did not "
            f"write (the first: {done.strangers[0]}); left alone",
            Tone.NOTICE,
        )


def operation_blocks(operations: Sequence[Operation[Any, Any]]) -> Iterator[Block]:
    """Tell how operations ended; those of a train share their id."""
    for one in operations:
        ended = _ended(one)
        cost = figures(one.figures)
        yield Line(f"{one.subject}: {ended}{f' ({cost})' if cost else ''}", Tone.GOOD)
    for identifier in dict.fromkeys(one.id for one in operations):
        yield Line(f"operation {identifier}", Tone.ASIDE)


def _ended(operation: Operation[Any, Any]) -> str:
    """Say how an operation left its subject."""
    if operation.figures.get("diverged"):
        return "diverged: `crossfade status` says how"
    if not operation.subject.startswith("sites/"):
        return "as it was before" if operation.status is Status.REVERSED else "done"
    came, goes = from_to(operation)
    if operation.status is Status.REVERSED:
        return f"as it was before, {came or 'nothing'} is live"
    return f"{goes or 'nothing'} is live"
