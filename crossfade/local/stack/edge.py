"""A small caching edge that stands for CloudFront in the demo and in tests.

It serves what a bucket holds under a prefix, keeps answers as long as their headers allow, and
drops them when an invalidation is *completed*, not when it is asked for: until then it serves stale
answers, as the real one does. Each path is an entry of its own: `/` and `/index.html` are two.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from crossfade.local.stack.caching import Behaviour, canonical, covers, time_to_live
from crossfade.local.stack.loopback import LoopbackHandler, LoopbackServer, listening, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MISSING = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
"""What S3 says to a reader that may not list: missing and forbidden look the same."""


@dataclass(frozen=True, slots=True)
class Object:
    """What the origin holds under a key.

    Attributes:
        body: The bytes as stored.
        content_type: The Content-Type header.
        cache_control: The Cache-Control header, or "" for none.
        etag: The ETag header, quotes included.
        encoding: The Content-Encoding header, or "" for none.
    """

    body: bytes
    content_type: str
    cache_control: str
    etag: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answers came from the cache, from the origin, and how many paths were missing."""

    hits: int
    misses: int
    missing: int


@dataclass(frozen=True, slots=True)
class _Entry:
    object: Object
    stored_at: float
    fresh_until: float
    batches_seen: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a visitor gets.

    Attributes:
        status: The HTTP status.
        object: The bytes and their headers.
        hit: Whether it came from the cache.
        age: Seconds since it was fetched.
    """

    status: int
    object: Object
    hit: bool
    age: int


@dataclass(slots=True)
class Edge:
    """The cache of one distribution.

    Attributes:
        url: Where it listens; "" while it does not.
        fetch: Reads an object of the origin by its key under the prefix; None if it is missing.
        completed: Paths of every invalidation completed so far, oldest first; it only grows.
        behaviour: How answers are kept.
        clock: Seconds; only differences count.
    """

    fetch: Callable[[str], Object | None]
    completed: Callable[[], Sequence[Sequence[str]]]
    behaviour: Behaviour
    clock: Callable[[], float]
    url: str = ""
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _counts: Counts = field(default_factory=lambda: Counts(0, 0, 0))
    _lock: Lock = field(default_factory=Lock)

    @property
    def counts(self) -> Counts:
        """The answers given so far."""
        with self._lock:
            return self._counts

    def answer(self, path: str) -> Answer:
        """Answer a request for a path, percent-encoded as it came, without its query."""
        path = canonical(path)
        # Counted before the origin is read: what completes from here on may concern this answer.
        batches = self.completed()
        seen = len(batches)
        entry = self._kept(path, batches)
        if entry is not None:
            self._count(hits=1)
            age = int(self.clock() - entry.stored_at)
            return Answer(HTTPStatus.OK, entry.object, hit=True, age=age)
        now = self.clock()
        fetched = self.fetch(self._key(path))
        if fetched is None and self.behaviour.spa_fallback:
            fetched = self.fetch(self.behaviour.default_root_object)
        if fetched is None:
            self._count(missing=1)
            nothing = Object(MISSING, "application/xml", "", "")
            return Answer(HTTPStatus.FORBIDDEN, nothing, hit=False, age=0)
        self._keep(path, _Entry(fetched, now, now + self._ttl(fetched), seen))
        self._count(misses=1)
        return Answer(HTTPStatus.OK, fetched, hit=False, age=0)

    def _key(self, path: str) -> str:
        key = unquote_to_bytes(path[1:]).decode(errors="replace")
        return key or self.behaviour.default_root_object

    def _kept(self, path: str, batches: Sequence[Sequence[str]]) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(path)
            if entry is None:
                return None
            gone = any(covers(batch, path) for batch in batches[entry.batches_seen :])
            if gone or self.clock() >= entry.fresh_until:
                del self._entries[path]
                return None
            return entry

    def _keep(self, path: str, entry: _Entry) -> None:
        if entry.fresh_until > entry.stored_at:
            with self._lock:
                self._entries[path] = entry

    def _ttl(self, found: Object) -> float:
        return time_to_live(found.cache_control, self.behaviour)

    def _count(self, *, hits: int = 0, misses: int = 0, missing: int = 0) -> None:
        with self._lock:
            old = self._counts
            self._counts = Counts(old.hits + hits, old.misses + misses, old.missing + missing)


@contextmanager
def edge(
    *,
    fetch: Callable[[str], Object | None],
    completed: Callable[[], Sequence[Sequence[str]]] = tuple,
    behaviour: Behaviour | None = None,
    port: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Edge]:
    """Serve an edge on 127.0.0.1 until the block ends.

    Args:
        fetch: Reads an object of the origin by its key under the prefix; None if it is missing.
        completed: Paths of every invalidation completed so far, oldest first; it may only grow.
        behaviour: How answers are kept; by default as their headers say.
        port: Where it listens; 0 takes a free port.
        clock: Seconds; only differences count.

    Raises:
        BadInput: The port is taken.
    """
    cache = Edge(fetch, completed, behaviour or Behaviour(), clock)
    server = listening(LoopbackServer, port, _handler(cache), what="the edge")
    cache.url = server.url
    with serving(server):
        yield cache


def _handler(cache: Edge) -> type[LoopbackHandler]:
    class Handler(LoopbackHandler):
        def do_GET(self) -> None:  # noqa: N802  http.server's name
            answer = cache.answer(self.path.partition("?")[0])
            self._send(answer, unchanged=self._unchanged(answer))

        do_HEAD = do_GET  # noqa: N815

        def _unchanged(self, answer: Answer) -> bool:
            known = self.headers.get("If-None-Match", "")
            return answer.status == HTTPStatus.OK and bool(known) and answer.object.etag in known

        def _send(self, answer: Answer, *, unchanged: bool) -> None:
            self.send_response_only(HTTPStatus.NOT_MODIFIED if unchanged else answer.status)
            for name, value in _headers(answer).items():
                self.send_header(name, value)
            if not unchanged:
                self.send_header("Content-Length", str(len(answer.object.body)))
            self.end_headers()
            if self.command == "GET" and not unchanged:
                self.wfile.write(answer.object.body)

    return Handler


def _headers(answer: Answer) -> dict[str, str]:
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": answer.object.content_type,
        "Cache-Control": answer.object.cache_control,
        "ETag": answer.object.etag,
        "Content-Encoding": answer.object.encoding,
        "X-Cache": "Error from edge"
        if answer.status != HTTPStatus.OK
        else f"{'Hit' if answer.hit else 'Miss'} from edge",
        "Age": str(answer.age) if answer.hit else "",
    }
    return {name: value for name, value in headers.items() if value}
