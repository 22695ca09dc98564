"""The demo of migrations: what it shows must be what the product promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.local.ramp_demo import tell_ramps

if TYPE_CHECKING:
    from crossfade.local.ramp_demo import Ramped


@pytest.fixture(scope="module")
def told() -> tuple[Ramped, ...]:
    """Both services, ramped."""
    return tell_ramps(lambda _: None)


def test_the_first_service_reaches_its_new_platform(told: tuple[Ramped, ...]) -> None:
    shop, _ = told
    assert shop.ended == "shop: hold: all stages are done"
    assert shop.timeline[-1].endswith("legacy 0 / new 100")
    assert shop.restored == 0


def test_a_service_that_fails_at_ten_percent_is_taken_back_within_the_stated_time(
    told: tuple[Ramped, ...],
) -> None:
    _, cart = told
    assert cart.ended.startswith("cart: back: gate errors: fail")
    assert cart.timeline[-1].endswith("as it was found")
    assert 0 < cart.restored <= cart.quiet <= cart.worst_case
    assert 0 < cart.bad < cart.requests / 100
