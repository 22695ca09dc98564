"""The page as HTML: escaped, self-contained, and without secrets."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from crossfade.adapters.page.inline import inlined
from crossfade.adapters.page.render import rendered
from crossfade.adapters.picture.draw import draw_ramp
from crossfade.plan.ramp.progress import Freeze
from crossfade.plan.report.compose import page_of
from tests.adapters.picture.test_draw import long_ramp
from tests.plan.report.known import NOON, at, half, held, job, migration, promoted, site


class Tags(HTMLParser):
    """Gathers what could ask for something, and whether all tags are closed."""

    VOID = frozenset({"meta", "link", "br", "use", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asks: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.names += [value or "" for name, value in attrs if name == "id"]
        self.asks += [
            value or "" for name, value in attrs if name in {"src", "srcset", "href", "xlink:href"}
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def tags(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    assert found.open == []
    return found


def html(*known: object, **pictures: bytes) -> str:
    page = page_of(known, subject="", now=at(10))  # type: ignore[arg-type]  # as they come
    return rendered(page, pictures)


def test_what_the_journal_holds_is_text_and_never_markup() -> None:
    bad = "<script>alert(1)</script> & \"'"
    found = html(migration(half(frozen=Freeze(bad, bad, NOON)), operations=(held(1, bad),)))
    assert "<script" not in found
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;&#39;" in found
    tags(found)


def test_no_user_and_password_of_an_address_is_on_the_page() -> None:
    said = "see https://ann:s3cret@wiki.example/x"
    found = html(
        migration(half(frozen=Freeze(said, "ann", NOON)), operations=(held(1, said),)),
        site(trouble=said, damaged=(said,)),
    )
    assert "s3cret" not in found
    assert "https://…@wiki.example/x" in found


def test_control_characters_are_spelled_out() -> None:
    assert "\\x1b[2J" in html(site(trouble="\x1b[2J"))


def test_it_asks_nobody_for_anything_and_forbids_itself_to() -> None:
    ramp = draw_ramp(long_ramp())
    found = html(site("1.0.0", url="https://app.example"), migration(half()), job(), shop=ramp)
    asks = {one for one in tags(found).asks if not one.startswith(("#", "data:"))}
    assert asks == {"https://app.example"}, "a link, which is followed by whoever clicks it"
    assert "default-src 'none'" in found
    assert not re.search(r"@import|url\((?!#)|<script|<iframe|<object|<img", found)


def test_pictures_take_the_colours_of_the_page_and_keep_their_names_apart() -> None:
    ramp = draw_ramp(long_ramp())
    found = html(
        migration(half()), migration(half(), subject="migrations/cart"), shop=ramp, cart=ramp
    )
    names = tags(found).names
    assert len(names) == len(set(names))
    assert found.count("<svg") == 2
    assert "var(--ink, #222222)" in found
    assert "fill: #ffffff" not in found


def test_a_picture_is_inlined_without_what_stands_before_it_and_beside_it() -> None:
    svg = (
        b'<?xml version="1.0"?><!DOCTYPE svg><!-- who --><svg height="4pt" width="9pt" '
        b'viewBox="0 0 9 4"><metadata>x</metadata><path id="a" style="fill: #222222"/>'
        b'<use xlink:href="#a" clip-path="url(#b)"/></svg>'
    )
    assert inlined(svg, "p7") == (
        '<svg viewBox="0 0 9 4" aria-hidden="true" focusable="false">'
        '<path id="p7-a" style="fill: var(--ink, #222222)"/>'
        '<use xlink:href="#p7-a" clip-path="url(#p7-b)"/></svg>'
    )


def test_a_page_about_nothing_says_so() -> None:
    found = html()
    assert "All is settled" in found
    assert "Nothing has happened yet." in found
    tags(found)


def test_commands_and_figures_are_there_to_be_read() -> None:
    made = promoted(1, "1.1.0", "1.0.0")
    found = html(
        site("1.1.0", made_by=made, operations=(made,)),
        migration(half(), operations=(held(5, "bakes", ("errors", "pass")),)),
    )
    assert "<code>crossfade rollback production web</code>" in found
    assert "<code>crossfade abort shop</code>" in found
    assert "gate errors: pass (said so)" in found
    assert "<b>0.1235</b>" in found
