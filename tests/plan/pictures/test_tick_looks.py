"""How ticks look in a picture: one mark for each run, or one that says that nobody ran it."""

from __future__ import annotations

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.ticks.history import Fate, PastTick
from crossfade.plan.pictures.tick_looks import TickLook, spots_of
from tests.plan.cron.day_of_looks import doubled, nobody, ran, taken_over
from tests.plan.ramp.ramps import when

LEGACY, NEW = Platform.LEGACY, Platform.NEW


@pytest.mark.parametrize(
    ("tick", "lane", "look"),
    [
        (ran(5, LEGACY), LEGACY, TickLook.LEGACY),
        (ran(5, NEW), NEW, TickLook.NEW),
        (ran(5, NEW, Fate.FAILED), NEW, TickLook.FAILED),
        (ran(5, LEGACY, Fate.CRASHED), LEGACY, TickLook.CRASHED),
        (ran(5, LEGACY, Fate.RUNNING), LEGACY, TickLook.RUNNING),
        (nobody(5, Fate.MISSED), None, TickLook.MISSED),
        (nobody(5, Fate.SKIPPED), None, TickLook.SKIPPED),
        (nobody(5, Fate.HELD), None, TickLook.HELD),
        (nobody(5, Fate.DUE), None, TickLook.DUE),
        (nobody(5, Fate.UNKNOWN), None, TickLook.UNKNOWN),
    ],
)
def test_each_fate_has_a_look_in_the_lane_of_who_ran_it(
    tick: PastTick, lane: Platform | None, look: TickLook
) -> None:
    (spot,) = spots_of([tick])
    assert (spot.at, spot.lane, spot.look) == (when(5), lane, look)


def test_a_tick_that_ran_twice_shows_in_both_lanes() -> None:
    spots = spots_of([doubled(5)])
    assert {(spot.lane, spot.look) for spot in spots} == {
        (LEGACY, TickLook.DOUBLE),
        (NEW, TickLook.DOUBLE),
    }


def test_a_crashed_run_that_was_taken_over_shows_beside_the_one_that_counts() -> None:
    spots = spots_of([taken_over(5)])
    assert {(spot.lane, spot.look) for spot in spots} == {
        (LEGACY, TickLook.CRASHED),
        (NEW, TickLook.NEW),
    }
