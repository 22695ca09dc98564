"""What is printed where nobody watches: whole, aligned, and without surprises."""

from __future__ import annotations

import json

import pytest

from crossfade.cli.app.progress import Lines
from crossfade.cli.app.screen import Screen
from crossfade.operations.journal.step import Step
from crossfade.plan.base.blocks import Column, Line, Table, plain, visible
from tests.story import Clockwork

TABLE = Table((Column("NAME"), Column("SIZE", right=True)), [("a.js", "10 B"), ("b", "1.2 kB")])


def test_columns_are_aligned_and_nothing_trails() -> None:
    assert plain([TABLE]) == ["NAME    SIZE", "a.js    10 B", "b     1.2 kB"]


def test_long_cells_are_never_cut() -> None:
    table = Table((Column("NAME"), Column("WHY")), [("x" * 300, "y" * 300)])
    assert "x" * 300 in plain([table])[1]
    assert "y" * 300 in plain([table])[1]


@pytest.mark.parametrize(
    ("text", "shown"), [("plain é 日本", "plain é 日本"), ("a\x1b[2Jb\nc", "a\\x1b[2Jb\\x0ac")]
)
def test_control_characters_in_names_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert plain([Line(text)]) == [shown]


def test_a_document_is_ascii_whatever_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=True).show({"path": "日本/é.js"}, [TABLE])
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"path": "日本/é.js"}


def test_a_step_that_takes_long_tells_how_far_it_is() -> None:
    clock, told = Clockwork(), list[str]()
    lines = Lines(told.append, clock.monotonic)

    def effect() -> str:
        advance = lines.begin("copy 40 files", 40)
        for _ in range(40):
            clock.sleep(1)
            advance(1)
        return "copied"

    assert lines.run(Step("copy", effect)) == "copied"
    assert told == [
        "copy",
        "copy 40 files: 25 %",
        "copy 40 files: 50 %",
        "copy 40 files: 75 %",
        "copy 40 files: 100 %",
    ]
