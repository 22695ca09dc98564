from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from pymemcache import Client
from pymemcache.exceptions import MemcacheClientError, MemcacheServerError

from crossfade.errors import BadInput
from crossfade.local.stack.memcached import memcached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.stack.memcached import Memcached


@contextmanager
def connected(server: Memcached) -> Iterator[Client]:
    client = Client(("127.0.0.1", server.port), default_noreply=False, connect_timeout=1, timeout=1)
    with closing(client):
        yield client


def test_the_real_memcached_serves_until_the_block_ends() -> None:
    with memcached() as server, connected(server) as client:
        assert client.add("k", b"v")
        assert not client.add("k", b"w")
        assert server.address == f"127.0.0.1:{server.port}"
    with connected(server) as client, pytest.raises(ConnectionRefusedError):
        client.version()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_it_keeps_what_it_has_and_refuses_new_records_when_it_is_full() -> None:
    with memcached() as server, connected(server) as client:
        client.set("first", b"v")
        with pytest.raises(MemcacheServerError, match=r"(?i)out of memory"):
            client.set_many({f"k{number}": b"x" * 900_000 for number in range(30)})
        assert client.get("first") == b"v"


def test_it_refuses_to_forget_everything() -> None:
    with memcached() as server, connected(server) as client:
        client.set("k", b"v")
        with pytest.raises(MemcacheClientError):
            client.flush_all()
        assert client.get("k") == b"v"


def test_a_missing_memcached_is_named_with_the_mend() -> None:
    with pytest.raises(BadInput, match="apt-get install memcached"), memcached(name="memcachedd"):
        pass


def test_a_taken_port_is_named() -> None:
    with (
        memcached() as server,
        pytest.raises(BadInput, match=f"memcached cannot listen on {server.address}"),
        memcached(port=server.port),
    ):
        pass
