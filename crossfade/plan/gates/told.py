"""What gates said, told to people: one wording for a terminal and for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.base.blocks import Column, Table, Tone
from crossfade.plan.gates.gate import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.plan.gates.gate import GateResult

_TONES = {Outcome.PASS: Tone.GOOD, Outcome.FAIL: Tone.BAD, Outcome.ERROR: Tone.WRONG}
_COLUMNS = (Column("GATE"), Column("OUTCOME"), Column("MINUTES (UTC)", whole=True), Column("WHY"))


def gate_table(results: Sequence[GateResult], *, figures: bool = False) -> Table:
    """Return what gates said as a table, with all their figures where there is room for them."""
    columns = (*_COLUMNS, Column("FIGURES")) if figures else _COLUMNS
    rows = [_row(one, figures=figures) for one in results]
    return Table(columns, rows, [_TONES.get(one.outcome, Tone.NOTICE) for one in results])


def _row(one: GateResult, *, figures: bool) -> tuple[str, ...]:
    row = (one.gate, one.outcome.value, f"{one.start:%H:%M}-{one.end:%H:%M}", one.reason)
    if not figures:
        return row
    return (*row, ", ".join(f"{name} {_figure(value)}" for name, value in one.figures.items()))


def _figure(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
