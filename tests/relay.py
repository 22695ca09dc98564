"""The line between one worker and S3: it delays, loses, repeats and alters single requests.

A worker is given the relay's address instead of the server's. What strikes a request is armed
before it is sent, and says when it has come by:

    late = relay.holds("PUT", "live/logo.svg")      # on its way until `late.go()`
    relay.drops("PUT", "live/logo.svg")             # never arrives
    relay.loses("PUT", "live/logo.svg")             # acts; its answer never comes
    copied = relay.copies("PUT", "live/logo.svg")   # passes; `copied.again()` sends it once more
    relay.alters("GET", "head.json", date=...)      # its answer carries this header

Requests pass byte for byte, with the signature that they have: what S3 says to one that comes late
is S3's own word.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crossfade.local.stack.loopback import LoopbackHandler, LoopbackServer, listening, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

SECONDS = 30
"""How long a test waits for what must come by, and a request for its release."""

HOP = {"connection", "expect", "keep-alive"}
"""Headers of one leg of the way."""


@dataclass(frozen=True)
class Answered:
    """What the server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Sent:
    """One request as the worker sent it."""

    upstream: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def passed(self) -> Answered:
        """Send it to the server, byte for byte."""
        line = http.client.HTTPConnection(self.upstream, timeout=SECONDS)
        try:
            line.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers:
                line.putheader(name, value)
            line.endheaders(self.body)
            answer = line.getresponse()
            return Answered(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            line.close()


@dataclass
class Struck:
    """What is armed for the nth request of a kind, and what came by."""

    method: str
    part: str
    nth: int
    act: Callable[[Sent], Answered | None]
    seen: int = 0
    sent: Sent | None = None
    answered: Answered | None = None
    _came: threading.Event = field(default_factory=threading.Event)
    _may_go: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    def strikes(self, sent: Sent) -> bool:
        """Count a request that matches, and tell whether it is the one."""
        if sent.method != self.method or self.part not in unquote(sent.path):
            return False
        self.seen += 1
        return self.seen == self.nth

    def comes(self) -> Struck:
        """Wait until the request is here."""
        assert self._came.wait(SECONDS), f"no {self.method} of {self.part} came by"
        return self

    def let_go(self) -> None:
        """Let a request go on that is held or will be."""
        self._may_go.set()

    def go(self) -> int:
        """Let a request go on that is held; return what the server said to it."""
        self.let_go()
        assert self._over.wait(SECONDS)
        assert self.answered is not None
        return self.answered.status

    def again(self) -> int:
        """Send the request once more, as it was; return what the server said to it."""
        self.comes()
        assert self.sent is not None
        return self.sent.passed().status

    def struck(self, sent: Sent) -> Answered | None:
        """Do to the request what is armed for it."""
        self.sent = sent
        self._came.set()
        try:
            self.answered = self.act(sent)
        finally:
            self._over.set()
        return self.answered

    def held(self, sent: Sent) -> Answered:
        """Keep it until it may go."""
        assert self._may_go.wait(SECONDS), f"{self.method} of {self.part} was never let go"
        return sent.passed()


@dataclass
class Relay:
    """The line of one worker.

    Attributes:
        upstream: The server's host and port.
        endpoint: The address that the worker is given.
        passed: Requests that reached the server through it, in order, as method and path.
    """

    upstream: str
    endpoint: str = ""
    passed: list[tuple[str, str]] = field(default_factory=list)
    _armed: list[Struck] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, method: str, part: str, *, nth: int = 1) -> Struck:
        """Keep a request on its way until it is let go."""
        struck = self._arm(method, part, nth, lambda _: None)
        struck.act = struck.held
        return struck

    def drops(self, method: str, part: str, *, nth: int = 1) -> Struck:
        """Let a request never arrive."""
        return self._arm(method, part, nth, lambda _: None)

    def loses(self, method: str, part: str, *, nth: int = 1) -> Struck:
        """Let a request act and its answer never come."""

        def lost(sent: Sent) -> None:
            sent.passed()

        return self._arm(method, part, nth, lost)

    def copies(self, method: str, part: str, *, nth: int = 1) -> Struck:
        """Let a request pass, to be sent again later."""
        return self._arm(method, part, nth, Sent.passed)

    def alters(self, method: str, part: str, *, nth: int = 1, **headers: str) -> Struck:
        """Let an answer carry other headers."""

        def altered(sent: Sent) -> Answered:
            answer = sent.passed()
            kept = [(name, value) for name, value in answer.headers if name.lower() not in headers]
            return Answered(answer.status, (*kept, *headers.items()), answer.body)

        return self._arm(method, part, nth, altered)

    def let_all_go(self) -> None:
        """Let go of whatever is still held."""
        for struck in self._armed:
            struck.let_go()

    def _arm(
        self, method: str, part: str, nth: int, act: Callable[[Sent], Answered | None]
    ) -> Struck:
        struck = Struck(method, part, nth, act)
        with self._lock:
            self._armed.append(struck)
        return struck

    def answer(self, sent: Sent) -> Answered | None:
        """Carry one request; None where the worker hears nothing."""
        with self._lock:
            struck = [one for one in self._armed if one.strikes(sent)]
        answer = struck[0].struck(sent) if struck else sent.passed()
        if answer is not None:
            with self._lock:
                self.passed.append((sent.method, sent.path))
        return answer


@contextmanager
def relay(server: str) -> Iterator[Relay]:
    """Run a line to a server until the block ends.

    Args:
        server: The server's address.
    """
    line = Relay(urlsplit(server).netloc)

    class Handler(LoopbackHandler):
        """Hands each request to the line."""

        def carry(self) -> None:
            body = _body(self)
            headers = tuple(one for one in self.headers.items() if one[0].lower() not in HOP)
            sent = Sent(line.upstream, self.command, self.path, headers, body)
            answer = line.answer(sent)
            if answer is None:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            has_length = False
            for name, value in answer.headers:
                if name.lower() in {*HOP, "transfer-encoding"}:
                    continue
                has_length |= name.lower() == "content-length"
                self.send_header(name, value)
            if not has_length:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = carry  # noqa: N815  http.server's names

    listener = listening(LoopbackServer, 0, Handler, what="a relay")
    line.endpoint = listener.url
    with serving(listener):
        yield line
        line.let_all_go()


def _body(handler: LoopbackHandler) -> bytes:
    """Read a request's body as it was framed."""
    headers: Message = handler.headers
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(headers.get("Content-Length") or 0))
    framed = b""
    while True:
        size = handler.rfile.readline()
        chunk = handler.rfile.read(int(size, 16) + 2)
        framed += size + chunk
        if int(size, 16) == 0:
            return framed
