from __future__ import annotations

from dataclasses import replace

import pytest

from crossfade.errors import BadInput
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.records import RecordSet
from crossfade.plan.dns.traffic import Target, checked_traffic, is_address, platform_of
from tests.plan.shop import NAME, SHOP, alias, cname


def test_names_are_taken_as_route_53_writes_them() -> None:
    assert checked_traffic(replace(SHOP, names=("Shop.acme.example",))).names == (NAME,)


@pytest.mark.parametrize(
    ("traffic", "words"),
    [
        (replace(SHOP, names=()), "at least one name"),
        (replace(SHOP, names=(NAME, "SHOP.acme.example")), "twice"),
        (replace(SHOP, new=Target("dualstack.legacy-lb.example")), "nothing would move"),
    ],
)
def test_a_configuration_that_moves_nothing_is_refused(traffic: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        checked_traffic(traffic)  # type: ignore[arg-type]


def test_a_record_belongs_to_the_platform_that_it_answers_with() -> None:
    assert platform_of(alias("dualstack.Legacy-LB.example"), SHOP) is Platform.LEGACY
    assert platform_of(cname("k8s-lb.example."), SHOP) is Platform.NEW
    assert platform_of(alias("blue-lb.example."), SHOP) is None


def test_addresses_are_compared_as_addresses() -> None:
    shop = replace(
        SHOP,
        legacy=Target("192.0.2.1", ipv6="2001:db8::1"),
        new=Target("192.0.2.2", ipv6="2001:db8:0:0::2"),
    )
    assert platform_of(RecordSet(NAME, "A", ttl=60, values=("192.0.2.1",)), shop) is Platform.LEGACY
    ipv6 = RecordSet(NAME, "AAAA", ttl=60, values=("2001:db8::2",))
    assert platform_of(ipv6, shop) is Platform.NEW
    assert is_address("2001:db8::2")
    assert not is_address("k8s-lb.example")
