"""A purge told to people, in one wording for a terminal and for a page."""

from __future__ import annotations

from dataclasses import replace

from crossfade.plan.base.blocks import plain
from crossfade.plan.purge.effects import effects
from crossfade.plan.purge.sweep import Swept
from tasks.markdown import blocks
from tests.plan.purge.test_text import FULL, NOTHING


def test_it_says_of_each_release_whether_it_goes_and_why() -> None:
    told = "\n".join(plain(effects(FULL, done=False)))
    going, staying = told.split("Would be deleted:")[1].split("Kept:")
    assert "2nd newest, depth 1" in going
    assert "half-published" in going
    assert "1st newest of 1 kept" in staying
    assert "sites/production/web" in staying.split("Assets that leave the sites:")[1]
    assert "sites/production/web: x.js: was changed by hand" in told.split("left alone:")[1]


def test_a_page_says_the_same_in_its_own_form() -> None:
    page = blocks(effects(FULL, done=True))
    assert "| `1` |" in page.split("## Deleted")[1].split("## Kept", maxsplit=1)[0]
    assert "- **releases:** 1 go, 1 stay" in page
    assert "- s3://b/notes.txt: crossfade did not write it; left alone" in page


def test_a_refusal_comes_first_and_what_is_gone_for_good_is_counted() -> None:
    plan = replace(NOTHING, refusal="a promote is open", swept=Swept(versions=3, size=9))
    lines = plain(effects(plan, done=False))
    assert lines[0] == "a promote is open"
    assert any("gone for good" in line and plan.swept.line() in line for line in lines)  # type: ignore[union-attr]  # set above


def test_what_there_is_nothing_of_has_no_heading() -> None:
    told = "\n".join(plain(effects(NOTHING, done=True)))
    for heading in ("Deleted", "Kept", "Assets that leave", "left alone"):
        assert heading not in told
