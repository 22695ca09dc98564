from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.base.dns_names import normal_name, same_host, shown


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("shop.acme.example", "shop.acme.example."),
        ("Shop.ACME.example.", "shop.acme.example."),
        ("*.acme.example", r"\052.acme.example."),
        (r"\052.acme.example.", r"\052.acme.example."),
        ("_dmarc.acme.example", "_dmarc.acme.example."),
        ("bücher.example", "xn--bcher-kva.example."),
        ("faß.example", "xn--fa-hia.example."),
        (r"a\056b.example", r"a\056b.example."),
        (r"\101.example", "a.example."),
    ],
)
def test_a_name_has_one_spelling(written: str, stored: str) -> None:
    assert normal_name(written) == stored


@settings(deadline=None)
@given(st.from_regex(r"[a-zA-Z0-9_*-]{1,20}(\.[a-zA-Z0-9-]{1,20}){1,3}\.?", fullmatch=True))
def test_spelling_a_name_twice_changes_nothing(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "x" * 64 + ".example", "a." * 130 + "b", "ü\u200d.x"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no domain name"):
        normal_name(name)


def test_people_read_names_as_they_write_them() -> None:
    assert shown(normal_name("*.Acme.example")) == "*.acme.example"


def test_a_dualstack_name_means_the_same_load_balancer() -> None:
    assert same_host("dualstack.Legacy-LB.example.", "legacy-lb.example")
    assert not same_host("legacy-lb.example", "k8s-lb.example")
