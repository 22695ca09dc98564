"""Loads a page as a browser does: the page, all that loads with it, and later what is lazy."""

from __future__ import annotations

import hashlib
import http.client
import threading
import zlib
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crossfade.local.demo.page import Asset, References, of_module, of_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Loaded:
    """A page with what loaded with it.

    Attributes:
        page: The page's path.
        edition: Digest of the page's own bytes; b"" if it did not load.
        asked: How many assets were asked for.
        problems: What went wrong, in words; empty if everything is whole.
        present: Paths that are loaded.
        lazy: What it may load later.
    """

    page: str
    edition: bytes = b""
    asked: int = 0
    problems: tuple[str, ...] = ()
    present: frozenset[str] = frozenset()
    lazy: tuple[Asset, ...] = ()


@dataclass(slots=True)
class Reader:
    """Finds references, each document once: reading a large module takes a quarter of a second."""

    _known: dict[tuple[str, bytes], References] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def references(
        self, answer: Answer, path: str, read: Callable[[str, str], References]
    ) -> References:
        """Return what a document refers to."""
        key = (path, answer.digest())
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = read(answer.text(), path)
            with self._lock:
                self._known[key] = known
        return known


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with; status 0 stands for no answer, with the error as type."""

    status: int
    content_type: str
    body: bytes = b""
    encoding: str = ""

    def digest(self) -> bytes:
        """Return the digest of the bytes as they were sent."""
        return hashlib.sha256(self.body).digest()

    def text(self) -> str:
        """Return the body as text."""
        body = self.body
        if self.encoding == "gzip":
            body = zlib.decompress(body, wbits=zlib.MAX_WBITS | 16)
        return body.decode(errors="replace")


class Browser:
    """One visitor's connection to a site; without a cache, so that every load asks for all.

    Args:
        base_url: The site's address.
        expect: Tells whether a path was answered with right bytes, as they were sent; True for a
            path that it does not know. None accepts all bytes.
        timeout: Seconds for each request.
        reader: Finds references; browsers may share it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        expect: Callable[[str, bytes], bool] | None,
        timeout: float,
        reader: Reader,
    ) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=timeout)
        self._expect = expect
        self._reader = reader

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def load(self, page: str) -> Loaded:
        """Load a page and everything that loads with it."""
        answer = self._get(page)
        problem = self._wrong(Asset(page, "other"), answer)
        if problem:
            return Loaded(page, problems=(problem,))
        found = self._reader.references(answer, page, of_page)
        return replace(self._follow(Loaded(page), found.eager), edition=answer.digest())

    def go_on(self, tab: Loaded) -> Loaded:
        """Load everything that a loaded page may load lazily, and what that may load in turn."""
        return self._follow(replace(tab, asked=0, problems=()), tab.lazy, deep=True)

    def _follow(self, tab: Loaded, assets: Iterable[Asset], *, deep: bool = False) -> Loaded:
        present = set(tab.present)
        problems: list[str] = []
        lazy: dict[Asset, None] = {}
        waiting = list(assets)
        asked = 0
        while waiting:
            asset = waiting.pop()
            if asset.path in present:
                continue
            present.add(asset.path)
            asked += 1
            answer = self._get(asset.path)
            problem = self._wrong(asset, answer)
            if problem:
                problems.append(f"{asset.path} {problem}")
            elif asset.kind == "script":
                found = self._reader.references(answer, asset.path, of_module)
                waiting += [*found.eager, *(found.lazy if deep else ())]
                lazy |= dict.fromkeys(found.lazy)
        return replace(
            tab,
            asked=asked,
            problems=tuple(problems),
            present=frozenset(present),
            lazy=tuple(lazy),
        )

    def _get(self, path: str) -> Answer:
        try:
            self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Answer(0, type(error).__name__)
        headers = response.headers
        kind, encoding = headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
        return Answer(response.status, kind, body, encoding)

    def _wrong(self, asset: Asset, answer: Answer) -> str:
        kind = answer.content_type
        if answer.status == 0:
            return f"got no answer ({kind})"
        if answer.status != HTTPStatus.OK:
            return f"was answered with {answer.status}"
        if asset.kind == "script" and "javascript" not in kind:
            return f"is of type {kind}, not a script"
        if asset.kind == "style" and not kind.startswith("text/css"):
            return f"is of type {kind}, not a style sheet"
        if self._expect is not None and not self._expect(asset.path, answer.body):
            return "has wrong bytes"
        return ""
