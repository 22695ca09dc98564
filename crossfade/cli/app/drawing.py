"""Text for people at a terminal, drawn with rich; loaded only where there is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from crossfade.plan.base.blocks import Heading, Line, Table, Tone, as_lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.base.blocks import Block

STYLES = {
    Tone.PLAIN: "",
    Tone.TITLE: "bold",
    Tone.ASIDE: "dim",
    Tone.GOOD: "green",
    Tone.BUSY: "cyan",
    Tone.NOTICE: "yellow",
    Tone.WAITING: "bold yellow",
    Tone.WRONG: "red",
    Tone.BAD: "bold red",
}
"""rich's style for each tone."""


def draw(blocks: Iterable[Block]) -> None:
    """Print blocks to standard output."""
    console = Console(highlight=False)
    for block in as_lines(blocks):
        match block:
            case Heading(text=text):
                _line(console, Line(text, Tone.TITLE))
            case Line():
                _line(console, block)
            case Table():
                console.print(_grid(block))


def _line(console: Console, line: Line) -> None:
    """Print a line; where it is too long for the terminal, it goes on under its own beginning."""
    text = visible(line.text)
    body = text.lstrip(" ")
    if line.whole:
        console.print(Text(text, STYLES[line.tone]), soft_wrap=True)
    else:
        console.print(Padding(Text(body, STYLES[line.tone]), (0, 0, 0, len(text) - len(body))))


def tell(kind: str, text: str) -> None:
    """Print one line to standard error, opened by what kind of line it is."""
    line = Text.assemble((f"{kind}: ", "bold red"), visible(text))
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in table.columns:
        grid.add_column(
            column.title.upper(),
            justify="right" if column.right else "left",
            no_wrap=column.whole,
            overflow="fold",
        )
    tones = table.tones or [Tone.PLAIN] * len(table.rows)
    for row, tone in zip(table.rows, tones, strict=True):
        grid.add_row(*(Text(visible(cell)) for cell in row), style=STYLES[tone])
    return grid
