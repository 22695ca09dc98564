"""The runtime script: an environment's settings, rendered for the page at promote.

The same build runs in every environment; what differs between them is this one small file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.releases.manifest import File

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Script:
    """A rendered runtime script: its text, and the file that it becomes."""

    body: str
    file: File


def render(values: Mapping[str, object], *, path: str, name: str) -> Script:
    """Render settings as a script that sets one frozen global.

    Args:
        values: The settings; anything that JSON can hold.
        path: Where the script stands under the site's folder.
        name: The global that it sets on `globalThis`.
    """
    # JSON is JavaScript but for these; "<" would end an inlined script element.
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    text = text.replace("<", "\\u003c")
    return script(f"globalThis[{json.dumps(name)}]=Object.freeze({text});\n", path=path)


def script(body: str, *, path: str) -> Script:
    """Make a script of a text that was rendered before, as when an earlier state comes back."""
    data = body.encode()
    return Script(
        body,
        File(
            path=path,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            content_type="text/javascript; charset=utf-8",
            cache_control="no-cache",
        ),
    )
