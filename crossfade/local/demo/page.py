"""What a page and its modules refer to: what loads with them, and what they may load later.

It reads what bundlers write, not all that a browser understands: elements of the page, `import`
and `export … from` with literal addresses, `import()` with one literal, and Vite's lists of what a
lazy import needs. Icons and web manifests are left out: a browser works without them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal, TypeAlias
from urllib.parse import urljoin, urlsplit

Kind: TypeAlias = Literal["script", "style", "other"]

_ADDRESS = r"""["'`](\.{0,2}/[^"'`\s?#${}]+)["'`]"""
_STATIC = re.compile(rf"(?:\bfrom|\bimport)\s*{_ADDRESS}")
_LAZY = re.compile(rf"\bimport\s*\(\s*{_ADDRESS}\s*\)")
_VITE_LIST = re.compile(r"\bm\.f=\[([^\]]*)\]")
_VITE_ENTRY = re.compile(r"""["'`]([^"'`]+\.(?:m?js|css))["'`]""")
_LINKS: dict[str, Kind] = {"stylesheet": "style", "modulepreload": "script"}


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that a page or a module refers to.

    Attributes:
        path: Its path on the site, from `/`, as it is asked for.
        kind: What it must be; decides which content types are right.
    """

    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class References:
    """What a page or a module refers to.

    Attributes:
        eager: Loaded with it, or it does not work.
        lazy: Loaded when a visitor goes on.
    """

    eager: tuple[Asset, ...] = ()
    lazy: tuple[Asset, ...] = ()


def of_page(html: str, path: str) -> References:
    """Return what a page at `path` loads; what lies on other hosts is left out."""
    elements = _Elements()
    elements.feed(html)
    elements.close()
    return References(eager=_assets(elements.found, path))


def of_module(source: str, path: str) -> References:
    """Return what a JavaScript module at `path` imports, now and later."""
    eager = [(address, _kind(address)) for address in _STATIC.findall(source)]
    lazy = [(address, _kind(address)) for address in _LAZY.findall(source)]
    root = _root(path)
    for listed in _VITE_LIST.findall(source):
        lazy += [(root + name, _kind(name)) for name in _VITE_ENTRY.findall(listed)]
    return References(_assets(eager, path), _assets(lazy, path))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Kind]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "script" and values.get("src"):
            self.found.append((values["src"], "script"))
        elif tag == "img" and values.get("src"):
            self.found.append((values["src"], "other"))
        elif tag == "link" and values.get("href"):
            for word in values.get("rel", "").lower().split():
                if word in _LINKS:
                    self.found.append((values["href"], _LINKS[word]))


def _assets(found: list[tuple[str, Kind]], path: str) -> tuple[Asset, ...]:
    assets: dict[str, Asset] = {}
    for address, kind in found:
        joined = urlsplit(urljoin(f"//site{path}", address))
        if joined.netloc == "site" and not joined.scheme:
            assets.setdefault(joined.path, Asset(joined.path, kind))
    return tuple(assets.values())


def _kind(address: str) -> Kind:
    if address.endswith(".css"):
        return "style"
    return "script" if address.endswith((".js", ".mjs")) else "other"


def _root(path: str) -> str:
    """Return the folder that Vite's names start from: the one above the module's own folder."""
    return urljoin(path, "..")
