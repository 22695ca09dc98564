"""Adopting: what the load balancers say counts, and nothing that they do not say is in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.ramp.adopt import survey
from crossfade.operations.ramp.back import abort
from crossfade.operations.ramp.read import read_live, read_ramp
from crossfade.plan.base.finding import Level
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.vector import BASELINE
from crossfade.plan.gates.balancer import Unread
from tests.balancers import stands
from tests.operations.ramp.shop import shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.ramp.adopt import Survey
    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp() -> Iterator[Shop]:
    """A shop whose load balancers are known, each in a zone of its own."""
    with shop() as opened:
        stands("app/legacy/1", "legacy-lb.example", keep_alive=60)
        stands("app/k8s/1", "k8s-lb.example", zone="ZELSEWHERE")
        yield opened


def surveyed(ramp: Shop) -> Survey:
    there = read_ramp(ramp.world(), "shop")
    return survey(there, read_live(there, marks=True))


def elb_calls(ramp: Shop) -> int:
    return sum(call.service == "elbv2" for call in ramp.strict.faults.calls)


def test_the_new_alias_lies_in_the_zone_of_the_new_load_balancer(ramp: Shop) -> None:
    ramp.advance()
    zones = {record.identifier: record.alias.zone for record in ramp.records() if record.alias}
    assert zones == {"legacy": "ZLB", "new": "ZELSEWHERE"}
    abort(ramp.world(), "shop")
    (record,) = ramp.records()
    assert record.alias
    assert record.alias.zone == "ZLB"


def test_a_configured_zone_that_contradicts_the_load_balancer_is_refused(ramp: Shop) -> None:
    ramp.changes = {"new": {**ramp.migration()["new"], "alias_zone": "ZWRONG"}}
    with pytest.raises(Refused, match="canonical hosted zone is ZELSEWHERE"):
        ramp.advance()
    assert ramp.weights() is None


def test_the_keep_alive_that_counts_is_the_longer_one_of_the_load_balancers(ramp: Shop) -> None:
    stands("app/legacy/1", "legacy-lb.example", keep_alive=3600)
    found = surveyed(ramp)
    assert found.keep_alive == timedelta(hours=1)
    told = [finding.code for finding in found.findings]
    assert told == ["keep-alive-longer", "keep-alive", "keep-alive"]
    with pytest.raises(Refused, match=r"connections may last 1 h, the stage bakes 5 min"):
        ramp.advance()


def test_load_balancers_that_nobody_may_read_leave_the_configured_keep_alive(ramp: Shop) -> None:
    ramp.strict.faults.before("elbv2", "DescribeLoadBalancers", times=99, effect=ACCESS_DENIED)
    found = surveyed(ramp)
    assert found.keep_alive == timedelta(seconds=60)
    assert all(isinstance(found.balancers[one], Unread) for one in Platform)
    ramp.advance()
    assert ramp.weights() == BASELINE


def test_one_more_right_that_is_missing_is_no_obstacle_either(ramp: Shop) -> None:
    ramp.strict.faults.before("elbv2", "DescribeLoadBalancerAttributes", effect=ACCESS_DENIED)
    told = [finding.code for finding in surveyed(ramp).findings]
    assert told == ["balancer-unread", "balancer-unread"]
    ramp.strict.faults.before("elbv2", "DescribeLoadBalancerAttributes", effect=ACCESS_DENIED)
    ramp.advance()
    assert ramp.weights() == BASELINE


def test_a_load_balancer_that_elb_does_not_know_is_told(ramp: Shop) -> None:
    ramp.changes = {"new": {**ramp.migration()["new"], "load_balancer": "app/k8s/gone"}}
    told = surveyed(ramp).findings
    assert [(finding.code, finding.subject) for finding in told if finding.level is Level.NOTE] == [
        ("balancer-unread", "app/k8s/gone")
    ]


def test_elb_is_read_at_adoption_and_never_again(ramp: Shop) -> None:
    ramp.strict.faults.clear()
    ramp.advance()
    assert elb_calls(ramp) == 3
    ramp.strict.faults.clear()
    ramp.reaches("half")
    abort(ramp.world(), "shop")
    assert elb_calls(ramp) == 0
