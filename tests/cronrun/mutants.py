"""Protocols broken on purpose, each in the way in which somebody has broken it before.

A mutant stands between the real protocol and the server and changes what is sent or what is told,
so that the code under test stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.records import RunningLease, State, decode_tick, encode, tick_key
from crossfade.plan.cron.claim.requests import Add, Item, NoAnswer, Read, Stats, Swap, Value
from tests.cronrun.simulation import LEASE, Actor, Bend
from tests.cronrun.virtual_memcached import Delete, Touch

if TYPE_CHECKING:
    from collections.abc import Mapping


class PlainDelete(Bend):
    """Gives the lease and the claim back with `delete`, which takes away whoever's is there."""

    def request(self, actor: Actor, act: object) -> object:
        del actor
        return Delete(act.key) if isinstance(act, Swap) and act.life < 0 else act


class TouchHeartbeat(Bend):
    """Extends the lease with `touch`, without looking whose it is."""

    def request(self, actor: Actor, act: object) -> object:
        beats = actor.ends_at and isinstance(act, Swap) and act.key == LEASE and act.life > 0
        return Touch(LEASE, act.life) if beats and isinstance(act, Swap) else act

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        if actor.ends_at and isinstance(act, Read) and act.keys == (LEASE,) and value:
            own = RunningLease(actor.me.token, actor.me.tick, actor.me.platform, actor.me.host)
            return {LEASE: Item(encode(own), b"0")}
        return value


class NoreplyAdd(Bend):
    """Believes an `add` that is not answered, as pymemcache's default has it."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        if isinstance(act, Add):
            return True
        key = tick_key(actor.me.job, actor.me.tick)
        if isinstance(act, Read) and key in act.keys and isinstance(value, dict) and key in value:
            items: Mapping[str, Item] = value
            record = decode_tick(items[key].value)._replace(
                token=actor.me.token, state=State.CLAIMED
            )
            return {**items, key: Item(encode(record), items[key].cas)}
        return value


class HashRing(Bend):
    """Spreads keys over two servers, by names that differ between the platforms."""

    def server(self, actor: Actor, act: object) -> int:
        key = act.keys[0] if isinstance(act, Read) else getattr(act, "key", "")
        return sum(f"{actor.me.platform}{key}".encode()) % 2


class NoRestartProof(Bend):
    """Believes that the server never restarts."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        del actor
        if isinstance(act, Stats) and isinstance(value, dict):
            return {**value, "uptime": 10**9}
        return value


class NoLossProof(Bend):
    """Believes that the server never evicts and is never flushed."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        del actor
        if isinstance(act, Stats) and isinstance(value, dict):
            return {**value, "evictions": 0}
        return value


class GoneIsMine(Bend):
    """Takes a swap of something that is gone for a success, as `if cas is not False` would."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        del actor
        return True if isinstance(act, Swap) and value is None else value


class SilenceIsSuccess(Bend):
    """Takes a missing answer to a write for a success."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        del actor
        return True if isinstance(act, Add | Swap) and isinstance(value, NoAnswer) else value


class PlainSet(Bend):
    """Writes `running` over whatever is there instead of swapping."""

    def answer(self, actor: Actor, act: object, value: Value) -> Value:
        del actor
        return True if isinstance(act, Swap) and value is False else value
