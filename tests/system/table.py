"""What each schedule did, as a table."""

from __future__ import annotations

import sys
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.system.machine import schedules
from tests.system.seen import SETTLING, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.seen import Day

SHOWN = ("prefect", "sqlalchemy", "fastapi", "pydantic", "starlette", "uvicorn", "boto3", "moto")
WORDS = 90


def table(day: Day) -> Iterator[str]:
    """Yield the table, what happened when, and the versions with which it did."""
    rows = [("SCHEDULE", "MADE BY THE SERVER", "ENDED", "STATES", "SAID LAST")]
    rows += [_row(day, name, str(len(day.made.get(name, ())))) for name in schedules()]
    rows.append(_row(day, SETTLING, "by automation"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[-1])).rstrip()
    yield from ("", *day.told, "")
    python = sys.version.partition(" ")[0]
    yield ", ".join((f"Python {python}", *(f"{name} {version(name)}" for name in SHOWN)))


def _row(day: Day, name: str, made: str) -> tuple[str, str, str, str, str]:
    ended = day.ended(name)
    states = Counter(run["state_name"] for run in ended)
    told = ", ".join(f"{number} {state}" for state, number in states.items())
    return name, made, str(len(ended)), told, message(ended[-1])[:WORDS] if ended else ""
