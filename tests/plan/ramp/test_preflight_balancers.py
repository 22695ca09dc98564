from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.plan.base.finding import Level
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.traffic import Target
from crossfade.plan.gates.balancer import Balancer, Home, Unread, home_of
from crossfade.plan.ramp.preflight_balancers import (
    check_balancers,
    keep_alive_of,
    kept_by,
    with_alias_zone,
)
from crossfade.plan.ramp.preflight_records import must_be_clear, refusals
from tests.plan.shop import SHOP, alias, cname, pair

if TYPE_CHECKING:
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.gates.balancer import Reading

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
UNREAD = Unread("access denied")


def balancer(platform: Platform = Platform.NEW, **changes: Any) -> Balancer:
    side = SHOP.side(platform)
    there = Balancer(side.load_balancer, side.target, "ZLB", "internet-facing", "active", MINUTE)
    return replace(there, **changes)


def readings(*, legacy: Reading | None = None, new: Reading | None = None) -> dict[Platform, Any]:
    return {
        Platform.LEGACY: legacy or balancer(Platform.LEGACY),
        Platform.NEW: new or balancer(),
    }


def found(
    traffic: Traffic = SHOP,
    records: tuple[RecordSet, ...] = (alias(),),
    *,
    legacy: Reading | None = None,
    new: Reading | None = None,
) -> list[Finding]:
    there = readings(legacy=legacy, new=new)
    return list(check_balancers(traffic, there, records, keep_alive=MINUTE))


def moved(legacy: str, new: str, alias_zone: str = "") -> Traffic:
    """The shop with other targets."""
    sides = Target(legacy, "app/legacy/1"), Target(new, "app/k8s/1", alias_zone)
    return replace(SHOP, legacy=sides[0], new=sides[1])


def test_load_balancers_that_are_as_the_configuration_says_have_no_findings() -> None:
    assert found() == []


def test_one_that_cannot_be_read_is_said_and_stands_in_nobody_s_way() -> None:
    (finding,) = found(new=UNREAD)
    assert finding.code == "balancer-unread"
    assert "taken to be the configured 1 min" in finding.saw
    assert refusals([finding], accepted=frozenset()) == ()
    must_be_clear(refusals([finding], accepted=frozenset()))


@pytest.mark.parametrize("state", ["provisioning", "failed", "active_impaired"])
def test_one_that_is_not_active_is_in_the_way(state: str) -> None:
    (finding,) = found(new=balancer(state=state))
    assert (finding.code, finding.level) == ("balancer-state", Level.RISK)
    assert refusals([finding], accepted=frozenset()) == (finding,)


def test_a_keep_alive_that_is_longer_than_the_configured_one_makes_the_stated_time_a_lie() -> None:
    (finding,) = found(new=balancer(keep_alive=HOUR))
    assert (finding.code, finding.subject) == ("keep-alive-longer", "app/k8s/1")
    assert "the stated time to come back is too short" in finding.saw
    assert 'keep_alive = "3600s"' in finding.mend
    (finding,) = found(legacy=balancer(Platform.LEGACY, keep_alive=HOUR))
    assert "the drain proof would expect its clients to be gone too soon" in finding.saw
    assert found(new=balancer(keep_alive=timedelta(seconds=30))) == []


def test_a_target_of_another_name_is_said() -> None:
    (finding,) = found(new=balancer(dns_name="k8s-1.eu-west-1.elb.amazonaws.com"))
    assert (finding.code, finding.level) == ("balancer-target", Level.NOTE)
    assert found(new=balancer(dns_name="DUALSTACK.k8s-lb.example")) == []


def test_an_internal_load_balancer_does_not_replace_one_that_faces_the_internet() -> None:
    (finding,) = found(new=balancer(scheme="internal"))
    assert (finding.code, finding.level) == ("balancer-scheme", Level.RISK)
    assert found(new=balancer(scheme="internal"), legacy=UNREAD)[0].code == "balancer-unread"


def test_a_configured_alias_zone_that_is_not_the_load_balancer_s_is_refused() -> None:
    (finding,) = found(moved("legacy-lb.example", "k8s-lb.example", "ZWRONG"))
    assert (finding.code, finding.level) == ("alias-zone", Level.PROBLEM)
    assert '"ZLB"' in finding.mend
    assert found(moved("legacy-lb.example", "k8s-lb.example", "ZLB")) == []


def test_the_alias_zone_is_the_load_balancer_s_own_where_it_can_be_read() -> None:
    there = readings(new=balancer(zone="ZIRELAND"))
    assert with_alias_zone(SHOP, there).new.alias_zone == "ZIRELAND"
    assert with_alias_zone(SHOP, readings(new=UNREAD)) == SHOP
    configured = moved("legacy-lb.example", "k8s-lb.example", "ZSET")
    assert with_alias_zone(configured, there) == configured


def test_an_alias_of_another_name_is_not_given_the_load_balancer_s_zone() -> None:
    other = readings(new=balancer(dns_name="k8s-1.eu-west-1.elb.amazonaws.com", zone="ZIRELAND"))
    assert with_alias_zone(SHOP, other) == SHOP


@pytest.mark.parametrize(
    "new",
    [
        "k8s-1.us-east-1.elb.amazonaws.com",
        "dualstack.k8s-1.us-east-1.elb.amazonaws.com",
        "k8s-1.elb.eu-west-1.amazonaws.com",
    ],
)
def test_another_region_or_kind_needs_an_alias_zone_if_it_cannot_be_read(new: str) -> None:
    traffic = moved("legacy-1.eu-west-1.elb.amazonaws.com", new)
    codes = [finding.code for finding in found(traffic, new=UNREAD, legacy=UNREAD)]
    assert codes.count("alias-zone") == 1
    told = moved("legacy-1.eu-west-1.elb.amazonaws.com", new, "ZSET")
    for case in (
        found(told, new=UNREAD, legacy=UNREAD),
        found(traffic, (cname(),), new=UNREAD, legacy=UNREAD),
        found(traffic, pair(100, 0), new=UNREAD, legacy=UNREAD),
        found(traffic, new=balancer(dns_name=new, zone="ZTHERE"), legacy=UNREAD),
    ):
        assert "alias-zone" not in [finding.code for finding in case]


def test_two_of_one_region_and_kind_share_the_live_alias_zone() -> None:
    traffic = moved("a-1.eu-west-1.elb.amazonaws.com", "b-2.eu-west-1.elb.amazonaws.com")
    codes = {finding.code for finding in found(traffic, new=UNREAD, legacy=UNREAD)}
    assert codes == {"balancer-unread"}


def test_connections_last_as_long_as_the_slower_of_both_lets_them() -> None:
    assert keep_alive_of(readings(), HOUR) == MINUTE
    assert keep_alive_of(readings(legacy=balancer(keep_alive=HOUR)), MINUTE) == HOUR
    assert keep_alive_of(readings(new=UNREAD), HOUR) == HOUR
    assert keep_alive_of(readings(new=balancer(keep_alive=None)), HOUR) == HOUR
    assert keep_alive_of({}, HOUR) == HOUR


@pytest.mark.parametrize(
    ("host", "home"),
    [
        ("internal-web-12.eu-central-1.elb.amazonaws.com.", Home("eu-central-1", network=False)),
        ("Web-12.us-gov-west-1.elb.amazonaws.com", Home("us-gov-west-1", network=False)),
        ("web-12.elb.ap-southeast-2.amazonaws.com", Home("ap-southeast-2", network=True)),
        ("web-12.cn-north-1.elb.amazonaws.com.cn", Home("cn-north-1", network=False)),
        ("lb.example", None),
    ],
)
def test_the_dns_name_of_a_load_balancer_tells_where_it_lives(host: str, home: Home | None) -> None:
    assert home_of(host) == home


def test_what_a_load_balancer_does_not_tell_is_no_contradiction() -> None:
    mute = Balancer("app/k8s/1", "", "", "", "")
    assert found(moved("legacy-lb.example", "k8s-lb.example", "ZSET"), new=mute) == []
    assert with_alias_zone(SHOP, readings(new=mute)) == SHOP
    assert with_alias_zone(SHOP, readings(new=balancer(zone=""))) == SHOP


def test_the_way_back_waits_for_the_connections_of_one_platform_alone() -> None:
    assert kept_by(balancer(), HOUR) == MINUTE
    assert kept_by(balancer(keep_alive=None), HOUR) == HOUR
    assert kept_by(UNREAD, HOUR) == kept_by(None, HOUR) == HOUR


def test_where_no_load_balancer_is_configured_nothing_is_said_of_it() -> None:
    assert check_balancers(SHOP, {}, (alias(),), keep_alive=MINUTE) == ()


def test_a_load_balancer_is_told_in_one_line() -> None:
    assert str(balancer()) == (
        "app/k8s/1 (active, internet-facing, k8s-lb.example): hosted zone ZLB, keep-alive 1 min"
    )
    mute = Balancer("net/k8s/1", "", "", "", "active")
    assert str(mute) == "net/k8s/1 (active): hosted zone not told, keep-alive not told"
