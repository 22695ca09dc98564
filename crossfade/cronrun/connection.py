"""The protocol's requests over a real connection to memcached.

pymemcache's plain `Client` with answers to every request and errors that are raised: its
`RetryingClient` says False for an `add` that it repeated, and its `HashClient` says False while it
backs off and spreads keys by the spelling of the servers' names; either lets nobody or two run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.cronrun.client import Client, MemcacheError, normalize_server_spec
from crossfade.errors import BadInput, Unavailable
from crossfade.plan.cron.claim.requests import Add, Item, NoAnswer, Read, Stats, Swap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.claim.requests import Value


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
            timeout: Seconds for connecting, and for each answer.

        Raises:
            BadInput: It is no address.
        """
        try:
            address = normalize_server_spec(server)
            if isinstance(address, tuple) and address[0].isascii():
                address = (address[0].encode(), address[1])  # spares loading the codec for IDNA
            self._client = Client(
                address,
                default_noreply=False,
                ignore_exc=False,
                connect_timeout=timeout,
                timeout=timeout,
                no_delay=True,
            )
        except ValueError as error:
            raise BadInput(f"{server!r} is no address of a memcached: give host:port") from error

    def ask(self, request: Read | Add | Swap | Stats) -> Value:
        """Make one request; `NoAnswer` when it is not known what became of it."""
        try:
            return self._ask(request)
        except (OSError, MemcacheError, ValueError) as error:
            self.close()
            return NoAnswer(f"{error}" or type(error).__name__)

    def settings(self) -> Mapping[str, str]:
        """Return how the server is set up, as it says itself.

        Raises:
            Unavailable: It gave no answer.
        """
        try:
            settings: Mapping[bytes, object] = self._client.stats("settings")
        except (OSError, MemcacheError, ValueError) as error:
            self.close()
            reason = f"{error}" or type(error).__name__
            raise Unavailable(f"memcached does not answer: {reason}; check that it runs") from error
        return {name.decode(): _text(value) for name, value in settings.items()}

    def hurry(self, timeout: float) -> None:
        """Start over on a new connection, and wait no longer than this from now on."""
        self.close()
        self._client.timeout = min(self._client.timeout, timeout)
        self._client.connect_timeout = min(self._client.connect_timeout, timeout)

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
        return {name.decode(): count for name, count in stats.items() if isinstance(count, int)}


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
