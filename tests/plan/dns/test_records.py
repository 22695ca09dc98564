from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.dns.records import (
    Alias,
    RecordSet,
    canonical,
    carrying_traffic,
    differences,
    longest_ttl,
    records_digest,
    same_records,
)
from tests.plan.shop import NAME, alias, cname, pair, weighted

weights = st.integers(min_value=0, max_value=255)


def test_a_difference_is_told_with_both_values() -> None:
    assert differences(pair(90, 10), pair(50, 50)) == (
        "shop.acme.example A 'legacy': weight 90 was expected, 50 is there",
        "shop.acme.example A 'new': weight 10 was expected, 50 is there",
    )


def test_a_record_that_is_gone_and_one_that_came_are_told() -> None:
    found = (pair(90, 10)[0], weighted(alias("blue-lb.example."), "blue", 7))
    gone, came = sorted(differences(pair(90, 10), found), reverse=True)
    assert gone.startswith("shop.acme.example A 'new': expected weight 10")
    assert gone.endswith("but it is gone")
    assert came.startswith("shop.acme.example A 'blue': is there with weight 7")
    assert came.endswith("and was not expected")


def test_every_changed_field_is_told() -> None:
    before = RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",))
    after = replace(
        before,
        ttl=300,
        values=("192.0.2.2",),
        health_check="hc-1",
        other=(("Region", '"eu-west-1"'),),
    )
    (told,) = differences((before,), (after,))
    for words in (
        "target 192.0.2.1 was expected, 192.0.2.2 is there",
        "TTL 60 was expected, 300 is there",
        "health check none was expected, hc-1 is there",
        "policy simple was expected, Region",
    ):
        assert words in told


def test_target_health_and_alias_zone_are_told() -> None:
    before = alias()
    after = replace(before, alias=Alias("ZOTHER", "legacy-lb.example.", evaluate_health=True))
    (told,) = differences((before,), (after,))
    assert "alias zone ZLB was expected, ZOTHER is there" in told
    assert "target health none was expected, evaluated is there" in told


@settings(deadline=None)
@given(weights, weights, weights, weights)
def test_nothing_is_told_of_equal_records_and_something_of_others(
    a: int, b: int, c: int, d: int
) -> None:
    one, other = pair(a, b), pair(c, d)
    assert (differences(one, other) == ()) == ((a, b) == (c, d))
    assert same_records(one, other) == ((a, b) == (c, d))
    assert (records_digest(one) == records_digest(other)) == ((a, b) == (c, d))


def test_spelling_and_order_make_no_difference() -> None:
    one = cname("Legacy-LB.example", name="Shop.acme.example")
    other = cname("legacy-lb.example.")
    assert canonical(one) == canonical(other)
    assert records_digest([one, alias(kind="AAAA")]) == records_digest([alias(kind="AAAA"), other])


def test_weight_zero_is_told_as_zero_and_no_weight_as_none() -> None:
    (told, _) = differences((alias(),), pair(0, 100)[:1])
    assert "weight" not in told
    assert "weight 0" in differences((), pair(0, 100)[:1])[0]


def test_only_records_that_carry_traffic_are_moved() -> None:
    text = RecordSet(NAME, "TXT", ttl=60, values=('"v=spf1"',))
    assert carrying_traffic([text, *pair(100, 0)]) == pair(100, 0)


def test_the_policy_of_a_record_is_named() -> None:
    assert alias().policy == "simple"
    assert pair(0, 1)[0].policy == "weighted"
    assert replace(alias(), other=(("Failover", '"PRIMARY"'),)).policy == "Failover"


def test_the_longest_ttl_counts_and_an_alias_has_a_minute() -> None:
    assert longest_ttl([alias()]) == timedelta(seconds=60)
    assert longest_ttl([cname(ttl=30)]) == timedelta(seconds=30)
    assert longest_ttl([cname(ttl=30), cname(ttl=300)]) == timedelta(seconds=300)
    assert longest_ttl([]) == timedelta(seconds=60)
