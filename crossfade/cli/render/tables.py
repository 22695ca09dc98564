"""What the commands about crontabs answer."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from crossfade.cli.render.findings import TONES
from crossfade.plan.base.blocks import Block, Column, Line, Table, Tone
from crossfade.plan.base.finding import Level
from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crossfade.adapters.cron.crontab import Table as Read
    from crossfade.cli.render.documents import Document
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.cron.table.crontab import Crontab
    from crossfade.plan.cron.table.tables import Rewritten, TableJob

SEVERITIES = {Level.PROBLEM: "error", Level.WARNING: "warning", Level.NOTE: "note"}
"""How compilers call the levels of what they find."""


def inventory_document(
    found: Sequence[tuple[Read, Sequence[TableJob]]], dead: Mapping[Path, str]
) -> Document:
    """Return the jobs of tables, and the tables of which cron runs nothing, with the reason."""
    return {
        "not_run": [{"table": str(path), "why": why} for path, why in dead.items()],
        "jobs": [
            {
                "name": one.name,
                "table": str(table.path),
                "line": one.line,
                "schedule": one.job.schedule,
                "timezone": one.zone,
                "user": one.job.user,
                "command": _readable(one.job.script),
                "input": one.job.standard_input,
                "shell": one.job.shell,
                "variables": {name: _readable(value) for name, value in one.job.variables},
                "wrapped": one.wrapped,
                "unfit": one.unfit,
            }
            for table, jobs in found
            for one in jobs
        ],
    }


def inventory_lines(found: Sequence[tuple[Read, Sequence[TableJob]]]) -> Iterator[Block]:
    """Tell the jobs of tables."""
    rows = [
        (
            one.name,
            f"{table.path}:{one.line}",
            " ".join(one.job.schedule.split()),
            one.job.user or "-",
            "yes" if one.wrapped else "no",
            _readable(one.job.script),
        )
        for table, jobs in found
        for one in jobs
    ]
    columns = (
        Column("JOB"), Column("WHERE"), Column("SCHEDULE", whole=True), Column("USER"),
        Column("WRAPPED"), Column("COMMAND"),
    )  # fmt: skip
    if rows:
        yield Table(columns, rows)
    yield Line(f"{count(len(rows), 'job')} in {count(len(found), 'table')}", Tone.ASIDE)


def lint_document(
    found: Sequence[tuple[Read, Sequence[Finding]]], names: Sequence[Finding]
) -> Document:
    """Return what would differ in Kubernetes."""
    rows = [(str(table.path), finding) for table, findings in found for finding in findings]
    rows += [("", finding) for finding in names]
    return {
        "findings": [
            {
                "line": finding.line,
                "severity": SEVERITIES[finding.level],
                "code": finding.code,
                "text": finding.said,
                "table": path,
                "saw": finding.saw,
                "mend": finding.mend,
            }
            for path, finding in rows
        ]
    }


def lint_lines(
    found: Sequence[tuple[Read, Sequence[Finding]]], names: Sequence[Finding]
) -> Iterator[Block]:
    """Tell what would differ in Kubernetes, as compilers do: one line for each finding."""
    counts = dict.fromkeys(SEVERITIES, 0)
    rows = [(str(table.path), finding) for table, findings in found for finding in findings]
    for path, finding in [*rows, *(("names", finding) for finding in names)]:
        counts[finding.level] += 1
        where = f"{path}:{finding.line}" if finding.line else path
        text = f"{where}: {SEVERITIES[finding.level]}: {_readable(finding.said)} [{finding.code}]"
        yield Line(text, TONES[finding.level])
    summary = ", ".join(count(number, SEVERITIES[level]) for level, number in counts.items())
    yield Line(f"{count(len(found), 'table')}: {summary}")


def rewritten_document(found: Sequence[tuple[Read, Rewritten]], *, written: bool) -> Document:
    """Return what was changed in tables, or would be."""
    return {
        "written": written,
        "tables": [
            {
                "table": str(table.path),
                "jobs": list(one.names),
                "passed": {str(line): why for line, why in one.passed.items()},
                "diff": "".join(f"{line}\n" for line in _difference(table, one)),
            }
            for table, one in found
        ],
    }


def rewritten_lines(found: Sequence[tuple[Read, Rewritten]], *, written: bool) -> Iterator[Block]:
    """Tell what was changed in tables, or show the difference as `patch` takes it."""
    for table, one in found:
        if written:
            jobs = f": {', '.join(one.names)}" if one.names else ""
            yield Line(f"{table.path}: {count(len(one.names), 'line')} changed{jobs}")
            continue
        for line in _difference(table, one):
            tone = {"+": Tone.GOOD, "-": Tone.WRONG}.get(line[:1], Tone.PLAIN)
            yield Line(line, tone, whole=True)


def passed_lines(found: Sequence[tuple[Read, Rewritten]]) -> Iterator[str]:
    """Say which lines were passed over, and why."""
    for table, one in found:
        for line, why in one.passed.items():
            yield f"{table.path}:{line} is left as it is: {why}"


def _difference(table: Read, one: Rewritten) -> Iterator[str]:
    name = str(table.path)
    before, after = _texts(one.before), _texts(one.after)
    for line in unified_diff(before, after, name, name, lineterm=""):
        yield _readable(line)


def _texts(crontab: Crontab) -> list[str]:
    return [line.text for line in crontab.lines]


def _readable(text: str) -> str:
    """Return text whose bytes may be no UTF-8, as it can be printed."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
