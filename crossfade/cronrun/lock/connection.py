"""The protocol's requests over a real connection to memcached.

pymemcache's plain `Client` with answers to every request and errors that are raised: its
`RetryingClient` says False for an `add` that it repeated, and its `HashClient` says False while it
backs off and spreads keys by the spelling of the servers' names; either lets nobody or two run.

Whatever the other end sends, it is an answer or it is none. pymemcache reads what a memcached would
say and fails in many ways on what it would not (KeyError, IndexError, …), so every failure counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheUnknownError

from crossfade.cronrun.lock.address import read_address
from crossfade.cronrun.lock.exchange import LONGEST_ANSWER, Budget, Sockets
from crossfade.errors import Unavailable
from crossfade.plan.cron.claim.requests import Add, Item, NoAnswer, Read, Stats, Swap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.claim.requests import Value

LARGEST_COUNT = 2**53
LONGEST_REASON = 200
_WORDS = 5


class Connection:
    """One server at a time, one connection at a time.

    After a missing answer the connection is closed and the next request opens another, so that
    answers never mix and the proof about the server's restarts holds.
    """

    def __init__(self, server: str, *, timeout: float) -> None:
        """Prepare a connection; it is opened by the first request.

        Args:
            server: `host:port`, `[v6]:port` or `unix:/path`. Of a name, only the first address is
                tried.
            timeout: Seconds for each request: for its whole answer, and for connecting before it.

        Raises:
            BadInput: It is no address.
        """
        address: Any = read_address(server, source="the memcached's address")
        if isinstance(address, tuple) and address[0].isascii():
            address = (address[0].encode(), address[1])  # spares loading the codec for IDNA
        self._timeout = timeout
        self._budget = Budget()
        self._client = _Client(
            address,
            default_noreply=False,
            ignore_exc=False,
            no_delay=True,
            socket_module=Sockets(self._budget),
        )

    def ask(self, request: Read | Add | Swap | Stats) -> Value:
        """Make one request; `NoAnswer` when it is not known what became of it."""
        self._budget.begin(self._timeout)
        try:
            return self._ask(request)
        except Exception as error:  # noqa: BLE001  see above
            self.close()
            return NoAnswer(_reason(error))

    def settings(self) -> Mapping[str, str]:
        """Return how the server is set up, as it says itself.

        Raises:
            Unavailable: It gave no answer.
        """
        self._budget.begin(self._timeout)
        try:
            settings: Mapping[bytes, object] = self._client.stats("settings")
            return {name.decode(): _text(value) for name, value in settings.items()}
        except Exception as error:
            self.close()
            raise Unavailable(
                f"memcached does not answer: {_reason(error)}; check that it runs"
            ) from error

    def hurry(self, timeout: float) -> None:
        """Start over on a new connection, and wait no longer than this from now on."""
        self.close()
        self._timeout = min(self._timeout, timeout)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _ask(self, request: Read | Add | Swap | Stats) -> Value:
        client = self._client
        if isinstance(request, Read):
            found: Mapping[str, tuple[bytes, bytes]] = client.gets_many(request.keys)
            return {
                key: Item(value.decode(errors="replace"), cas)
                for key, (value, cas) in found.items()
            }
        if isinstance(request, Add):
            return bool(client.add(request.key, request.value, expire=request.life))
        if isinstance(request, Swap):
            written: bool | None = client.cas(
                request.key, request.value, request.cas, expire=request.life
            )
            return written
        stats: Mapping[bytes, object] = client.stats()
        return {
            name.decode(): count
            for name, count in stats.items()
            if isinstance(count, int) and 0 <= count <= LARGEST_COUNT
        }


class _Client(Client):  # type: ignore[misc]  # pymemcache has no types
    """pymemcache's client, which believes no line about a value that cannot be one."""

    def _extract_value(self, *how: Any) -> Any:  # noqa: ANN401  it is passed on as it comes
        _, line, _, asked, _ = how
        words = line.split()
        plain = len(words) == _WORDS and all(word.isdigit() for word in words[2:])
        if not plain or words[1] not in asked or int(words[3]) > LONGEST_ANSWER:
            raise MemcacheUnknownError(line[:32])
        return super()._extract_value(*how)


def _reason(error: Exception) -> str:
    """Say what is wrong in a line that is not too long."""
    return f"{f'{error}' or type(error).__name__}"[:LONGEST_REASON]


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
