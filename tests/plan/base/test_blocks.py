"""Text for people as a value, and how it looks where there is nothing but lines."""

from __future__ import annotations

from crossfade.plan.base.blocks import Bullets, Column, Facts, Heading, Line, Table, Tone, plain

FILES = Table((Column("file"), Column("size", right=True)), [("a.js", "10 B")], title="to copy")


def test_blocks_stand_below_each_other_in_their_order() -> None:
    said = [
        Heading("promote web"),
        Facts([("from", "1.0.0"), ("requests", "17")]),
        Line("one file changes in place", Tone.NOTICE),
        Bullets("by hand", ["x.js", "y.js"]),
        FILES,
    ]
    assert plain(said) == [
        "promote web",
        "  from      1.0.0",
        "  requests  17",
        "one file changes in place",
        "by hand:",
        "  x.js",
        "  y.js",
        "to copy:",
        "FILE  SIZE",
        "a.js  10 B",
    ]


def test_a_list_of_nothing_has_no_title() -> None:
    assert plain([Bullets("by hand", ()), Facts(()), Table(FILES.columns, (), title="x")]) == []


def test_a_table_without_rows_and_title_shows_what_is_missing() -> None:
    assert plain([Table(FILES.columns, ())]) == ["FILE  SIZE"]


def test_no_name_moves_the_cursor_wherever_it_stands() -> None:
    evil = "a\x1b[2J"
    said = [Heading(evil), Line(evil), Facts([("f", evil)]), Bullets("b", [evil])]
    said += [Table((Column("file"),), [(evil,)])]
    assert all(line.isprintable() for line in plain(said))
