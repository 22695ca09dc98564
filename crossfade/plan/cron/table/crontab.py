"""Crontabs as lists of lines: what each means, and every byte of it kept.

Read as Debian's cron and cronie read them: system tables (`/etc/crontab`, `/etc/cron.d`) have a
user before the command, users' own have not; a variable counts for the lines below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MARK = "# crossfade wraps: "
"""Begins the line before a wrapped one, with the original line behind it."""

_VARIABLE = re.compile(r"""\s*("[^"]*"|'[^']*'|[^\s=#'"]+)\s*=\s*(.*?)\s*""", re.DOTALL)
_FIELD = r"[0-9A-Za-z*,/~?#-]+"
_JOB = re.compile(rf"(\s*)(@\w+|{_FIELD}(?:[ \t]+{_FIELD}){{4}})([ \t]+)(.*)", re.DOTALL)
_USER = re.compile(r"(\S+)([ \t]+)(.*)", re.DOTALL)
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
        variables: What is set above it, by name.
        original: The whole line as it was before crossfade wrapped it; None if it is not wrapped.
    """

    line: Line
    before: str
    schedule: str
    user: str
    command: str
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
    """

    name: str
    system: bool
    lines: tuple[Line, ...]

    @property
    def content(self) -> bytes:
        """The table as its file, byte for byte."""
        text = "".join(line.text + line.end for line in self.lines)
        return text.encode("utf-8", "surrogateescape")


def read_crontab(content: bytes, *, name: str, system: bool) -> Crontab:
    """Read a table. Nothing in it is refused: a line that cron could not read is kept as it is."""
    text = content.decode("utf-8", "surrogateescape")
    lines = [
        _line(number, part, system=system)
        for number, part in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), start=1)
    ]
    return Crontab(name, system, tuple(lines))


def jobs_of(crontab: Crontab) -> tuple[CrontabJob, ...]:
    """Return the jobs of a table, in order."""
    found: list[CrontabJob] = []
    variables: dict[str, str] = {}
    before: Line | None = None
    for line in crontab.lines:
        if line.kind is LineKind.VARIABLE:
            name, value = _variable(line.text)
            variables[name] = value
        elif line.kind is LineKind.JOB:
            marked = before is not None and before.text.startswith(MARK)
            original = before.text.removeprefix(MARK) if before and marked else None
            found.append(_job(line, variables, original, system=crontab.system))
        before = line
    return tuple(found)


def numbered(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return lines with their numbers set anew."""
    return tuple(
        Line(number, line.text, line.end, line.kind) for number, line in enumerate(lines, start=1)
    )


def _line(number: int, part: str, *, system: bool) -> Line:
    end = "\n" if part.endswith("\n") else ""
    text = part.removesuffix("\n")
    return Line(number, text, end, _kind(text, system=system))


def _kind(text: str, *, system: bool) -> LineKind:
    bare = text.strip()
    if not bare:
        return LineKind.BLANK
    if bare.startswith("#"):
        return LineKind.COMMENT
    if _VARIABLE.fullmatch(text):
        return LineKind.VARIABLE
    match = _JOB.fullmatch(text)
    if match and (not system or _USER.fullmatch(match[4])):
        return LineKind.JOB
    return LineKind.UNREADABLE


def _variable(text: str) -> tuple[str, str]:
    """Split a line that sets a variable."""
    match = _VARIABLE.fullmatch(text)
    name, value = match.groups() if match else (text, "")
    return _unquoted(name), _unquoted(value)


def _unquoted(text: str) -> str:
    """Take away quotes around a text, if they match."""
    quoted = len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]
    return text[1:-1] if quoted else text


def _job(
    line: Line, variables: dict[str, str], original: str | None, *, system: bool
) -> CrontabJob:
    match = _JOB.fullmatch(line.text)
    indent, schedule, space, command = match.groups() if match else ("", "", "", line.text)
    before, user = indent + schedule + space, ""
    if system and (parts := _USER.fullmatch(command)):
        user, gap, command = parts.groups()
        before += user + gap
    return CrontabJob(line, before, schedule, user, command, tuple(variables.items()), original)
