"""Markdown that a table, a list and a reader can take."""

from __future__ import annotations

from crossfade.plan.base.blocks import Bullets, Column, Facts, Heading, Line, Table, Tone
from crossfade.plan.base.finding import ok, problem
from tasks.markdown import SHOWN, blocks, facts, findings, listed, page, table


def test_a_cell_cannot_break_its_table() -> None:
    assert table(["file"], [["a|b\nc"]]) == "| file |\n| --- |\n| a\\|b c |"


def test_a_table_without_rows_is_nothing() -> None:
    assert table(["file"], []) == ""


def test_a_long_table_counts_what_it_does_not_show() -> None:
    text = table(["file"], [[number] for number in range(SHOWN + 3)])
    assert text.count("\n| ") == SHOWN + 1
    assert text.endswith("\n\nand 3 more")


def test_a_long_list_counts_what_it_does_not_show() -> None:
    text = listed("Drift", ["x"] * (SHOWN + 1))
    assert text.count("- x") == SHOWN
    assert text.endswith("\n\nand 1 more")


def test_facts_are_a_list_so_that_long_ones_wrap() -> None:
    assert facts({"from": "1.0.0", "to": "1.1.0"}) == "- **from:** 1.0.0\n- **to:** 1.1.0"


def test_a_page_has_no_room_for_empty_parts() -> None:
    assert page("# Title", "", "text\n") == "# Title\n\ntext\n"


def test_findings_are_a_list_with_the_worst_last_and_its_mend_below() -> None:
    bad = problem("versioning", "s3://b", "it keeps no versions", "turn versioning on")
    assert findings([bad, ok("records", "shop", "as they were set")]) == (
        "- **ok** records: shop: as they were set\n"
        "- **problem** versioning: s3://b: it keeps no versions  \n"
        "  mend: turn versioning on"
    )


def test_blocks_of_a_terminal_are_written_as_a_page() -> None:
    told = blocks(
        [
            Heading("web"),
            Facts([("from", "1.0.0")]),
            Table((Column("FILE", code=True), Column("SIZE", right=True)), [("a|b.js", "1 B")]),
            Bullets("changed by another hand", []),
            Bullets("gone", ["c.js"]),
            Line("CloudFront forgets /*", Tone.ASIDE),
        ]
    )
    assert told == (
        "## web\n\n- **from:** 1.0.0\n\n| file | size |\n| --- | --- |\n| `a\\|b.js` | 1 B |\n\n"
        "**gone**\n\n- c.js\n\nCloudFront forgets /*"
    )
