"""What a cron refuses of a table, with the reason and the mend, before anybody builds on the table.

Debian's cron refuses a table as a whole: one line that it cannot read, and no job of it runs.
cronie and busybox pass over the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.base.words import count
from crossfade.plan.cron.table.crontab import read_line
from crossfade.plan.cron.table.dialect import BLANKS, Dialect, as_text
from crossfade.plan.cron.table.entries import (
    LONGEST_COMMAND,
    NICKNAMES,
    NO_LINE_END,
    Entry,
    Fault,
    Job,
    entries,
)
from crossfade.plan.cron.table.fields import KINDS
from crossfade.plan.cron.table.users import no_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.cron.table.crontab import Crontab
    from crossfade.plan.cron.table.users import Users

MOST_LINES = 10_000
"""Lines of a user's table that Debian's cron takes."""

_MOST_SYSTEM_LINES = MOST_LINES + 3
_TOO_LONG = "the table is too long"
_TIME = re.compile(r"[\d*?][\d*?,/-]*", re.ASCII)
_QUOTED = re.compile(r"[^=]*=\s*(['\"])(.*)", re.DOTALL)


class Refusal(NamedTuple):
    """What a cron refuses.

    Attributes:
        line: The line; 0 for the table as such.
        reason: Why, in cron's own words.
        saw: Why, in ours.
        mend: What to do.
    """

    line: int
    reason: str
    saw: str
    mend: str


def refusals(crontab: Crontab, users: Users) -> tuple[Refusal, ...]:
    """Return what a table's cron refuses of it, in order; to Debian's, any is the whole table."""
    found = []
    for line, fault in _faults(crontab, users):
        text = crontab.lines[line - 1].text if line else ""
        found.append(Refusal(line, fault.reason, *_explained(fault, text, crontab)))
    return tuple(found)


def is_refused(crontab: Crontab, found: tuple[Refusal, ...]) -> bool:
    """Whether the cron takes nothing of the table at all."""
    return crontab.dialect is Dialect.DEBIAN and bool(found)


def refused(found: tuple[Refusal, ...]) -> str:
    """Say in a sentence that a table is refused as a whole, and by what."""
    first, *others = found
    where = f" (line {first.line})" if first.line else ""
    more = f"; and {count(len(others), 'further line')}" if others else ""
    return (
        f"Debian's cron refuses the whole table, so that no job of it runs: "
        f"{first.saw}{where}: {first.mend}{more}"
    )


def _faults(crontab: Crontab, users: Users) -> Iterator[tuple[int, Fault]]:
    dialect = crontab.dialect
    for entry in _entries(crontab):
        what = entry.what
        if isinstance(what, Fault):
            yield entry.line, what
        elif dialect is Dialect.DEBIAN and isinstance(what, Job) and _nobody(what, users):
            yield entry.line, Fault("bad username")
        last = entry.line
        if dialect is Dialect.DEBIAN and crontab.system and last > _MOST_SYSTEM_LINES:
            yield 0, Fault(_TOO_LONG)
            return
    ends = sum(bool(line.end) for line in crontab.lines)
    if dialect is Dialect.DEBIAN and not crontab.system and ends > MOST_LINES:
        yield 0, Fault(_TOO_LONG)


def _nobody(job: Job, users: Users) -> bool:
    """Whether a job names a user that there is not."""
    return bool(job.user) and no_user(as_text(job.user), users)


def _entries(crontab: Crontab) -> Iterator[Entry]:
    if crontab.dialect is not Dialect.BUSYBOX:
        content = crontab.content.decode("latin-1")
        yield from entries(content, crontab.dialect, system=crontab.system)
        return
    for line in crontab.lines:
        what = read_line(line.text, crontab.dialect, system=crontab.system)
        if what is not None:
            yield Entry(line.number, what)


def _explained(fault: Fault, text: str, crontab: Crontab) -> tuple[str, str]:
    """Say why a line is refused, and what to do."""
    plain = {
        _TOO_LONG: (f"it has more than {MOST_LINES} lines", "divide it"),
        NO_LINE_END: ("the last line does not end", "end it"),
        "command too long": (
            f"the command has more than {LONGEST_COMMAND} bytes", "put it into a script",
        ),
    }  # fmt: skip
    if fault.reason in plain:
        return plain[fault.reason]
    if fault.setting:
        return _about_setting(text, crontab.dialect)
    special = {
        "bad time specifier": _about_nickname,
        "bad username": _about_user,
        "bad command": _about_command,
    }
    explain = special.get(fault.reason)
    return explain(text, crontab) if explain else _about_field(fault.reason, text)


def _about_nickname(text: str, crontab: Crontab) -> tuple[str, str]:
    word = "".join(text.split(None, 1)[:1])
    if word.lower().lstrip("@") in NICKNAMES:
        return f"{word} is not in small letters", f"write {word.lower()}"
    return f"{crontab.dialect.program} knows no {word}", f"write five fields, or {_nicknames()}"


def _nicknames() -> str:
    return ", ".join(sorted(f"@{name}" for name in NICKNAMES))


def _about_setting(text: str, dialect: Dialect) -> tuple[str, str]:
    before, _, value = text.partition("=")
    name = before.strip()
    if dialect is Dialect.BUSYBOX:
        return f"it knows no variable {name}, only MAILTO, SHELL and PATH", "set it in the command"
    quoted = _QUOTED.fullmatch(text)
    if not value.strip():
        return f"{name}= has no value", f'write {name}=""'
    if quoted and quoted[1] in quoted[2]:
        return f"something stands behind the closing quote of {name}", "take it away"
    return f"the quote of {name} has no end", "close it"


def _six_fields(text: str) -> tuple[str, str] | None:
    """Explain a line that begins with seconds or has a year; None if it has neither."""
    words = text.split()[: len(KINDS) + 1]
    if len(words) <= len(KINDS) or not all(_TIME.fullmatch(word) for word in words):
        return None
    return "it has six fields of time", "cron knows five: take away the seconds or the year"


def _about_user(text: str, crontab: Crontab) -> tuple[str, str]:
    if six := _six_fields(text):
        return six
    what = read_line(text, crontab.dialect, system=True)
    user = as_text(what.user) if isinstance(what, Job) else text.strip()
    saw = f"{user!r} stands where the user has to, and is none"
    return saw, "write a user before the command (--user reads users' own tables)"


def _about_command(text: str, crontab: Crontab) -> tuple[str, str]:
    if six := _six_fields(text):
        return six
    if crontab.system:
        return "it has no command behind the user, or no user", "write both"
    return "it has no command", "write one"


def _about_field(reason: str, text: str) -> tuple[str, str]:
    bare, field = text.strip(BLANKS), reason.removeprefix("bad ")
    if bare[:1].isspace() or not bare[:1].isascii():
        name = "a carriage return" if bare[0] == "\r" else f"the character U+{ord(bare[0]):04X}"
        return f"the line begins with {name}", "take it away: blanks are spaces and tabs"
    if six := _six_fields(text):
        return six
    number = [kind.name for kind in KINDS].index(field)
    words = re.split(r"[ \t]+", bare)
    if len(words) <= number:
        return f"it has no {field}", "write five fields and a command, or make it a comment"
    word = words[number]
    if step := re.fullmatch(r"(\w+)/(\d+)", word):
        mend = f"write {step[1]}-{KINDS[number].high}/{step[2]}"
        return f"the {field} {word} has a step and no range", mend
    return f"{word!r} is no {field}", _mend_of_values(number)


def _mend_of_values(number: int) -> str:
    kind = KINDS[number]
    names = f", or {'/'.join(list(kind.names)[:3])} and so on" if kind.names else ""
    return f"write {kind.low} to {kind.high}{names}"
