from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.plan.dns.records import RecordSet
from crossfade.plan.dns.traffic import Target
from crossfade.plan.ramp.preflight_records import (
    check_records,
    must_be_clear,
    owner_names,
    refusals,
)
from tests.plan.shop import NAME, SHOP, alias, cname, pair, weighted

if TYPE_CHECKING:
    from crossfade.plan.base.finding import Finding


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    "records",
    [
        (alias(),),
        (alias(), alias(kind="AAAA")),
        pair(100, 0),
        pair(7, 3),
        (*pair(100, 0), *pair(100, 0, kind="AAAA")),
        (cname(),),
        (weighted(alias(), "blue", 0),),
    ],
)
def test_what_can_be_ramped_has_no_findings(records: tuple[RecordSet, ...]) -> None:
    assert check_records(records, SHOP) == ()


def test_a_name_without_records_is_found() -> None:
    (finding,) = check_records((), SHOP)
    assert finding.code == "no-record"
    assert "zone Z1" in finding.saw


def test_an_unknown_identifier_is_found_with_its_target() -> None:
    # external-dns #1622: a crash loop on hand-made weighted records
    found = check_records((*pair(90, 10), weighted(alias("blue-lb.example."), "blue", 1)), SHOP)
    assert "unknown-identifier" in codes(found)
    assert "'blue' -> blue-lb.example" in str(found[0])


def test_a_simple_record_that_points_elsewhere_is_found() -> None:
    assert codes(check_records((alias("blue-lb.example."),), SHOP)) == ["unknown-target"]


def test_another_routing_policy_is_found() -> None:
    latency = replace(alias(), identifier="eu", other=(("Region", '"eu-west-1"'),))
    (finding,) = check_records((latency,), SHOP)
    assert finding.code == "other-policy"
    assert "Region" in finding.saw


def test_a_name_that_is_on_new_already_is_found() -> None:
    assert codes(check_records((alias("k8s-lb.example."),), SHOP)) == ["not-a-pair"]


@pytest.mark.parametrize("prefix", ["", "a-", "aaaa-", "cname-"])
def test_a_name_that_external_dns_owns_is_found_and_is_never_acceptable(prefix: str) -> None:
    mark = RecordSet(
        f"{prefix}{NAME}",
        "TXT",
        ttl=300,
        values=('"heritage=external-dns,external-dns/owner=prod"',),
    )
    assert mark.name in owner_names((NAME,))
    findings = check_records((alias(), mark), SHOP)
    assert codes(findings) == ["external-dns"]
    assert refusals(findings, accepted=frozenset({"external-dns"})) == findings


def test_other_texts_are_no_marks_of_external_dns() -> None:
    assert (
        check_records((alias(), RecordSet(NAME, "TXT", ttl=60, values=('"v=spf1"',))), SHOP) == ()
    )


def test_a_long_ttl_is_found_with_the_time_to_wait_after_lowering_it() -> None:
    (finding,) = check_records((cname(ttl=3600),), SHOP)
    assert finding.code == "long-ttl"
    assert "wait 3600 s" in finding.mend


def test_mixed_ttls_are_found() -> None:
    shop = replace(SHOP, names=(NAME, "api.acme.example."))
    records = (cname(ttl=30), cname(ttl=60, name="api.acme.example."))
    assert codes(check_records(records, shop)) == ["mixed-ttl"]


def test_a_twin_that_the_plan_leaves_out_is_found() -> None:
    shop = replace(SHOP, types=("A",))
    (finding,) = check_records((alias(), alias(kind="AAAA")), shop)
    assert finding.code == "twin-left-out"
    assert "AAAA" in finding.subject


def test_a_plain_aaaa_without_a_new_address_is_found() -> None:
    shop = replace(SHOP, legacy=Target("192.0.2.1", ipv6="2001:db8::1"), new=Target("192.0.2.9"))
    records = (
        RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",)),
        RecordSet(NAME, "AAAA", ttl=60, values=("2001:db8::1",)),
    )
    (finding,) = check_records(records, shop)
    assert finding.code == "not-a-pair"
    assert "AAAA" in finding.subject


def test_target_health_under_which_new_gets_everything_is_explained_and_may_be_accepted() -> None:
    findings = check_records((alias(health=True),), SHOP)
    assert codes(findings) == ["target-health"]
    assert "even at weight 0" in findings[0].saw
    assert refusals(findings, accepted=frozenset({"target-health"})) == ()
    checked = (replace(alias(), health_check="hc-1"),)
    assert "hc-1" in str(check_records(checked, SHOP)[0])


def test_target_health_of_new_alone_is_no_danger() -> None:
    legacy, new = pair(90, 10)
    assert new.alias is not None
    watched = replace(new, alias=replace(new.alias, evaluate_health=True))
    assert check_records((legacy, watched), SHOP) == ()


def test_weights_that_are_all_zero_are_found() -> None:
    assert codes(check_records(pair(0, 0), SHOP)) == ["different-vectors"]


def test_groups_with_different_weights_are_found() -> None:
    found = check_records((*pair(90, 10), *pair(50, 50, kind="AAAA")), SHOP)
    assert codes(found) == ["different-vectors"]


def test_a_pair_beside_a_simple_twin_is_found() -> None:
    assert codes(check_records((*pair(90, 10), alias(kind="AAAA")), SHOP)) == ["mixed-routing"]


def test_an_https_record_that_goes_past_the_weights_is_found() -> None:
    https = RecordSet(NAME, "HTTPS", ttl=60, values=("1 . ipv4hint=192.0.2.1",))
    assert codes(check_records((alias(), https), SHOP)) == ["service-binding"]


def test_all_findings_are_told_at_once_with_their_mends() -> None:
    findings = check_records((cname("blue-lb.example", ttl=3600),), SHOP)
    with pytest.raises(Refused) as refused:
        must_be_clear(findings)
    for words in ("unknown-target", "long-ttl", "correct the targets", "lower it to 60"):
        assert words in str(refused.value)
    must_be_clear(())
