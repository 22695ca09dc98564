"""Where the page may be put."""

from __future__ import annotations

import pytest

from crossfade.errors import BadInput
from crossfade.plan.report.place import Place, checked_place

GROUNDS = {
    "the journal": ("acme-state", "journal/"),
    "the site of production": ("acme-front", "live/"),
    "the site of staging": ("acme-staging", ""),
}


@pytest.mark.parametrize(
    "place",
    [
        Place("acme-state", "status/crossfade.html"),
        Place("acme-front", "crossfade.html"),
        Place("acme.pages", "a/b/page.html"),
    ],
)
def test_a_place_that_is_nobodys_is_taken(place: Place) -> None:
    assert checked_place(place, GROUNDS) == place


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("", "a.html"), r"set bucket under \[report\]"),
        (Place("Acme", "a.html"), "is no bucket's name"),
        (Place("acme-front", "page.txt"), "with .html at its end"),
        (Place("acme-front", "/page.html"), "no empty parts"),
        (Place("acme-front", "a/../page.html"), r"or `\.\.`"),
        (Place("acme-front", "a\n.html"), "cannot be printed"),
        (Place("acme-front", "ü" * 600 + ".html"), "1024 bytes"),
        (Place("acme-state", "journal/sites/a.html"), "where the journal is"),
        (Place("acme-front", "live/index.html"), "where the site of production is"),
        (Place("acme-staging", "index.html"), "where the site of staging is"),
    ],
)
def test_any_other_is_refused_with_the_reason(place: Place, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        checked_place(place, GROUNDS)
