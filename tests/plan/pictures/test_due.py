"""When a picture is drawn anew: not once a minute for weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.gates.samples import MINUTE
from crossfade.plan.pictures.due import picture_due
from crossfade.plan.ramp.progress import Decided, Freeze, Progress, completed, frozen, observed
from tests.plan.shop import NOON, said, standing

RAMP = standing(("canary", 10))


def held(minutes: float, reason: str = "bakes") -> Progress:
    decided = Decided("hold", reason, NOON + timedelta(minutes=minutes))
    return replace(RAMP, decided=decided)


@pytest.mark.parametrize(
    "after",
    [
        replace(RAMP, vector=Vector(50, 50)),
        frozen(RAMP, Freeze("lunch", "ann", NOON)),
        completed(RAMP, NOON),
        observed(RAMP, [said("errors", Outcome.FAIL)]),
    ],
)
def test_what_changes_the_picture_is_drawn_at_once(after: Progress) -> None:
    assert picture_due(RAMP, after)
    assert not picture_due(after, after)


def test_a_foreign_change_is_drawn_when_it_is_found_and_not_again() -> None:
    before, after = held(100), held(101, "DNS was changed by someone else")
    assert picture_due(before, after, conflict=True)
    assert not picture_due(after, held(102, "DNS was changed by someone else"), conflict=True)


def test_a_ramp_of_three_weeks_is_drawn_some_dozens_of_times() -> None:
    weeks = 3 * 7 * 24 * 60
    drawn = sum(picture_due(held(at), held(at + 1)) for at in range(weeks))
    assert 20 < drawn < 100
    first_day = sum(picture_due(held(at), held(at + 1)) for at in range(24 * 60))
    assert first_day < drawn


def test_before_the_records_are_pairs_there_is_nothing_to_grow() -> None:
    early = Progress(decided=Decided("hold", "x", NOON))
    later = Progress(decided=Decided("hold", "x", NOON + 1000 * MINUTE))
    assert not picture_due(early, later)
