from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import Level
from crossfade.plan.dns.traffic import Target, Traffic
from crossfade.plan.dns.vector import share_of
from crossfade.plan.gates.samples import ProbeSample
from crossfade.plan.ramp.preflight_plan import check_answers, check_plan_against
from crossfade.plan.ramp.stages import Plan, Stage, canary, linear
from tests.plan.shop import SHOP, alias, pair

if TYPE_CHECKING:
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.dns.records import RecordSet

HOUR = timedelta(hours=1)
QUICK = timedelta(minutes=1)


def found(
    plan: Plan,
    records: tuple[RecordSet, ...] = (alias(),),
    *,
    traffic: Traffic = SHOP,
    keep_alive: timedelta = QUICK,
) -> list[Finding]:
    return list(check_plan_against(plan, records, traffic, keep_alive=keep_alive))


def test_a_plan_that_fits_has_no_findings() -> None:
    assert found(Plan(canary())) == []


def test_a_keep_alive_that_outlasts_a_stage_is_found_for_each_stage_but_the_last() -> None:
    findings = found(Plan(canary((1, 50, 100), bake="30m")), keep_alive=HOUR)
    assert [finding.subject for finding in findings] == ["stage share-1", "stage share-50"]
    assert "connections may last 1 h" in findings[0].saw
    assert findings[0].level is Level.RISK


def test_gates_on_a_load_balancer_without_request_counts_are_found() -> None:
    network = replace(SHOP, new=Target("k8s-lb.example", "net/k8s/1"))
    (finding,) = found(Plan(canary()), traffic=network)
    assert (finding.code, finding.subject) == ("no-request-counts", "net/k8s/1")
    ungated = Plan((Stage("all", share_of(100)),))
    assert found(ungated, traffic=network) == []


def test_an_adopted_pair_above_the_first_stage_is_found() -> None:
    (finding,) = found(Plan(linear(10)), pair(80, 20))
    assert finding.code == "adopted-share"
    assert found(Plan(linear(20)), pair(80, 20)) == []


def test_a_target_that_does_not_answer_for_the_host_is_found() -> None:
    probes = [
        ProbeSample("shop", "k8s-lb", 200, 0.1),
        ProbeSample("shop", "k8s-lb", 404, 0.1),
        ProbeSample("shop", "k8s-lb", 503, 0.1),
        ProbeSample("shop", "k8s-lb", None, 0.1, failure="the certificate is not good for shop"),
    ]
    broken = check_answers(probes)
    assert [finding.code for finding in broken] == ["target-does-not-answer"] * 2
    assert "HTTP 503" in str(broken[0])
    assert "certificate" in str(broken[1])
