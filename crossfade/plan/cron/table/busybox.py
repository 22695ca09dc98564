"""Lines of a table as busybox's crond reads them: by words, and with a schedule of its own kind.

A value beyond the field's end, a range that runs backwards and a word that it cannot read do not
stop it: it says so in its log, and runs the job at other times than are written there. Here such a
line is a fault. Texts have one character for each byte.
"""

from __future__ import annotations

import re

from crossfade.plan.cron.table.entries import NICKNAMES, Fault, Job, Setting
from crossfade.plan.cron.table.fields import KINDS, Field, Kind

_WORDS = len(KINDS) + 1
_SETTINGS = ("MAILTO=", "SHELL=", "PATH=")
"""The variables that it knows, at a line's begin and with no blank; it passes over all others."""

_PART = re.compile(r"(\*|\d+|[A-Za-z]{3})(?:-(\d+|[A-Za-z]{3}))?(?:/(\d+))?")
_WEEK = 7


def read_busybox_line(text: str) -> Setting | Job | Fault:
    """Read a line that is neither blank nor a comment, without its end."""
    words = re.split(r"[ \t]+", text.strip(" \t"), maxsplit=_WORDS - 1)
    for start in _SETTINGS:
        if words[0].startswith(start):
            return Setting(start.rstrip("="), words[0].removeprefix(start))
    if re.match(r"[A-Za-z_]\w*[ \t]*=", text.lstrip(" \t")):
        return Fault("unknown variable", setting=True)
    if words[0].startswith("@"):
        return _named(text, words)
    return _timed(text, words) if len(words) == _WORDS else Fault("bad command")


def _named(text: str, words: list[str]) -> Job | Fault:
    if words[0][1:] not in NICKNAMES:
        return Fault("bad time specifier")
    match = re.match(r"[ \t]*[^ \t]+[ \t]+(?=[^ \t])", text)
    if match is None:
        return Fault("bad command")
    return Job((), words[0], "", match.end(), text[match.end() :])


def _timed(text: str, words: list[str]) -> Job | Fault:
    fields = []
    for word, kind in zip(words, KINDS, strict=False):
        field = _field(word, kind)
        if field is None:
            return Fault(f"bad {kind.name}")
        fields.append(field)
    at = len(text.rstrip(" \t")) - len(words[-1])
    return Job(tuple(fields), text[:at].strip(" \t"), "", at, text[at:])


def _field(word: str, kind: Kind) -> Field | None:
    """Read a field as it was meant; None where busybox would make something else of it."""
    values: set[int] = set()
    for part in word.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        first, last, step = match.groups()
        low = kind.low if first == "*" else _value(first, kind)
        high = kind.high if first == "*" else _value(last or first, kind)
        if low is None or high is None or low > high or step == "0" or (first == "*" and last):
            return None
        values.update(range(low, high + 1, int(step or 1)))
    return Field(word, frozenset(values))


def _value(word: str, kind: Kind) -> int | None:
    """Return a number or name within a field's bounds; Sunday has no 7 here."""
    value = kind.names.get(word.lower()) if not word.isdigit() else int(word)
    high = kind.high - (kind.high == _WEEK)
    return value if value is not None and kind.low <= value <= high else None
