"""Text for people at a terminal, drawn with rich; loaded only where there is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from crossfade.cli.app.screen import Line, Table, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.cli.app.screen import Block


def draw(blocks: Iterable[Block]) -> None:
    """Print blocks to standard output."""
    console = Console(highlight=False)
    for block in blocks:
        if isinstance(block, Line):
            _line(console, block)
        else:
            console.print(_grid(block))


def _line(console: Console, line: Line) -> None:
    """Print a line; where it is too long for the terminal, it goes on under its own beginning."""
    text = visible(line.text)
    body = text.lstrip(" ")
    if line.whole:
        console.print(Text(text, line.style), soft_wrap=True)
    else:
        console.print(Padding(Text(body, line.style), (0, 0, 0, len(text) - len(body))))


def tell(kind: str, text: str) -> None:
    """Print one line to standard error, opened by what kind of line it is."""
    line = Text.assemble((f"{kind}: ", "bold red"), visible(text))
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in table.columns:
        grid.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=column.whole,
            overflow="fold",
        )
    styles = table.styles or [""] * len(table.rows)
    for row, style in zip(table.rows, styles, strict=True):
        grid.add_row(*(Text(visible(cell)) for cell in row), style=style)
    return grid
