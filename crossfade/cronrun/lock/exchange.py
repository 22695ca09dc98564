"""One exchange with memcached: connect, send and the whole answer, within one deadline.

pymemcache counts its time-out anew for each piece of an answer, so that a server which drips one
byte at a time holds a wrapper for ever. It can be given another socket module; this is one whose
sockets share what time and how many bytes are left.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

LONGEST_ANSWER = 1_048_576
"""Bytes; a record has some three hundred, and at most two hundred are asked for at once."""


class Budget:
    """What is left of an exchange."""

    def __init__(self) -> None:
        """Have nothing left until an exchange begins."""
        self._seconds = 0.0
        self._until = 0.0
        self._bytes = 0

    def begin(self, seconds: float) -> None:
        """Begin an exchange that may last so long."""
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._bytes = LONGEST_ANSWER

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: None are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> TimeoutError:
        """Return the error that says that the time is over."""
        return TimeoutError(f"no whole answer within {self._seconds:g} s")

    def spend(self, size: int) -> None:
        """Count bytes of an answer.

        Raises:
            OSError: They are too many.
        """
        self._bytes -= size
        if self._bytes < 0:
            raise OSError(f"an answer of more than {LONGEST_ANSWER} bytes")


class _Socket(socket.socket):
    """A socket whose calls end with the exchange that they belong to."""

    budget: Budget

    def connect(self, address: Any) -> None:  # noqa: ANN401  as the socket module has it
        self._within(lambda: super(_Socket, self).connect(address))

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ANN401  likewise
        self._refuse_leftovers()
        self._within(lambda: super(_Socket, self).sendall(data, flags))

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = self._within(lambda: super(_Socket, self).recv(size, flags))
        self.budget.spend(len(data))
        return data

    def _within(self, call: Callable[[], Result]) -> Result:
        self.settimeout(self.budget.left())
        try:
            return call()
        except TimeoutError:
            raise self.budget.over() from None

    def _refuse_leftovers(self) -> None:
        """Raise an error if something came that belongs to no question."""
        self.settimeout(0)
        try:
            came = super().recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        raise OSError("it sent more than it was asked" if came else "it closed the connection")


class Sockets:
    """What pymemcache takes for the socket module."""

    AF_UNIX = socket.AF_UNIX
    AF_UNSPEC = socket.AF_UNSPEC
    SOCK_STREAM = socket.SOCK_STREAM
    IPPROTO_TCP = socket.IPPROTO_TCP
    TCP_NODELAY = socket.TCP_NODELAY

    def __init__(self, budget: Budget) -> None:
        """Let all sockets share a budget."""
        self._budget = budget
        self._search: _Search | None = None

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a new socket."""
        made = _Socket(family, kind, protocol)
        made.budget = self._budget
        return made

    def getaddrinfo(
        self, host: str | bytes, port: int, family: int, kind: int, protocol: int
    ) -> list[Any]:
        """Find a host's addresses, within the exchange that asks for them.

        The system's resolver knows no deadline. One that hangs is left to itself, and asked no
        second time before it has answered the first.
        """
        try:
            return socket.getaddrinfo(host, port, family, kind, protocol, socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass  # it is a name
        search = self._search or _Search(host, port, (family, kind, protocol))
        self._search = search
        if not search.done.acquire(timeout=self._budget.left()):
            raise TimeoutError("its name was not resolved in time")
        self._search = None
        return search.result()


class _Search:
    """The search for a name's addresses, in a thread."""

    def __init__(self, host: str | bytes, port: int, how: tuple[int, int, int]) -> None:
        self.done = threading.Lock()
        self.done.acquire()
        self._found: list[Any] = []
        self._error: Exception | None = None
        threading.Thread(target=self._look, args=(host, port, how), daemon=True).start()

    def _look(self, host: str | bytes, port: int, how: tuple[int, int, int]) -> None:
        try:
            self._found = socket.getaddrinfo(host, port, *how)
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            self._error = error
        self.done.release()

    def result(self) -> list[Any]:
        if self._error is not None:
            raise self._error
        return self._found
