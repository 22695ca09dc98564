"""What a command prints: one JSON object for scripts, or text for people.

On a terminal it is drawn with rich, in colour unless NO_COLOR is set; elsewhere tables are plain
lines in columns and nothing is cut.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its heading.
        right: Whether it holds figures, set to the right.
        whole: Whether its cells are kept on one line on a narrow terminal.
    """

    title: str
    right: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings.

    Attributes:
        columns: The headings.
        rows: One text for each column.
        styles: rich's style of each row, or none.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    styles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    Attributes:
        text: The text.
        style: rich's style for it.
        whole: Whether a narrow terminal must not break it at words: it is there to be copied.
    """

    text: str
    style: str = ""
    whole: bool = False


Block = Line | Table


@dataclass(frozen=True, slots=True)
class Screen:
    """Standard output of one command.

    Attributes:
        as_json: Whether it prints a document instead of text.
    """

    as_json: bool

    def show(self, document: Mapping[str, Any], blocks: Iterable[Block] = ()) -> None:
        """Print what came of a command.

        Args:
            document: All of it, for scripts.
            blocks: The same for people.
        """
        if self.as_json:
            _print(sys.stdout, [json.dumps(document, indent=2 if sys.stdout.isatty() else None)])
        elif is_terminal(sys.stdout):
            from crossfade.cli.app import drawing  # noqa: PLC0415  rich costs 50 ms at start-up

            drawing.draw(blocks)
        else:
            _print(sys.stdout, (line for block in blocks for line in plain(block)))


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches, on something that understands more than lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def tell(kind: str, text: str) -> None:
    """Print one line to standard error, opened by what kind of line it is."""
    if is_terminal(sys.stderr):
        from crossfade.cli.app import drawing  # noqa: PLC0415  rich costs 50 ms at start-up

        drawing.tell(kind, text)
    else:
        log(f"{kind}: {text}")


def log(text: str) -> None:
    """Print one plain line to standard error."""
    _print(sys.stderr, [visible(text)])


def plain(block: Block) -> list[str]:
    """Return a block as lines without colour; columns are two spaces apart and nothing is cut."""
    if isinstance(block, Line):
        return [visible(block.text)]
    titles = [column.title for column in block.columns]
    rows = [titles, *([visible(cell) for cell in row] for row in block.rows)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, block.columns, strict=True)
        ).rstrip()
        for row in rows
    ]


def visible(text: str) -> str:
    """Return text whose control characters are spelled out, so that no name moves the cursor."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)


def _print(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines; a reader that went away, as `head` does, is no error."""
    try:
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()
    except BrokenPipeError:
        # What is still buffered must not fail again when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
