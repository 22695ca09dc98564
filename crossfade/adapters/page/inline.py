"""A picture as a part of the page: its names its own, its colours those of the page.

Several pictures stand in one document, where no two elements may have one name, and each is read on
light and on dark ground.
"""

from __future__ import annotations

import re

_COLOURS = {
    "#ffffff": "--card",
    "#222222": "--ink",
    "#767676": "--muted",
    "#ececec": "--line",
    "#eef2f5": "--p-pale",
    "#dfe8ef": "--p-paler",
    "#0072b2": "--p-blue",
    "#56b4e9": "--p-sky",
    "#009e73": "--p-green",
    "#e69f00": "--p-orange",
    "#d55e00": "--p-red",
    "#cc79a7": "--p-pink",
}
"""The colours that pictures are drawn in, and the page's names for them."""

_COLOUR = re.compile(r"(?<=[ :])(" + "|".join(_COLOURS) + r")(?=[;\"\s])", re.IGNORECASE)
_BEFORE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_ASIDE = re.compile(r"<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_NAME = re.compile(r"""(\bid="|url\(#|href="#)""")


def inlined(svg: bytes, name: str) -> str:
    """Return an SVG as a part of an HTML document.

    Args:
        svg: A file that `crossfade.adapters.picture` wrote: its texts are outlines, so that nothing
            of what it shows is markup.
        name: What no other picture of the document is called: letters, digits and dashes.
    """
    text = _ASIDE.sub("", _BEFORE.sub("", svg.decode(), count=1))
    text = _NAME.sub(rf"\g<1>{name}-", text)
    text = _COLOUR.sub(lambda found: f"var({_COLOURS[found[1].lower()]}, {found[1]})", text)
    return _hidden(text)


def _hidden(text: str) -> str:
    """Let the picture fill its place; its words are beside it, so that no reader spells it out."""
    head, rest = text.split(">", 1)
    head = re.sub(r"""\s(height|width)="[^"]*\"""", "", head)
    return f'{head} aria-hidden="true" focusable="false">{rest}'
