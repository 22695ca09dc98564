"""Weighted pairs: adopting what is there, setting a vector, and becoming simple again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from crossfade.errors import Refused
from crossfade.plan.base.dns_names import normal_name, shown
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.records import Alias, RecordSet, carrying_traffic, in_order
from crossfade.plan.dns.traffic import is_address, platform_of
from crossfade.plan.dns.vector import BASELINE, WHOLE, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.plan.dns.traffic import Traffic

Group = tuple[RecordSet, ...]
"""All record sets of one name and type."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two weighted record sets of one group.

    Attributes:
        legacy: The one that answers with the legacy platform.
        new: The one that answers with the new platform.
    """

    legacy: RecordSet
    new: RecordSet

    @property
    def vector(self) -> Vector:
        """The weights that the pair shows.

        Raises:
            Refused: One of the two is not weighted.
            BadInput: Both weights are 0.
        """
        if self.legacy.weight is None or self.new.weight is None:
            raise Refused(f"{self.legacy} and {self.new} are not both weighted")
        return Vector(self.legacy.weight, self.new.weight)

    def at(self, vector: Vector) -> tuple[RecordSet, RecordSet]:
        """Return both with a vector's weights; all else stays as it is."""
        return (
            replace(self.legacy, weight=vector.legacy),
            replace(self.new, weight=vector.new),
        )


def groups_of(records: Iterable[RecordSet]) -> tuple[Group, ...]:
    """Return the traffic record sets by name and type."""
    groups: dict[tuple[str, str], list[RecordSet]] = defaultdict(list)
    for record in carrying_traffic(records):
        groups[(record.name, record.type)].append(record)
    return tuple(tuple(group) for _, group in sorted(groups.items()))


def pairs_of(records: Iterable[RecordSet], traffic: Traffic) -> tuple[Pair, ...]:
    """Read the live records as weighted pairs.

    Raises:
        Refused: A group is anything else than one weighted record set of each platform.
    """
    return tuple(_pair(group, traffic) for group in groups_of(records))


def live_vector(pairs: Sequence[Pair]) -> Vector:
    """Return the vector that all groups show.

    Raises:
        Refused: They differ, or there are none.
        BadInput: The weights are all 0.
    """
    shown_vectors = {pair.vector: str(pair.new) for pair in pairs}
    if len(shown_vectors) != 1:
        told = ", ".join(f"{where} at {vector}" for vector, where in shown_vectors.items())
        raise Refused(
            f"the groups of the migration do not show one vector ({told or 'there are none'}): "
            "give them the same weights"
        )
    return next(iter(shown_vectors))


def away_from_legacy(records: Iterable[RecordSet], traffic: Traffic) -> Fraction:
    """Return the percentage of new lookups that are not answered with legacy.

    Of several groups it is that of the one with most. Unlike `live_vector` it reads whatever
    stands there: a record that is gone or was added, other records than pairs, all zeros.
    """
    shares = [Fraction(0)]
    for group in groups_of(records):
        weights = [1 if record.weight is None else record.weight for record in group]
        if not any(weights):
            weights = [1] * len(group)  # Route 53 reads all zeros as an even split
        away = sum(
            weight
            for record, weight in zip(group, weights, strict=True)
            if platform_of(record, traffic) is not Platform.LEGACY
        )
        shares.append(Fraction(WHOLE * away, sum(weights)))
    return max(shares)


def at_vector(pairs: Iterable[Pair], vector: Vector) -> tuple[RecordSet, ...]:
    """Return all record sets of the pairs with a vector's weights."""
    return in_order(record for pair in pairs for record in pair.at(vector))


def adopted(records: Iterable[RecordSet], traffic: Traffic) -> tuple[RecordSet, ...]:
    """Return what the records shall be before the first stage.

    A weighted pair stays as it is. A simple record of legacy becomes a pair at legacy 100 / new 0,
    and so does one that is weighted alone: it has everything already, whatever its weight.

    Raises:
        Refused: A group cannot become a pair; `check_records` names all reasons at once.
    """
    target: list[RecordSet] = []
    for group in groups_of(records):
        if len(group) == 1 and platform_of(group[0], traffic) is Platform.LEGACY:
            target.extend(pair_of_one(group[0], traffic).at(BASELINE))
        else:
            pair = _pair(group, traffic)
            target.extend((pair.legacy, pair.new))
    return in_order(target)


def pair_of_one(record: RecordSet, traffic: Traffic) -> Pair:
    """Return the pair that a single legacy record set becomes; the new one is made like it.

    Raises:
        Refused: It has another routing policy or several values, or the new target is of another
            kind than the record.
    """
    if record.other:
        raise Refused(f"{record} has the routing policy {record.policy}: make it simple first")
    if len(record.values) > 1:
        raise Refused(
            f"{record} has {len(record.values)} values, and a weighted record may have one: put a "
            "load balancer in front"
        )
    legacy = replace(record, identifier=record.identifier or Platform.LEGACY.value, weight=0)
    taken = legacy.identifier == Platform.NEW.value
    new = replace(
        _of_new(record, traffic),
        identifier="new-platform" if taken else Platform.NEW.value,
        weight=0,
        health_check="",
    )
    return Pair(legacy, new)


def simple(pairs: Iterable[Pair], platform: Platform) -> tuple[RecordSet, ...]:
    """Return the simple record sets that end a migration on one platform."""
    chosen = (pair.new if platform is Platform.NEW else pair.legacy for pair in pairs)
    return in_order(
        replace(record, identifier="", weight=None, health_check="") for record in chosen
    )


def _of_new(record: RecordSet, traffic: Traffic) -> RecordSet:
    if record.alias is not None:
        target = traffic.new.target
        if is_address(target):
            raise Refused(
                f"{record} is an alias and the new target {target} is an address: name the new "
                "load balancer"
            )
        zone = traffic.new.alias_zone or record.alias.zone
        return replace(record, alias=Alias(zone, normal_name(target), record.alias.evaluate_health))
    value = traffic.new.ipv6 if record.type == "AAAA" else traffic.new.target
    if is_address(value) != (record.type != "CNAME"):
        wanted = "a name" if record.type == "CNAME" else "an address"
        raise Refused(
            f"{record} needs {wanted} as its new target, and the configuration has "
            f"{value or 'none'}: correct the new platform's target"
        )
    return replace(record, values=(value,))


def _pair(group: Group, traffic: Traffic) -> Pair:
    sides = {platform_of(record, traffic): record for record in group if _plain_weighted(record)}
    legacy, new = sides.get(Platform.LEGACY), sides.get(Platform.NEW)
    if legacy is None or new is None or len(group) != len(Platform):
        there = ", ".join(f"{record} -> {record.target} ({record.policy})" for record in group)
        raise Refused(
            f"{shown(group[0].name)} {group[0].type} is not one weighted record for each platform, "
            f"but {there}: make it that, or a simple record of legacy"
        )
    return Pair(legacy, new)


def _plain_weighted(record: RecordSet) -> bool:
    return record.weight is not None and not record.other
