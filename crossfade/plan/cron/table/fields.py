"""The five fields of a line as Debian's cron and cronie read them.

Both have one ancestor, and Debian's is the laxer of the two: it takes what it understands of a
field and passes over the rest of the word. Texts have one character for each byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.cron.table.dialect import BLANKS, Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORD = re.compile(r"[0-9A-Za-z]*")
_LONGEST_WORD = 999
_END = "\xff"
"""A byte that both crons mistake for the end of the file."""
_SEPARATORS = (",", " ", "\t", "\n")
_INT, _LONG = 1 << 32, (1 << 63) - 1


class Kind(NamedTuple):
    """What one of the five fields may hold."""

    name: str
    low: int
    high: int
    names: Mapping[str, int]


KINDS = (
    Kind("minute", 0, 59, {}),
    Kind("hour", 0, 23, {}),
    Kind("day-of-month", 1, 31, {}),
    Kind("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    Kind("day-of-week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)


class Field(NamedTuple):
    """A field as it was read.

    Attributes:
        text: The word as it stands there.
        values: What it means; none of them: the job never runs.
        passed: The end of the word, where cron passes over it.
        random: Whether cron draws a number for it when it reads the table.
    """

    text: str
    values: frozenset[int]
    passed: str = ""
    random: bool = False


class _Range(NamedTuple):
    values: range
    after: int
    random: bool = False


def read_field(text: str, at: int, kind: Kind, dialect: Dialect) -> tuple[Field, int] | None:
    """Read a field and the blanks behind it.

    Returns:
        The field and where the next word begins; None where cron refuses it.
    """
    begin, values, random = at, set[int](), False
    while True:
        found = _range(text, at, kind) if dialect is Dialect.DEBIAN else _strict(text, at, kind)
        if found is None or text[found.after : found.after + 1] in {"", _END}:
            return None
        values.update(found.values)
        at, random = found.after, random or found.random
        if text[at] != ",":
            break
        at += 1
    end = at
    while end < len(text) and text[end] not in f"{BLANKS}\n":
        end += 1
    field = Field(text[begin:end], frozenset(values), text[at:end], random)
    while end < len(text) and text[end] in BLANKS:
        end += 1
    return None if text[end : end + 1] in {"", _END} else (field, end)


def _range(text: str, at: int, kind: Kind) -> _Range | None:
    """Read `*`, a value or a range, perhaps with a step, as Debian's cron does."""
    if text[at : at + 1] == "*":
        low, high, at = kind.low, kind.high, at + 1
    else:
        first = _number(text, at, kind.names)
        if first is None:
            return None
        low, at = first
        if text[at : at + 1] != "-":
            fits = kind.low <= low <= kind.high and text[at : at + 1] != "/"
            return _Range(range(low, low + 1), at) if fits else None
        second = _number(text, at + 1, kind.names)
        if second is None:
            return None
        high, at = second
    step = 1
    if text[at : at + 1] == "/":
        stepped = _number(text, at + 1, {})
        if stepped is None or stepped[0] <= 0:
            return None
        step, at = stepped
    if not (kind.low <= low <= kind.high and kind.low <= high <= kind.high):
        return None
    # A step that is nearly as large as an `int` overflows to below zero, which is refused.
    overflows = low <= high and low + (high - low) // step * step + step >= _INT // 2
    return None if overflows else _Range(range(low, high + 1, step), at)


def _strict(text: str, at: int, kind: Kind) -> _Range | None:
    """Read `*`, a value, a range or a random one, perhaps with a step, as cronie does."""
    ends = _ends(text, at, kind)
    if ends is None:
        return None
    low, high, at, random = ends
    step = 1
    if not random and text[at : at + 1] == "/":
        stepped = _number(text, at + 1, {})
        if stepped is None or stepped[0] <= 0:
            return None
        step, at = stepped
    elif low > high == 0:
        high = 7  # Friday to Sunday as 5-0; in other fields too
    found = range(low, high + 1, step)
    fits = all(kind.low <= value <= kind.high for value in found)
    return _Range(found, at, random) if fits and text[at : at + 1] in _SEPARATORS else None


def _ends(text: str, at: int, kind: Kind) -> tuple[int, int, int, bool] | None:
    """Read a range's ends: they, where it stops, and whether a number between them is drawn."""
    low, high = kind.low, kind.high
    if text[at : at + 1] == "*":
        return low, high, at + 1, False
    if text[at : at + 1] != "~":
        first = _number(text, at, kind.names)
        if first is None:
            return None
        low, at = first
        if text[at : at + 1] in _SEPARATORS:
            return low, low, at, False
    sign = text[at : at + 1]
    if sign not in {"-", "~"}:
        return None
    at += 1
    if sign == "-" or text[at : at + 1] not in _SEPARATORS:
        last = _number(text, at, kind.names)
        if last is None:
            return None
        high, at = last
    return None if sign == "~" and low > high else (low, high, at, sign == "~")


def _number(text: str, at: int, names: Mapping[str, int]) -> tuple[int, int] | None:
    """Read a number or a name; return it and where it ends."""
    match = _WORD.match(text, at)
    word = match.group() if match else ""
    if not 0 < len(word) <= _LONGEST_WORD:
        return None
    if word.lower() in names:
        return names[word.lower()], at + len(word)
    if not word.isdigit():
        return None
    number = min(int(word), _LONG) % _INT  # as atoi does
    return number - (_INT if number >= _INT // 2 else 0), at + len(word)
