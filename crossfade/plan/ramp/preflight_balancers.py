"""What stands in the way of a migration at its load balancers: zones, keep-alive, state, scheme."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.plan.base.dns_names import same_host
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.base.finding import note, problem, risk
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.traffic import is_address
from crossfade.plan.gates.balancer import ACTIVE, Balancer, Unread, home_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Target, Traffic
    from crossfade.plan.gates.balancer import Reading

_TOO_SHORT = {
    Platform.LEGACY: "gates and the drain proof would expect its clients to be gone too soon",
    Platform.NEW: "the stated time to come back is too short",
}
"""What a configured keep-alive that is shorter than the real one spoils."""


def kept_by(reading: Reading | None, configured: timedelta) -> timedelta:
    """Return how long a load balancer lets a connection last; what is configured if it is mute."""
    told = isinstance(reading, Balancer) and reading.keep_alive
    return told or configured


def keep_alive_of(readings: Mapping[Platform, Reading], configured: timedelta) -> timedelta:
    """Return how long a connection may last on either platform."""
    return max((kept_by(one, configured) for one in readings.values()), default=configured)


def with_alias_zone(traffic: Traffic, readings: Mapping[Platform, Reading]) -> Traffic:
    """Return the configuration with the new target's alias zone as its load balancer tells it.

    Without it the live alias's zone would be taken, which is right only for two load balancers of
    one kind in one region.
    """
    new = readings.get(Platform.NEW)
    if traffic.new.alias_zone or not isinstance(new, Balancer) or not _is(new, traffic.new):
        return traffic
    return replace(traffic, new=replace(traffic.new, alias_zone=new.zone))


def check_balancers(
    traffic: Traffic,
    readings: Mapping[Platform, Reading],
    found: Sequence[RecordSet],
    *,
    keep_alive: timedelta,
) -> tuple[Finding, ...]:
    """Find where the configuration and the load balancers contradict each other.

    Args:
        traffic: The configuration.
        readings: What was read of each platform's load balancer.
        found: What stands in DNS.
        keep_alive: The configured keep-alive.
    """
    return (
        *(finding for one in Platform for finding in _side(traffic, one, readings, keep_alive)),
        *_zone(traffic, readings.get(Platform.NEW), found),
        *_schemes(readings),
    )


def _side(
    traffic: Traffic,
    platform: Platform,
    readings: Mapping[Platform, Reading],
    keep_alive: timedelta,
) -> Iterator[Finding]:
    target, reading = traffic.side(platform), readings.get(platform)
    subject = target.load_balancer or f"{platform} load_balancer"
    if isinstance(reading, Unread):
        yield note(
            "balancer-unread",
            subject,
            f"{reading.why}; its keep-alive is taken to be the configured "
            f"{shown_duration(keep_alive)}",
            "let this identity describe it, or see to it that `keep_alive` is what it is set to",
        )
    elif reading is not None:
        yield from _settings(reading, target, platform, keep_alive)


def _settings(
    balancer: Balancer, target: Target, platform: Platform, keep_alive: timedelta
) -> Iterator[Finding]:
    if balancer.state not in ("", ACTIVE):
        yield risk(
            "balancer-state",
            balancer.name,
            f"its state is {balancer.state}",
            f"wait until it is {ACTIVE}, or mend it, before it gets traffic",
        )
    if balancer.keep_alive is not None and balancer.keep_alive > keep_alive:
        yield risk(
            "keep-alive-longer",
            balancer.name,
            f"it lets connections last {shown_duration(balancer.keep_alive)}, and `keep_alive` "
            f"says {shown_duration(keep_alive)}: {_TOO_SHORT[platform]}",
            f'set keep_alive = "{balancer.keep_alive.total_seconds():.0f}s", or lower its '
            "client_keep_alive.seconds",
        )
    if balancer.dns_name and not _is(balancer, target):
        yield note(
            "balancer-target",
            balancer.name,
            f"its DNS name is {balancer.dns_name}, and {platform}.target is {target.target}",
            "see to it that the target leads there: else the gates judge another one's requests",
        )


def _zone(
    traffic: Traffic, reading: Reading | None, found: Sequence[RecordSet]
) -> Iterator[Finding]:
    told = traffic.new.alias_zone
    if isinstance(reading, Balancer) and _is(reading, traffic.new):
        if told and reading.zone and told != reading.zone:
            yield problem(
                "alias-zone",
                reading.name,
                f"its canonical hosted zone is {reading.zone}, and new.alias_zone is {told}",
                f'set new.alias_zone = "{reading.zone}", or leave it out',
            )
        return
    homes = [home_of(side.target) for side in (traffic.legacy, traffic.new) if _named(side)]
    apart = None not in homes and len(set(homes)) > 1
    if apart and not told and any(one.alias and one.weight is None for one in found):
        yield problem(
            "alias-zone",
            traffic.new.target,
            "it is of another region or kind than legacy's load balancer, so that its canonical "
            "hosted zone is another one, and it could not be read",
            "set new.alias_zone to the CanonicalHostedZoneId that "
            "`aws elbv2 describe-load-balancers` shows",
        )


def _schemes(readings: Mapping[Platform, Reading]) -> Iterator[Finding]:
    legacy, new = (readings.get(one) for one in (Platform.LEGACY, Platform.NEW))
    if not isinstance(legacy, Balancer) or not isinstance(new, Balancer):
        return
    if legacy.scheme and new.scheme and legacy.scheme != new.scheme:
        yield risk(
            "balancer-scheme",
            new.name,
            f"it is {new.scheme}, and legacy's is {legacy.scheme}: not everybody who reaches one "
            "reaches the other",
            f"use an {legacy.scheme} load balancer, or accept balancer-scheme if that is meant",
        )


def _named(target: Target) -> bool:
    return not is_address(target.target)


def _is(balancer: Balancer, target: Target) -> bool:
    """Whether a target is a load balancer by its own DNS name."""
    told = bool(balancer.dns_name)
    return told and _named(target) and same_host(balancer.dns_name, target.target)
