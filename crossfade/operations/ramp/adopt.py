"""What must hold before a migration's records are touched for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.aws.elb import read_balancers
from crossfade.errors import CrossfadeError
from crossfade.operations.ramp.read import LiveRecords, Ramp, probes
from crossfade.plan.base.platform import Platform
from crossfade.plan.gates.balancer import Unread
from crossfade.plan.ramp.preflight_balancers import check_balancers, keep_alive_of, with_alias_zone
from crossfade.plan.ramp.preflight_plan import check_answers, check_crons, check_plan_against
from crossfade.plan.ramp.preflight_records import check_records, must_be_clear, refusals

if TYPE_CHECKING:
    from datetime import timedelta

    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.gates.balancer import Reading


@dataclass(frozen=True)
class Survey:
    """What was found before a migration.

    Attributes:
        traffic: The configuration, with the new target's alias zone as its load balancer tells it.
        balancers: What was read of each platform's load balancer.
        keep_alive: How long a connection may last on either platform.
        findings: All that was found, what is accepted and what is only said included.
    """

    traffic: Traffic
    balancers: dict[Platform, Reading]
    keep_alive: timedelta
    findings: tuple[Finding, ...]


def survey(ramp: Ramp, live: LiveRecords) -> Survey:
    """Read the load balancers, ask the new platform, and find what stands in the way.

    Args:
        ramp: The migration.
        live: What stands in DNS, external-dns' marks included.
    """
    migration, plan = ramp.migration, ramp.plan
    balancers = _balancers(ramp)
    keep_alive = keep_alive_of(balancers, plan.keep_alive)
    found = (
        *check_records(live.found, ramp.traffic, max_ttl=migration.max_ttl),
        *check_balancers(ramp.traffic, balancers, live.found, keep_alive=plan.keep_alive),
        *check_plan_against(plan, live.found, ramp.traffic, keep_alive=keep_alive),
        *check_crons(plan, ramp.world.settings.crons),
        *check_answers(probes(ramp, Platform.NEW, migration.probe.path)),
    )
    return Survey(with_alias_zone(ramp.traffic, balancers), balancers, keep_alive, found)


def must_be_ready(ramp: Ramp, live: LiveRecords) -> Traffic:
    """Refuse to adopt records that cannot be ramped safely; return what to adopt them with.

    Raises:
        Refused: With everything that stands in the way, each with its record and its mend.
    """
    found = survey(ramp, live)
    must_be_clear(refusals(found.findings, accepted=frozenset(ramp.migration.accept)))
    return found.traffic


def _balancers(ramp: Ramp) -> dict[Platform, Reading]:
    """Read both load balancers; one that cannot be read is no obstacle, and told."""
    names = {one: ramp.traffic.side(one).load_balancer for one in Platform}
    try:
        found = read_balancers(ramp.world.elbv2, filter(None, names.values()))
    except CrossfadeError as error:
        return {one: Unread(str(error)) for one, name in names.items() if name}
    missing = "Elastic Load Balancing has none of that name and id in this account and region"
    return {one: found.get(name, Unread(missing)) for one, name in names.items() if name}
