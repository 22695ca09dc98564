"""A memcached in virtual time, with its faults: what FACTS of the real one the protocol must bear.

Its answers to `add`, `gets`, `cas` and `stats` are held against the real server's by the contract
in `test_connection.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.cron.claim.requests import Add, Item, Read, Stats, Swap, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

BOOT = 2
"""Seconds by which a fresh memcached over-reports its uptime."""


MANY = 500
"""Items from which on those that have expired are thrown out."""


class Delete(NamedTuple):
    """What the protocol must never ask: take a value away, whoever wrote it."""

    key: str


class Touch(NamedTuple):
    """What the protocol must never ask: make a value live longer, whoever wrote it."""

    key: str
    life: int


class _Stored(NamedTuple):
    value: str
    cas: int
    expires: float


class VirtualMemcached:
    """One server. `life` counts its starts: a connection ends with the life it was made in."""

    def __init__(self, random: Random, now: float) -> None:
        self._random = random
        self._does: dict[type, Callable[..., Value]] = {
            Read: self._read,
            Add: self._add,
            Swap: self._swap,
            Stats: self._stats,
            Delete: self._delete,
            Touch: self._touch,
        }
        self.life = 0
        self.restart(now)

    def restart(self, now: float) -> None:
        """Lose everything, the CAS counter too."""
        self.life += 1
        self.started = now
        self.items: dict[str, _Stored] = {}
        self.losses = 0
        self._cas = 0

    def restart_warm(self) -> None:
        """Break all connections and keep everything."""
        self.life += 1

    def flush(self) -> None:
        self.items.clear()
        self.losses += 1

    def evict(self, share: float) -> None:
        for key in [key for key in self.items if self._random.random() < share]:
            del self.items[key]
            self.losses += 1

    def value(self, key: str, now: float) -> str | None:
        """What stands under a key."""
        stored = self._get(key, now)
        return stored.value if stored else None

    def apply(self, request: object, now: float) -> Value:
        """Carry a request out."""
        carried_out = self._does[type(request)]
        return carried_out(request, now)

    def _read(self, request: Read, now: float) -> Value:
        found = {key: self._get(key, now) for key in request.keys}
        return {
            key: Item(stored.value, b"%d" % stored.cas)
            for key, stored in found.items()
            if stored is not None
        }

    def _add(self, request: Add, now: float) -> Value:
        free = self._get(request.key, now) is None
        return free and self.store(request.key, request.value, request.life, now)

    def _swap(self, request: Swap, now: float) -> Value:
        stored = self._get(request.key, now)
        if stored is None:
            return None
        same = b"%d" % stored.cas == request.cas
        return same and self.store(request.key, request.value, request.life, now)

    def _stats(self, _request: Stats, now: float) -> Value:
        uptime = int(now - self.started) + BOOT
        return {"uptime": uptime, "time": int(now), "evictions": self.losses}

    def _delete(self, request: Delete, _now: float) -> Value:
        return self.items.pop(request.key, None) is not None

    def _touch(self, request: Touch, now: float) -> Value:
        stored = self._get(request.key, now)
        return stored is not None and self.store(request.key, stored.value, request.life, now)

    def _get(self, key: str, now: float) -> _Stored | None:
        stored = self.items.get(key)
        if stored is not None and stored.expires <= now:
            del self.items[key]
            return None
        return stored

    def store(self, key: str, value: str, life: int, now: float) -> bool:
        self._cas += 1
        early = self._random.random()  # the real one drops an item up to a second early
        expires = now + life - early if life else float("inf")
        self.items[key] = _Stored(value, self._cas, expires)
        if len(self.items) > MANY:
            self.items = {key: item for key, item in self.items.items() if item.expires > now}
        return True
