from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput, Refused
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.pair import adopted, at_vector, live_vector, pair_of_one, pairs_of, simple
from crossfade.plan.dns.records import RecordSet
from crossfade.plan.dns.traffic import Target
from crossfade.plan.dns.vector import BASELINE, Vector
from tests.plan.shop import NAME, SHOP, alias, cname, pair, weighted

vectors = st.builds(
    Vector, st.integers(min_value=1, max_value=255), st.integers(min_value=0, max_value=255)
)


def test_a_simple_record_becomes_a_pair_at_legacy_100_new_0() -> None:
    assert adopted([alias()], SHOP) == pair(100, 0)


def test_the_new_record_is_like_the_old_one_except_for_its_target() -> None:
    made = pair_of_one(alias(health=True), SHOP)
    assert made.new.alias is not None
    assert made.new.alias.zone == "ZLB"
    assert made.new.alias.evaluate_health
    assert pair_of_one(cname(ttl=30), SHOP).new.ttl == 30


def test_the_new_load_balancer_may_have_an_alias_zone_of_its_own() -> None:
    shop = replace(SHOP, new=replace(SHOP.new, alias_zone="ZNLB"))
    made = pair_of_one(alias(), shop)
    assert made.new.alias is not None
    assert made.new.alias.zone == "ZNLB"


@settings(deadline=None)
@given(vectors)
def test_a_weighted_pair_is_adopted_as_it_is(vector: Vector) -> None:
    there = pair(vector.legacy, vector.new)
    assert adopted(there, SHOP) == there
    assert live_vector(pairs_of(there, SHOP)) == vector


@pytest.mark.parametrize("weight", [0, 1, 255])
def test_a_record_that_is_weighted_alone_keeps_everything_whatever_its_weight(weight: int) -> None:
    # senza #490: a stack at weight 0 took 50 % at the next change
    records = adopted([weighted(alias(), "blue", weight)], SHOP)
    assert live_vector(pairs_of(records, SHOP)) == BASELINE
    assert {record.identifier for record in records} == {"blue", "new"}


def test_an_identifier_that_is_taken_is_not_used_again() -> None:
    made = pair_of_one(weighted(alias(), "new", 1), SHOP)
    assert (made.legacy.identifier, made.new.identifier) == ("new", "new-platform")


def test_a_and_aaaa_move_together() -> None:
    records = adopted([alias(), alias(kind="AAAA")], SHOP)
    moved = at_vector(pairs_of(records, SHOP), Vector(90, 10))
    assert sorted((one.type, one.weight) for one in moved) == [
        ("A", 10),
        ("A", 90),
        ("AAAA", 10),
        ("AAAA", 90),
    ]


@settings(deadline=None)
@given(vectors, vectors)
def test_setting_a_vector_and_the_one_before_changes_nothing(here: Vector, there: Vector) -> None:
    records = pair(here.legacy, here.new)
    moved = at_vector(pairs_of(records, SHOP), there)
    assert live_vector(pairs_of(moved, SHOP)) == there
    assert at_vector(pairs_of(moved, SHOP), here) == records


def test_a_pair_becomes_simple_again_on_either_platform() -> None:
    pairs = pairs_of(pair(0, 100), SHOP)
    assert simple(pairs, Platform.LEGACY) == (alias(),)
    assert simple(pairs, Platform.NEW) == (alias("k8s-lb.example."),)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ((alias("blue-lb.example."),), "not one weighted record for each platform"),
        ((*pair(90, 10), weighted(alias("blue-lb.example."), "blue", 1)), "'blue'"),
        ((weighted(alias(), "a", 1), weighted(alias(), "b", 1)), "'a'"),
        ((replace(alias(), identifier="eu", other=(("Region", '"eu-west-1"'),)),), "Region"),
    ],
)
def test_what_cannot_be_ramped_is_refused_by_name(
    records: tuple[RecordSet, ...], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        adopted(records, SHOP)


def test_a_record_with_several_values_cannot_be_ramped() -> None:
    shop = replace(SHOP, legacy=Target("192.0.2.1"), new=Target("192.0.2.9"))
    several = RecordSet(NAME, "A", ttl=60, values=("192.0.2.1", "192.0.2.2"))
    with pytest.raises(Refused, match=r"2 values.*load balancer in front"):
        adopted((several,), shop)


def test_a_lone_record_of_another_policy_cannot_be_ramped() -> None:
    latency = replace(alias(), identifier="eu", other=(("Region", '"eu-west-1"'),))
    with pytest.raises(Refused, match="routing policy Region"):
        pair_of_one(latency, SHOP)


@pytest.mark.parametrize(
    ("record", "new", "words"),
    [
        (alias(), Target("192.0.2.9"), "is an alias and the new target 192.0.2.9 is an address"),
        (cname(), Target("192.0.2.9"), "needs a name"),
        (RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",)), Target("k8s-lb.example"), "an addr"),
        (RecordSet(NAME, "AAAA", ttl=60, values=("::1",)), Target("192.0.2.9"), "has none"),
    ],
)
def test_a_new_target_of_another_kind_is_refused(
    record: RecordSet, new: Target, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        pair_of_one(record, replace(SHOP, new=new))


def test_plain_address_records_become_pairs_of_addresses() -> None:
    shop = replace(
        SHOP,
        legacy=Target("192.0.2.1", ipv6="2001:db8::1"),
        new=Target("192.0.2.9", ipv6="2001:db8::9"),
    )
    records = adopted(
        [
            RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",)),
            RecordSet(NAME, "AAAA", ttl=60, values=("2001:db8::1",)),
        ],
        shop,
    )
    assert [record.target for record in records] == [
        "192.0.2.1",
        "192.0.2.9",
        "2001:db8::1",
        "2001:db8::9",
    ]


def test_groups_at_different_weights_have_no_vector() -> None:
    mixed = (*pair(90, 10), *pair(50, 50, kind="AAAA"))
    with pytest.raises(Refused, match=r"legacy 90 / new 10.*legacy 50 / new 50"):
        live_vector(pairs_of(mixed, SHOP))


def test_no_groups_have_no_vector() -> None:
    with pytest.raises(Refused, match="there are none"):
        live_vector(())


def test_live_weights_that_are_all_zero_are_no_vector() -> None:
    with pytest.raises(BadInput, match="even split"):
        live_vector(pairs_of(pair(0, 0), SHOP))


def test_a_pair_without_weights_has_no_vector() -> None:
    made = pair_of_one(alias(), SHOP)
    with pytest.raises(Refused, match="not both weighted"):
        _ = replace(made, new=alias("k8s-lb.example.")).vector
