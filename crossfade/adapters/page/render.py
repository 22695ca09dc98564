"""The page as HTML: one template, escaped throughout, with its style and pictures inside.

It needs the extra `flows`, as the pictures do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crossfade.adapters.page.inline import inlined
from crossfade.errors import without_passwords
from crossfade.plan.base.blocks import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.report.page import Page

_HERE = Path(__file__).parent
_TEMPLATE = "page.html"


def rendered(page: Page, pictures: Mapping[str, bytes]) -> str:
    """Return the page as one HTML document that asks nobody for anything.

    Args:
        page: What it says.
        pictures: The pictures of migrations as SVG, by their names.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = {
        name: Markup(inlined(svg, f"p{number}"))  # noqa: S704  outlines that this package drew
        for number, (name, svg) in enumerate(pictures.items())
    }
    return environment.get_template(_TEMPLATE).render(page=page, pictures=drawn)


def _shown(value: Any) -> Any:  # noqa: ANN401  whatever the template shows
    """Write a text without passwords in its addresses and without control characters.

    What the journal holds is others' text: reasons, troubles and notes.
    """
    return visible(without_passwords(value)) if type(value) is str else value
