"""The demo of migrations: what it shows must be what the product promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.picture.draw import draw_ramp
from crossfade.local.demo.ramp_demo import tell_ramps
from crossfade.operations.pictures.read_timeline import read_timeline

if TYPE_CHECKING:
    from crossfade.local.demo.ramp_demo import Ramped
    from crossfade.operations.base.world import World


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    """The pictures of the ramps, drawn as each ended."""
    return {}


@pytest.fixture(scope="module")
def told(pictures: dict[str, str]) -> tuple[Ramped, ...]:
    """Both services, ramped."""

    def draw(world: World, name: str) -> None:
        pictures[name] = draw_ramp(read_timeline(world, name)).decode()

    return tell_ramps(lambda _: None, ended=draw)


def test_the_first_service_reaches_its_new_platform(told: tuple[Ramped, ...]) -> None:
    shop, _ = told
    assert shop.ended.startswith("shop: hold: all stages are done; reversible until ")
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


def test_both_ramps_can_be_drawn_from_their_journals(
    told: tuple[Ramped, ...], pictures: dict[str, str]
) -> None:
    assert [one.name for one in told] == list(pictures)
    assert "<!-- half -->" in pictures["shop"]
    assert "<!-- gate fails -->" in pictures["cart"]
