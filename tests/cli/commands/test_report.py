"""`crossfade report`: the page in a file or on standard output."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.desk import Desk


def test_the_page_is_written_to_the_file_that_is_named(live: Desk) -> None:
    typed = live.does("report", "--html", "page.html")
    text = (live.folder / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "1.0.0</b>" in text
    assert typed.out.startswith("the page of everything is in page.html: ")


def test_a_dash_writes_the_page_and_nothing_else_to_standard_output(live: Desk) -> None:
    typed = live.does("report", "sites/production/web", "--html", "-")
    assert typed.out.startswith("<!doctype html>")
    assert typed.out.rstrip().endswith("</html>")
    assert not (live.folder / "-").exists()


def test_a_script_is_told_where_the_page_is(live: Desk) -> None:
    document = live.does("report", "--html", "page.html", "--json").document
    size = (live.folder / "page.html").stat().st_size
    assert document == {"subject": "", "file": "page.html", "bytes": size}


def test_a_file_that_cannot_be_written_is_one_sentence(live: Desk) -> None:
    for file in ("nowhere/page.html", "."):
        typed = live.types("report", "--html", file)
        assert typed.code == 2
        assert typed.err.startswith(f"bad input: the page cannot be written to {file}: ")
        assert typed.err.count("\n") == 1


def test_the_page_and_a_document_do_not_share_standard_output(live: Desk) -> None:
    typed = live.types("report", "--html", "-", "--json")
    assert typed.code == 2
    assert "both want standard output" in typed.document["error"]["message"]


def test_an_unknown_subject_is_bad_input(live: Desk) -> None:
    typed = live.types("report", "sites/production/wbe", "--html", "page.html")
    assert typed.code == 2
    assert "there is no subject" in typed.err
    assert not (live.folder / "page.html").exists()


def test_without_its_extra_it_says_which_one_is_missing(live: Desk) -> None:
    code = (
        "import sys; sys.modules['jinja2'] = None; from crossfade.cli import main; "
        "sys.exit(main(['report', '--html', 'page.html']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=live.folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.endswith("needs it: pip install 'crossfade[flows]'\n")
    assert "jinja2 is not installed" in ended.stderr
