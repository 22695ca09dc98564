"""The sample front end: a page that says which release it is; its assets are named by content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = {"1.0.0": "#2563eb", "1.1.0": "#16a34a", "1.2.0": "#c2410c"}
"""The releases, the oldest first, each with the colour of its page."""

LIVE, NEXT = "1.0.0", "1.1.0"
"""What is live at first, and what to promote first."""

_STYLE = """\
body {{ margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center;
  font: 18px/1.5 system-ui, sans-serif; color: white; background: {colour}; }}
h1 {{ font-size: 5rem; margin: 0; }}
"""
_SCRIPT = """\
document.querySelector("p").textContent =
  "This is what production serves. Promote another release, and load the page again.";
document.querySelector("button").onclick = () => import("/assets/{more}").then(more => more.show());
"""
_MORE = """\
export const show = () => {{ document.querySelector("p").textContent =
  "Loaded late, and from release {version} all the same."; }};
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>web {version}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/{style}">
<main><h1>{version}</h1><p></p><button>Load something late</button></main>
<script type="module" src="/assets/{script}"></script>
"""


def make_front(folder: Path, version: str) -> Path:
    """Write the build of a release into a folder of its own and return that."""
    build = folder / version
    (build / "assets").mkdir(parents=True)
    style = _asset(build, "app.css", _STYLE.format(colour=VERSIONS[version]))
    more = _asset(build, "more.js", _MORE.format(version=version))
    script = _asset(build, "app.js", _SCRIPT.format(more=more))
    page = _PAGE.format(version=version, style=style, script=script)
    (build / "index.html").write_text(page, encoding="utf-8")
    return build


def _asset(build: Path, name: str, text: str) -> str:
    stem, _, suffix = name.partition(".")
    named = f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.{suffix}"
    (build / "assets" / named).write_text(text, encoding="utf-8")
    return named
