"""Record sets: what stands under the names of a migration, compared and told in words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from crossfade.plan.base.dns_names import normal_name, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TRAFFIC_TYPES = ("A", "AAAA", "CNAME")
"""The types that carry HTTP traffic; a migration moves what it finds of them, together."""

ALIAS_TTL = timedelta(seconds=60)
"""How long resolvers keep the answer of an alias of a load balancer."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an alias points; it has no TTL of its own (a load balancer's is 60 seconds).

    Attributes:
        zone: The target's own hosted zone id, such as a load balancer's canonical one.
        target: The target's DNS name.
        evaluate_health: `EvaluateTargetHealth`: an alias whose target is unhealthy is not answered.
    """

    zone: str
    target: str
    evaluate_health: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What Route 53 tells record sets apart by."""

    name: str
    type: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One record set with every field that it has, so that DELETE can name it exactly.

    Attributes:
        name: Its name as Route 53 writes it.
        type: A, AAAA, CNAME, TXT, …
        ttl: Seconds, or None for an alias.
        values: Its values, sorted; none for an alias.
        alias: Where it points, or None.
        identifier: SetIdentifier, or "" for a simple record.
        weight: Its weight, or None where its policy is not weighted. 0 is a weight.
        health_check: Id of its health check, or "".
        other: Fields of other routing policies: pairs of a field's name and its JSON.
    """

    name: str
    type: str
    ttl: int | None = None
    values: tuple[str, ...] = ()
    alias: Alias | None = None
    identifier: str = ""
    weight: int | None = None
    health_check: str = ""
    other: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Key:
        """What it is told apart by."""
        return Key(self.name, self.type, self.identifier)

    @property
    def policy(self) -> str:
        """Its routing policy: `simple`, `weighted`, or the fields of another one."""
        if self.other:
            return ", ".join(field for field, _ in self.other)
        return "weighted" if self.weight is not None else "simple"

    @property
    def target(self) -> str:
        """Where it sends people: the alias' target, or its values."""
        return shown(self.alias.target) if self.alias else ", ".join(self.values)

    def __str__(self) -> str:
        return f"{shown(self.name)} {self.type}" + (
            f" '{self.identifier}'" if self.identifier else ""
        )


def canonical(record: RecordSet) -> RecordSet:
    """Return a record set in the one spelling in which equal ones are equal."""
    values = record.values
    if record.type == "CNAME":
        values = tuple(normal_name(value) for value in values)
    alias = record.alias and replace(record.alias, target=normal_name(record.alias.target))
    return replace(record, name=normal_name(record.name), values=tuple(sorted(values)), alias=alias)


def in_order(records: Iterable[RecordSet]) -> tuple[RecordSet, ...]:
    """Return record sets in their one order."""
    return tuple(sorted(records, key=lambda record: record.key))


def carrying_traffic(records: Iterable[RecordSet]) -> tuple[RecordSet, ...]:
    """Return the record sets that a migration moves, in order."""
    return in_order(record for record in records if record.type in TRAFFIC_TYPES)


def names_of(records: Iterable[RecordSet]) -> tuple[str, ...]:
    """Return the names that record sets stand under, each once."""
    return tuple(sorted({record.name for record in records}))


def longest_ttl(records: Iterable[RecordSet]) -> timedelta:
    """Return how long a resolver may keep the answer of any of the record sets."""
    ttls = (ALIAS_TTL if one.ttl is None else timedelta(seconds=one.ttl) for one in records)
    return max(ttls, default=ALIAS_TTL)


def same_records(one: Iterable[RecordSet], other: Iterable[RecordSet]) -> bool:
    """Whether two readings show the same."""
    return set(map(canonical, one)) == set(map(canonical, other))


_ADAPTER = TypeAdapter(tuple[RecordSet, ...])


def records_digest(records: Iterable[RecordSet]) -> str:
    """Return the digest of what stands in DNS: equal record sets, equal digest."""
    return hashlib.sha256(_ADAPTER.dump_json(in_order(map(canonical, records)))).hexdigest()


def differences(expected: Sequence[RecordSet], found: Sequence[RecordSet]) -> tuple[str, ...]:
    """Tell what was expected and what is there instead, one sentence for each record set."""
    before = {record.key: record for record in map(canonical, expected)}
    after = {record.key: record for record in map(canonical, found)}
    told = {
        **{
            key: f"{record}: expected {_content(record)}, but it is gone"
            for key, record in before.items()
            if key not in after
        },
        **{
            key: f"{record}: is there with {_content(record)}, and was not expected"
            for key, record in after.items()
            if key not in before
        },
        **{
            key: f"{record}: {_changed(before[key], record)}"
            for key, record in after.items()
            if key in before and before[key] != record
        },
    }
    return tuple(told[key] for key in sorted(told))


def differing_names(adopted: Iterable[str], configured: Iterable[str]) -> tuple[str, ...]:
    """Tell which names the configuration gained or lost since the migration adopted its records."""
    before, now = set(adopted), set(configured)
    gained = (
        f"{shown(name)}: the configuration names it, and the migration began without it: take it "
        "out again, or abort and begin anew"
        for name in sorted(now - before)
    )
    lost = (
        f"{shown(name)}: the migration moves it, and the configuration no longer names it: put it "
        "back, or abort and begin anew"
        for name in sorted(before - now)
    )
    return (*gained, *lost)


def _content(record: RecordSet) -> str:
    return ", ".join(f"{field} {value}" for field, value in _fields(record) if value != "none")


def _changed(was: RecordSet, now: RecordSet) -> str:
    return "; ".join(
        f"{field} {expected} was expected, {found} is there"
        for (field, expected), (_, found) in zip(_fields(was), _fields(now), strict=True)
        if expected != found
    )


def _fields(record: RecordSet) -> tuple[tuple[str, str], ...]:
    """Each field of a record set in words, always the same fields in the same order."""
    health = record.alias is not None and record.alias.evaluate_health
    return (
        ("weight", "none" if record.weight is None else str(record.weight)),
        ("target", record.target or "none"),
        ("alias zone", record.alias.zone if record.alias else "none"),
        ("target health", "evaluated" if health else "none"),
        ("TTL", "none" if record.ttl is None else str(record.ttl)),
        ("health check", record.health_check or "none"),
        ("policy", f"{record.policy} {record.other}" if record.other else record.policy),
    )
