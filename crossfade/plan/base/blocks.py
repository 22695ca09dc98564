"""Text for people as a value: what is said, in which order, and what matters in it.

The wording of a plan or an outcome is a list of blocks. A terminal and a page of Markdown show the
same blocks, each in its own way; `plain` is how they look where there is nothing but lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Tone(StrEnum):
    """What a text means to its reader; a terminal has a colour for each, Markdown has none."""

    PLAIN = "plain"
    TITLE = "title"
    ASIDE = "aside"
    """Worth having, and not what the reader came for."""
    GOOD = "good"
    BUSY = "busy"
    """Something goes on at this moment."""
    NOTICE = "notice"
    """Somebody should know."""
    WAITING = "waiting"
    """Somebody has to do something."""
    WRONG = "wrong"
    BAD = "bad"
    """Wrong, and the first thing to look at."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What the blocks below it are about."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    Attributes:
        text: The text.
        tone: What it means to its reader.
        whole: Whether a narrow terminal must not break it at words: it is there to be copied.
    """

    text: str
    tone: Tone = Tone.PLAIN
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its heading.
        right: Whether it holds figures, set to the right.
        whole: Whether its cells are kept on one line on a narrow terminal.
        code: Whether it holds names as they are typed.
    """

    title: str
    right: bool = False
    whole: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings.

    Attributes:
        columns: The headings.
        rows: One text for each column.
        tones: What each row means to its reader, or none.
        title: What the rows are, or "" where that is plain.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    tones: Sequence[Tone] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with what it stands for."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list under its title; nothing where it is empty.

    Attributes:
        title: What is listed.
        items: One text each.
        tone: What they mean to their reader.
    """

    title: str
    items: Sequence[str]
    tone: Tone = Tone.PLAIN


Block = Heading | Line | Table | Facts | Bullets


def as_lines(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks as headings, lines and tables, for where there is nothing else.

    Tables without rows are left out if they have a title, since it promises some.
    """
    found: list[Block] = []
    for block in blocks:
        match block:
            case Facts(pairs=pairs):
                width = max((len(name) for name, _ in pairs), default=0)
                found += [Line(f"  {name:<{width}}  {text}") for name, text in pairs]
            case Bullets(title=title, items=items, tone=tone):
                found += [Line(f"{title}:", tone)] if items else []
                found += [Line(f"  {item}", tone) for item in items]
            case Table(title=title, rows=rows) if title:
                found += [Line(f"{title}:"), block] if rows else []
            case _:
                found.append(block)
    return found


def plain(blocks: Iterable[Block]) -> list[str]:
    """Return blocks as lines without colour; columns are two spaces apart and nothing is cut."""
    lines: list[str] = []
    for block in as_lines(blocks):
        match block:
            case Table():
                lines += _aligned(block)
            case Heading(text=text) | Line(text=text):
                lines.append(visible(text))
    return lines


def _aligned(table: Table) -> list[str]:
    titles = [column.title.upper() for column in table.columns]
    rows = [titles, *([visible(cell) for cell in row] for row in table.rows)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        ).rstrip()
        for row in rows
    ]


def visible(text: str) -> str:
    """Return text whose control characters are spelled out, so that no name moves the cursor."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
