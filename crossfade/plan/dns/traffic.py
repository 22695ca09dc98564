"""What a migration's configuration says about its traffic: names, and the two targets."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.dns_names import normal_name, same_host
from crossfade.plan.base.platform import Platform

if TYPE_CHECKING:
    from crossfade.plan.dns.records import RecordSet


@dataclass(frozen=True, slots=True)
class Target:
    """One platform's side of the records.

    Attributes:
        target: DNS name of its load balancer, or its IPv4 address where the live record is a plain
            A record.
        load_balancer: Its load balancer as CloudWatch knows it (`app/name/id`), or "" for none.
        alias_zone: Its load balancer's canonical hosted zone id; "" takes that of the live alias,
            which is right for two load balancers of one kind in one region.
        ipv6: Its IPv6 address; needed only beside a plain AAAA record.
    """

    target: str
    load_balancer: str = ""
    alias_zone: str = ""
    ipv6: str = ""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The records of a migration.

    Attributes:
        zone: Id of the hosted zone.
        names: The names that move together; every traffic type found there moves.
        legacy: The platform that is left.
        new: The platform that is entered.
        types: The record types to move; none given means all that are found.
    """

    zone: str
    names: tuple[str, ...]
    legacy: Target
    new: Target
    types: tuple[str, ...] = ()

    def side(self, platform: Platform) -> Target:
        """Return one platform's target."""
        return self.legacy if platform is Platform.LEGACY else self.new


def checked_traffic(traffic: Traffic) -> Traffic:
    """Return the configuration with its names as Route 53 writes them.

    Raises:
        BadInput: There is no name, a name is none, one is given twice, or both platforms have the
            same target.
    """
    names = tuple(normal_name(name) for name in traffic.names)
    if not names:
        raise BadInput("the migration names no records: give `records` at least one name")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"the migration names {twice[0]} twice: name each record once")
    if _same_target(traffic.legacy.target, traffic.new.target):
        raise BadInput(
            f"legacy and new have the same target {traffic.new.target}: nothing would move"
        )
    return Traffic(traffic.zone, names, traffic.legacy, traffic.new, traffic.types)


def platform_of(record: RecordSet, traffic: Traffic) -> Platform | None:
    """Tell which platform a record set sends people to, or None for neither.

    Of several values one is enough to tell whose it is; that they are several is said elsewhere.
    """
    for platform in Platform:
        side = traffic.side(platform)
        wanted = side.ipv6 if record.type == "AAAA" and record.alias is None else side.target
        found = [record.alias.target] if record.alias else list(record.values)
        if wanted and any(_same_target(value, wanted) for value in found):
            return platform
    return None


def is_address(text: str) -> bool:
    """Whether a target is an IP address rather than a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _same_target(one: str, other: str) -> bool:
    if is_address(one) or is_address(other):
        return is_address(one) and is_address(other) and ip_address(one) == ip_address(other)
    return same_host(one, other)
