"""What the protocol relies on in memcached: one contract for the real one and the virtual one."""

from __future__ import annotations

import random
import time
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

import pytest

from crossfade.cronrun.lock.connection import Connection
from crossfade.errors import BadInput
from crossfade.plan.cron.claim.requests import Add, Item, NoAnswer, Read, Stats, Swap, Value
from tests.cronrun.servers import RealMemcached
from tests.cronrun.virtual_memcached import VirtualMemcached

if TYPE_CHECKING:
    from collections.abc import Iterator


class Asked(Protocol):
    def ask(self, request: Read | Add | Swap | Stats) -> Value: ...

    def pause(self, seconds: float) -> None: ...


class Real(Connection):
    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


class Virtual:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.server = VirtualMemcached(random.Random(1), self.now)  # noqa: S311  repeatable

    def ask(self, request: Read | Add | Swap | Stats) -> Value:
        return self.server.apply(request, self.now)

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def memcached() -> Iterator[RealMemcached]:
    server = RealMemcached()
    yield server
    server.kill()


@pytest.fixture(params=["real", "virtual"])
def asked(request: pytest.FixtureRequest, memcached: RealMemcached) -> Iterator[Asked]:
    if request.param == "virtual":
        yield Virtual()
        return
    with closing(memcached.client()) as client:
        client.delete("k")
    with closing(Real(memcached.address, timeout=2)) as connection:
        yield connection


def read(asked: Asked, key: str = "k") -> Item | None:
    items = asked.ask(Read((key,)))
    assert isinstance(items, dict)
    item: Item | None = items.get(key)
    return item


def test_the_first_add_writes_and_the_second_is_told_that_it_did_not(asked: Asked) -> None:
    assert asked.ask(Add("k", "mine", 60)) is True
    assert asked.ask(Add("k", "another's", 60)) is False
    found = read(asked)
    assert found is not None
    assert found.value == "mine"


def test_several_keys_are_read_at_once_and_missing_ones_left_out(asked: Asked) -> None:
    asked.ask(Add("k", "v", 60))
    found = asked.ask(Read(("missing", "k")))
    assert isinstance(found, dict)
    assert list(found) == ["k"]


def test_a_swap_succeeds_once_for_what_was_read(asked: Asked) -> None:
    asked.ask(Add("k", "1", 60))
    found = read(asked)
    assert found is not None
    assert asked.ask(Swap("k", "2", found.cas, 60)) is True
    assert asked.ask(Swap("k", "3", found.cas, 60)) is False
    now = read(asked)
    assert now is not None
    assert (now.value, now.cas == found.cas) == ("2", False)


def test_a_swap_of_what_is_gone_says_so(asked: Asked) -> None:
    assert asked.ask(Swap("k", "v", b"1", 60)) is None


def test_a_swap_with_a_life_of_minus_one_takes_the_item_away(asked: Asked) -> None:
    asked.ask(Add("k", "v", 60))
    found = read(asked)
    assert found is not None
    assert asked.ask(Swap("k", "v", found.cas, -1)) is True
    assert read(asked) is None
    assert asked.ask(Add("k", "w", 60)) is True


def test_an_item_lives_for_its_life_less_a_second_at_least(asked: Asked) -> None:
    asked.ask(Add("k", "v", 3))
    asked.pause(1.9)
    assert read(asked) is not None
    asked.pause(1.6)
    assert read(asked) is None


def test_an_item_with_life_0_stays(asked: Asked) -> None:
    asked.ask(Add("k", "v", 0))
    asked.pause(1.1)
    assert read(asked) is not None


def test_stats_tell_age_clock_and_losses(asked: Asked) -> None:
    stats = asked.ask(Stats())
    assert isinstance(stats, dict)
    assert {"uptime", "time", "evictions"} <= set(stats)
    assert all(isinstance(count, int) for count in stats.values())


def test_the_real_stats_count_what_the_proof_goes_by(memcached: RealMemcached) -> None:
    with closing(Connection(memcached.address, timeout=2)) as connection:
        stats = connection.ask(Stats())
    assert isinstance(stats, dict)
    assert {"evictions", "slab_reassign_evictions_nomem", "cmd_flush"} <= set(stats)
    assert abs(stats["time"] - time.time()) < 3


def test_uptime_is_at_most_so_much_too_high_as_the_proof_allows() -> None:
    begun = time.monotonic()
    server = RealMemcached()
    try:
        with closing(Connection(server.address, timeout=2)) as connection:
            for _ in range(3):
                stats = connection.ask(Stats())
                assert isinstance(stats, dict)
                assert stats["uptime"] <= time.monotonic() - begun + 3
                time.sleep(1)
    finally:
        server.kill()


def test_a_missing_answer_is_told_as_such_and_the_next_request_opens_a_new_connection() -> None:
    server = RealMemcached()
    try:
        with closing(Connection(server.address, timeout=1.5)) as connection:
            assert connection.ask(Add("k", "v", 60)) is True
            with server.frozen():
                assert isinstance(connection.ask(Add("k", "v", 60)), NoAnswer)
            assert connection.ask(Add("k", "v", 60)) is False
            server.kill()
            lost = connection.ask(Read(("k",)))
            assert isinstance(lost, NoAnswer)
            assert lost.reason
    finally:
        server.kill()


def test_a_server_without_memory_gives_no_answer() -> None:
    server = RealMemcached(megabytes=4)
    try:
        server.fill()
        with closing(Connection(server.address, timeout=2)) as connection:
            lost = connection.ask(Add("new", "x" * 200, 60))
        assert isinstance(lost, NoAnswer)
        assert "memory" in lost.reason
    finally:
        server.kill()


@pytest.mark.parametrize("address", ["host:port", "127.0.0.1:"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT"):
        Connection(address, timeout=1)
