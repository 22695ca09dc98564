"""Reading a ramp's timeline from its journal and the load balancers' metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.operations.pictures.read_timeline import read_timeline
from crossfade.operations.ramp.back import abort
from crossfade.operations.ramp.consent import hold
from crossfade.plan.dns.vector import Vector
from crossfade.plan.pictures.timeline import MarkKind
from tests.operations.ramp.shop import shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose ramp has not begun."""
    with shop() as opened:
        gates = ["errors", "measured-share"]
        opened.changes["stages"] = [
            {"name": "canary", "share": 10, "bake": "5m", "gates": gates},
            {"name": "half", "share": 50, "bake": "5m", "gates": gates},
            {"name": "all", "share": 100},
        ]
        yield opened


def kinds(ramp: Shop) -> set[MarkKind]:
    return {mark.kind for mark in read_timeline(ramp.world(), "shop").marks}


def test_a_ramp_that_completes_shows_every_stage_and_its_end(ramp: Shop) -> None:
    ramp.reaches("all").passes(5)
    ramp.advance()
    found = read_timeline(ramp.world(), "shop")
    assert [(one.stage, one.share) for one in found.settings] == [
        ("", 0),
        ("canary", 10),
        ("half", 50),
        ("all", 100),
    ]
    in_sync = ramp.progress().since
    assert in_sync is not None
    assert abs((found.settings[-1].at - in_sync).total_seconds()) < 0.01
    assert [mark.kind for mark in found.marks] == [MarkKind.COMPLETE]
    assert found.start < found.settings[0].begun
    measured = [one.share for one in found.judged if found.settings[one.setting].stage == "canary"]
    assert measured
    assert measured == pytest.approx([10] * len(measured))
    assert found.caveats == ()


def test_a_ramp_that_is_over_is_not_drawn_on_for_ever(ramp: Shop) -> None:
    ramp.reaches("all").passes(5)
    ramp.advance()
    ramp.time.sleep(7 * 24 * 3600)
    found = read_timeline(ramp.world(), "shop")
    assert (found.end - found.settings[-1].at).total_seconds() < 3600


def test_a_ramp_that_went_back_shows_why_and_when(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8, errors=0.5)
    ramp.advance()
    found = read_timeline(ramp.world(), "shop")
    assert {mark.kind for mark in found.marks} == {MarkKind.FAIL, MarkKind.BACK}
    assert found.settings[-1].vector is None
    assert found.settings[-1].share == 0
    assert found.propagated[-1].value == 0


def test_words_of_people_and_changes_by_others_are_marked(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.somebody_sets(Vector(70, 30))
    ramp.advance()
    hold(ramp.world(), "shop", reason="lunch")
    abort(ramp.world(), "shop")
    assert kinds(ramp) == {MarkKind.FOREIGN, MarkKind.HOLD, MarkKind.ABORT}


def test_metrics_that_cannot_be_read_leave_what_the_gates_recorded(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.advance(world=ramp.world())
    ramp.strict.faults.lost_answer("cloudwatch", "GetMetricData", times=9)
    found = read_timeline(ramp.world(), "shop")
    assert found.counted == ()
    assert found.judged
    assert [one.share for one in found.judged] == pytest.approx([10] * len(found.judged))
    assert any(text.startswith("requests could not be read") for text in found.caveats)


def test_a_platform_that_counts_no_requests_has_a_timeline_all_the_same(ramp: Shop) -> None:
    ramp.reaches("canary")
    ramp.changes["legacy"] = {"target": "legacy-lb.example"}
    found = read_timeline(ramp.world(), "shop")
    assert found.counted == ()
    assert [one.share for one in found.settings] == [0, 10]


def test_a_very_long_journal_costs_few_requests_and_loses_no_change_of_weights(ramp: Shop) -> None:
    for stage in ("canary", "half", "all"):
        ramp.reaches(stage)
        for _ in range(12):
            ramp.time.sleep(60)
            ramp.advance()
    whole = read_timeline(ramp.world(), "shop")
    world = ramp.world()
    found = read_timeline(world, "shop", most=6)
    assert found.settings == whole.settings
    assert world.tally.total < 25
    assert "operations read" in found.caveats[0]
    assert whole.caveats == ()


def test_a_ramp_that_has_not_begun_says_so(ramp: Shop) -> None:
    found = read_timeline(ramp.world(), "shop")
    assert found.settings == ()
    assert found.caveats == ("the ramp has not begun",)


def test_the_steps_of_a_gradual_return_are_in_the_set_share(ramp: Shop) -> None:
    ramp.reaches("all").passes(5)
    abort(ramp.world(), "shop", gradual=True)
    found = read_timeline(ramp.world(), "shop")
    assert [one.share for one in found.settings] == [0, 10, 50, 100, 50, 10, 0]
    instants = [one.at for one in found.settings]
    assert instants == sorted(instants)
    assert len(set(instants)) == len(instants)
