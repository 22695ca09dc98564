"""What gates said, told to people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossfade.plan.base.blocks import Tone
from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.told import gate_table

AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def _said(outcome: Outcome) -> GateResult:
    figures = {"new": 0.012345, "requests": 1200, "legacy": None}
    return GateResult("errors", outcome, "because", AT, AT + timedelta(minutes=5), figures)


def test_each_gate_has_a_row_with_its_minutes_and_its_reason() -> None:
    table = gate_table([_said(Outcome.PASS)])
    assert table.rows == [("errors", "pass", "10:00-10:05", "because")]
    assert len(table.columns) == 4


def test_where_there_is_room_all_figures_are_told() -> None:
    ((*_, figures),) = gate_table([_said(Outcome.FAIL)], figures=True).rows
    assert figures == "new 0.01235, requests 1200, legacy None"


def test_an_outcome_that_holds_is_told_as_neither_good_nor_bad() -> None:
    tones = gate_table([_said(one) for one in Outcome]).tones
    assert dict(zip(Outcome, tones, strict=True)) == {
        Outcome.PASS: Tone.GOOD,
        Outcome.FAIL: Tone.BAD,
        Outcome.ERROR: Tone.WRONG,
        Outcome.INCONCLUSIVE: Tone.NOTICE,
        Outcome.NO_DATA: Tone.NOTICE,
    }
