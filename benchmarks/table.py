"""Tables of figures, in Markdown that lines up, to be read and to be pasted."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; the first column is set to the left, the others to the right."""
    cells = [list(headings), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    lines = [
        " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (cells[0], rule, *cells[1:])
    ]
    return "\n".join(f"| {line} |" for line in lines)


def machine() -> str:
    """Say what the figures were measured on, and how busy it was."""
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors (load {load:.1f} "
        f"at the start), Python {platform.python_version()}; everything on loopback, no TLS"
    )


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return float(statistics.median(values))


def say(text: str) -> None:
    """Tell how it goes, beside the tables."""
    print(text, file=sys.stderr, flush=True)
