"""Crontabs as lists of lines: what each means, and every byte of it kept.

System tables (`/etc/crontab`, `/etc/cron.d`) have a user before the command, users' own have not; a
variable counts for the lines below it. Which lines are jobs, each cron decides for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.plan.cron.table.busybox import read_busybox_line
from crossfade.plan.cron.table.dialect import BLANKS, Dialect, as_bytes, as_text
from crossfade.plan.cron.table.entries import Fault, Job, Setting, read_entry

if TYPE_CHECKING:
    from crossfade.plan.cron.table.fields import Field

MARK = "# crossfade wraps: "
"""Begins the line before a wrapped one, with the original line behind it."""

_PERCENT = re.compile(r"(?<!\\)%")


class LineKind(StrEnum):
    """What a line of a crontab is."""

    BLANK = "blank"
    COMMENT = "comment"
    VARIABLE = "variable"
    JOB = "job"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        number: Counted from 1.
        text: Exactly as it stands there, without its end.
        end: Its end; "" for a last line without one.
        kind: What it is.
    """

    number: int
    text: str
    end: str
    kind: LineKind


@dataclass(frozen=True, slots=True)
class CrontabJob:
    """A line that runs a command.

    Attributes:
        line: Where it stands.
        before: The line up to its command, exactly.
        schedule: Its five fields, or a name such as `@daily`.
        user: As whom it runs; "" in a user's own table.
        command: The command as cron hands it to the shell: `%` still as in the table.
        fields: What each field of the schedule means to cron; none behind `@`.
        variables: What is set above it, by name.
        original: The whole line as it was before crossfade wrapped it; None if it is not wrapped.
    """

    line: Line
    before: str
    schedule: str
    user: str
    command: str
    fields: tuple[Field, ...]
    variables: tuple[tuple[str, str], ...]
    original: str | None

    def variable(self, name: str) -> str | None:
        """Return what a variable is set to; None if it is not."""
        return dict(self.variables).get(name)

    @property
    def shell(self) -> str:
        """The program that runs the command."""
        return self.variable("SHELL") or "/bin/sh"

    @property
    def script(self) -> str:
        """The command as the shell gets it."""
        return _PERCENT.split(self.command, maxsplit=1)[0].replace("\\%", "%")

    @property
    def standard_input(self) -> str | None:
        """What the command reads: all after its first `%`, further ones being line ends."""
        parts = _PERCENT.split(self.command)[1:]
        return "\n".join(parts).replace("\\%", "%") + "\n" if parts else None


@dataclass(frozen=True, slots=True)
class Crontab:
    """A table of jobs.

    Attributes:
        name: The file's name, or the user's.
        system: Whether its lines name a user.
        lines: All of them, in order.
        dialect: Whose table it is.
    """

    name: str
    system: bool
    lines: tuple[Line, ...]
    dialect: Dialect = Dialect.DEBIAN

    @property
    def content(self) -> bytes:
        """The table as its file, byte for byte."""
        text = "".join(line.text + line.end for line in self.lines)
        return text.encode("utf-8", "surrogateescape")


def read_crontab(
    content: bytes, *, name: str, system: bool, dialect: Dialect = Dialect.DEBIAN
) -> Crontab:
    """Read a table. Nothing in it is refused: a line that cron could not read is kept as it is."""
    text = content.decode("utf-8", "surrogateescape")
    lines = [
        _line(number, part, dialect, system=system)
        for number, part in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1)
    ]
    return Crontab(name, system, tuple(lines), dialect)


def jobs_of(crontab: Crontab) -> tuple[CrontabJob, ...]:
    """Return the jobs of a table, in order."""
    found: list[CrontabJob] = []
    variables: dict[str, str] = {}
    before: Line | None = None
    for line in crontab.lines:
        if line.kind is LineKind.VARIABLE or line.kind is LineKind.JOB:
            what = read_line(line.text, crontab.dialect, system=crontab.system)
            if isinstance(what, Setting):
                variables[as_text(what.name)] = as_text(what.value)
            elif isinstance(what, Job):
                marked = before is not None and before.text.startswith(MARK)
                original = before.text.removeprefix(MARK) if before and marked else None
                found.append(_job(line, what, variables, original))
        before = line
    return tuple(found)


def numbered(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return lines with their numbers set anew."""
    return tuple(
        Line(number, line.text, line.end, line.kind) for number, line in enumerate(lines, start=1)
    )


def read_line(text: str, dialect: Dialect, *, system: bool) -> Setting | Job | Fault | None:
    """Read a line of a table; None if it is blank or a comment."""
    bare = text.lstrip(BLANKS)
    if not bare or bare.startswith("#"):
        return None
    if dialect is Dialect.BUSYBOX:
        return read_busybox_line(as_bytes(text))
    return read_entry(as_bytes(text), dialect, system=system)


def _line(number: int, part: str, dialect: Dialect, *, system: bool) -> Line:
    end = "\n" if part.endswith("\n") else ""
    text = part.removesuffix("\n")
    return Line(number, text, end, _kind(text, dialect, system=system))


def _kind(text: str, dialect: Dialect, *, system: bool) -> LineKind:
    what = read_line(text, dialect, system=system)
    if what is None:
        return LineKind.COMMENT if text.strip(BLANKS) else LineKind.BLANK
    if isinstance(what, Fault) or "\0" in text:  # cron takes a zero for the end of a line
        return LineKind.UNREADABLE
    return LineKind.VARIABLE if isinstance(what, Setting) else LineKind.JOB


def _job(line: Line, what: Job, variables: dict[str, str], original: str | None) -> CrontabJob:
    before = as_text(as_bytes(line.text)[: what.before])
    return CrontabJob(
        line, before, as_text(what.schedule), as_text(what.user), as_text(what.command),
        what.fields, tuple(variables.items()), original,
    )  # fmt: skip
