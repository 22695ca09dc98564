"""Entries of a table as Debian's cron and cronie read them: settings, jobs, and what they refuse.

They read character by character and not line by line, which shows where a table is odd; this does
the same. Texts have one character for each byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.cron.table.dialect import BLANKS, Dialect
from crossfade.plan.cron.table.fields import KINDS, Field, read_field

if TYPE_CHECKING:
    from collections.abc import Iterator

NICKNAMES = frozenset(
    {"reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"}
)
"""What may stand behind `@`, in small letters only."""

LONGEST_COMMAND = 998
"""Bytes of a command that Debian's cron takes; with one more it refuses the table."""

_LONGEST_SETTING = {Dialect.DEBIAN: 998, Dialect.CRONIE: 999}
"""Bytes of a line that are looked at for a variable; the rest is dropped without a word."""

_SPACES = " \t\n\v\f\r"
_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*\Z)?")
_STRING_END = re.compile(r"[\n\0]")
_WORD_END = re.compile(r"[ \t\n\0]")
_USER_END = {Dialect.DEBIAN: re.compile(r"[ \t\0]"), Dialect.CRONIE: _WORD_END}


class Setting(NamedTuple):
    """A line that sets a variable."""

    name: str
    value: str


class Job(NamedTuple):
    """A line that runs a command.

    Attributes:
        fields: The five fields; none behind `@`.
        schedule: They, or the name with its `@`, exactly as they stand there.
        user: As whom; "" in a user's own table.
        before: How many bytes stand before the command.
        command: What the shell gets, `%` as in the table.
    """

    fields: tuple[Field, ...]
    schedule: str
    user: str
    before: int
    command: str


class Fault(NamedTuple):
    """A line that cron refuses.

    Attributes:
        reason: Why, in cron's own words, such as `bad minute`.
        setting: Whether it looks like a line that sets a variable.
    """

    reason: str
    setting: bool = False


class Entry(NamedTuple):
    """What stands in a table, from a line on."""

    line: int
    what: Setting | Job | Fault


NO_LINE_END = "missing newline before EOF"


def entries(text: str, dialect: Dialect, *, system: bool) -> Iterator[Entry]:
    """Read a table. Behind what is refused, reading goes on at the next line."""
    at, line, counted, memory = 0, 1, 0, ""
    while True:
        match = _COMMENTS.match(text, at)
        at = match.end() if match else at
        line, counted = line + text.count("\n", counted, at), at
        if at >= len(text):
            return
        what, at, memory = _entry(text, at, dialect, memory, system=system)
        yield Entry(line, what)


def read_entry(text: str, dialect: Dialect, *, system: bool) -> Setting | Job | Fault:
    """Read a line that is neither blank nor a comment, without its end."""
    begin = len(text) - len(text.lstrip(BLANKS))
    what, _, _ = _entry(f"{text}\n", begin, dialect, "", system=system)
    return what._replace(before=what.before + begin) if isinstance(what, Job) else what


def _entry(
    text: str, at: int, dialect: Dialect, memory: str, *, system: bool
) -> tuple[Setting | Job | Fault, int, str]:
    """Read the entry at a place where no blank and no comment is.

    Returns:
        It, where it ends, and what cron's buffer holds since: behind a quote that ends a line, cron
        goes on reading in what an earlier line left there.
    """
    end = _STRING_END.search(text, at)
    if end is None:
        return Fault(NO_LINE_END), len(text), memory
    head = text[at : end.start()][: _LONGEST_SETTING[dialect]]
    memory = _written(memory, head)
    setting = read_setting(head, dialect, memory[len(head) + 1 :].partition("\0")[0])
    if setting:
        return setting, end.end(), _written(memory, f"{setting.name}={setting.value}")
    what, at = _job_or_fault(text, at, head, dialect, system=system)
    return what, at, memory


def _written(memory: str, text: str) -> str:
    """Return a buffer into which a text was written, and the zero behind it."""
    return f"{text}\0{memory[len(text) + 1 :]}"


def _job_or_fault(
    text: str, at: int, head: str, dialect: Dialect, *, system: bool
) -> tuple[Job | Fault, int]:
    what, stopped = _job(text, at, dialect, system=system)
    if isinstance(what, Job):
        return what, stopped
    line_end = text.find("\n", stopped)
    looks = re.match(r"\s*['\"]?[A-Za-z_]\w*['\"]?\s*=", head) is not None
    return what._replace(setting=looks), len(text) if line_end < 0 else line_end + 1


def read_setting(line: str, dialect: Dialect, behind: str = "") -> Setting | None:
    """Read a line that sets a variable; None if it is none to this cron.

    Args:
        line: The line.
        dialect: To whom.
        behind: What stands in cron's buffer behind the line and its zero.
    """
    name, rest = _quoted(line, behind)
    if rest is None or (name is None and "=" not in rest):
        return None
    if name is None:
        match = re.match(r"([^=\s]*)", rest, re.ASCII)
        name, rest = (match.group(), rest[match.end() :]) if match else ("", rest)
    elif "=" in name:
        return None
    rest = rest.lstrip(_SPACES)
    if not rest.startswith("="):
        return None
    rest = rest[1:].lstrip(_SPACES)
    if not rest:
        return Setting(name, "") if dialect is Dialect.CRONIE else None
    value, more = _quoted(rest, behind)
    if more is None or (value is not None and more.strip(_SPACES)):
        return None
    found = value if value is not None else rest.rstrip(_SPACES)
    return Setting(name, found if dialect is Dialect.CRONIE else _unquoted_again(found))


def _quoted(text: str, behind: str) -> tuple[str | None, str | None]:
    """Split a quoted word from what is after it.

    The first is None where there is no quote, the second where the quote has no end.
    """
    if text[:1] not in {"'", '"'}:
        return None, text
    word, quote, after = (text[1:] or behind).partition(text[0])
    return word if text[1:] else "", after if quote else None


def _unquoted_again(value: str) -> str:
    """Do what Debian's cron does to a value that was read: quotes once more, and blanks."""
    value = value.rstrip(_SPACES)
    doubly = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
    return value[1:-1] if doubly else value


def _job(text: str, at: int, dialect: Dialect, *, system: bool) -> tuple[Job | Fault, int]:
    begin, strict = at, dialect is Dialect.CRONIE
    if strict and text[at] == "-":
        at += 1  # cronie: do not log
    job, at = _times(text, at, dialect)
    if isinstance(job, Fault):
        return job, at
    at = _behind_blanks(text, at)
    if text[at : at + 1] in (("\n", "*") if strict else () if system else ("*",)):
        return Fault("bad command"), at
    if system:
        user_end = _end(_USER_END[dialect], text, at)
        user = text[at:user_end]
        if user_end >= len(text) or (strict and text[user_end] == "\n"):
            return Fault("bad command"), at
        if "\n" in user:
            return Fault("bad username"), at
        job, at = job._replace(user=user), user_end + 1
    return _command(text, begin, at, dialect, job)


def _times(text: str, at: int, dialect: Dialect) -> tuple[Job | Fault, int]:
    """Read a nickname, or the five fields and the blanks behind them."""
    begin, found = at, []
    if text[at : at + 1] == "@":
        end = _end(_WORD_END, text, at)
        known = text[at + 1 : end] in NICKNAMES
        return Job((), text[at:end], "", 0, "") if known else Fault("bad time specifier"), end
    for kind in KINDS:
        read = read_field(text, at, kind, dialect)
        if read is None:
            return Fault(f"bad {kind.name}"), at
        found.append(read[0])
        at = read[1]
    return Job(tuple(found), text[begin:at].rstrip(BLANKS), "", 0, ""), at


def _behind_blanks(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in BLANKS:
        at += 1
    return at


def _command(text: str, begin: int, at: int, dialect: Dialect, job: Job) -> tuple[Job | Fault, int]:
    """Read the rest of a job's line. Blanks behind the user are part of the command to cron."""
    shown = _behind_blanks(text, at)
    end = _STRING_END.search(text, at)
    if end is None:
        return Fault("bad command"), at
    if dialect is Dialect.DEBIAN and end.start() - at > LONGEST_COMMAND:
        return Fault("command too long"), at
    return job._replace(before=shown - begin, command=text[shown : end.start()]), end.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.search(text, at)
    return match.start() if match else len(text)
