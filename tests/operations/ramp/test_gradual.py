"""The gradual way back: down through the plan's own weights, never up, and hurried at any time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import Conflict, Refused
from crossfade.operations.journal.lease import LeaseLost
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.ramp.look import begun
from crossfade.operations.status.status import history
from crossfade.plan.dns.vector import Vector
from tests.operations.ramp.shop import SUBJECT, shop
from tests.plan.shop import alias, weighted
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.operations.base.world import World
    from tests.operations.ramp.shop import Shop

SHORT = timedelta(seconds=10)
HALF = Vector(50, 50)
STEPS = ["legacy 50 / new 50", "legacy 90 / new 10"]


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop with all its traffic on new, through stages that asked for nothing."""
    with shop(in_sync_seconds=1) as opened:
        yield opened.hurries()


def bears(ramp: Shop, requests_per_second: float, **changes: Any) -> Shop:
    """Say what legacy bears; the shop gets 100 requests a second."""
    legacy = ramp.migration()["legacy"]
    ramp.changes |= {"legacy": {**legacy, "requests_per_second": requests_per_second}, **changes}
    return ramp


def watched(ramp: Shop, seen: list[str], then: Callable[[], object] = lambda: None) -> World:
    """A worker's world in which somebody looks at DNS whenever it waits, and does something."""

    def sleep(seconds: float) -> None:
        ramp.time.sleep(seconds)
        seen.append(str(ramp.weights()))
        then()

    return ramp.world(sleep=sleep)


def test_it_passes_through_the_stages_and_stays_at_each_for_the_records_ttl(ramp: Shop) -> None:
    seen: list[str] = []
    began = ramp.time.now
    told = abort(watched(ramp, seen), "shop", gradual=True)
    assert list(dict.fromkeys(seen)) == [*STEPS, "None"]
    assert ramp.records() == (alias(),), "exactly as it was found"
    assert ramp.time.now - began >= timedelta(seconds=120)
    assert "through legacy 50 / new 50, legacy 90 / new 10" in told.line()


def test_the_pause_can_be_given_and_configured(ramp: Shop) -> None:
    ramp.changes["return_pause"] = "4m"
    told = [
        abort(ramp.world(), "shop", dry_run=True, gradual=True, pause=pause).steps
        for pause in (None, timedelta(minutes=7))
    ]
    assert [steps.pause for steps in told if steps] == [timedelta(minutes=4), timedelta(minutes=7)]
    assert ramp.weights() == Vector(0, 100), "a dry run changes nothing"


def test_where_no_stage_is_between_it_is_an_ordinary_return(ramp: Shop) -> None:
    told = back(ramp.world(), "shop", gradual=True)
    assert told.steps is None
    assert ramp.weights() == HALF


def test_it_is_one_operation_that_tells_each_step_with_its_figures(ramp: Shop) -> None:
    told = abort(ramp.world(), "shop", gradual=True, pause=timedelta(minutes=1))
    (operation,) = told.operations
    assert operation.title == "abort shop to the baseline, by steps"
    steps = [note for note in operation.notes if "on the way back" in note.what]
    assert [note.what.split(" for ")[0] for note in steps] == STEPS
    assert all(note.figures["change_id"] for note in steps)
    assert operation.request["steps"]["pause"] == "PT1M"


def test_an_immediate_return_that_overloads_legacy_warns_with_figures_and_goes_ahead(
    ramp: Shop,
) -> None:
    bears(ramp, 60).passes(8)
    told = abort(ramp.world(), "shop")
    assert ramp.weights() is None
    assert "legacy would get 100 requests a second and is known to bear 60" in told.warning
    assert told.operations[0].request["warning"] == told.warning
    assert told.warning in ramp.said


def test_a_step_waits_until_legacy_can_bear_the_next_one(ramp: Shop) -> None:
    bears(ramp, 60, return_patience="30m").passes(8)
    seen: list[str] = []

    def evening_comes(_: float) -> None:
        ramp.passes(1)
        seen.append(str(ramp.weights()))
        if seen.count(STEPS[0]) == 7:
            ramp.per_minute = 1000

    abort(ramp.world(sleep=evening_comes), "shop", gradual=True)
    assert 7 < seen.count(STEPS[0]) < 20, "32 would be the pause and all of the patience"
    assert seen.count(STEPS[1]) < 5, "it bears what comes next, so only the pause is made"


def test_a_legacy_that_never_bears_it_holds_a_step_for_a_limited_time_only(ramp: Shop) -> None:
    bears(ramp, 60, return_patience="3m").passes(8)
    began = ramp.time.now
    told = abort(ramp.world(sleep=lambda _: ramp.passes(1)), "shop", gradual=True)
    assert ramp.weights() is None
    lasted = ramp.time.now - began
    assert timedelta(minutes=8) <= lasted <= timedelta(minutes=14), "twice a pause and the patience"
    assert any("then on all the same" in note.what for note in told.operations[0].notes)


def test_missing_metrics_hold_no_step(ramp: Shop) -> None:
    bears(ramp, 1)
    ramp.strict.faults.lost_answer("cloudwatch", "GetMetricData", times=99)
    began = ramp.time.now
    abort(ramp.world(), "shop", gradual=True)
    assert ramp.time.now - began < timedelta(minutes=4)


def test_a_step_never_brings_more_to_new_than_somebody_left_there(ramp: Shop) -> None:
    seen: list[str] = []

    def somebody_is_quicker() -> None:
        if ramp.weights() == HALF:
            ramp.somebody_sets(Vector(95, 5))

    abort(watched(ramp, seen, somebody_is_quicker), "shop", gradual=True, pause=SHORT)
    assert set(seen) == {STEPS[0], "legacy 95 / new 5", "None"}, "passed by the step at 10 percent"


def test_an_edit_on_the_way_is_passed_by_and_put_right_at_the_end(ramp: Shop) -> None:
    def somebody_adds_a_record() -> None:
        if len(ramp.records()) == 2:
            ramp.batch(("CREATE", weighted(alias("blue-lb.example."), "blue", 9)))

    seen = []
    world = ramp.world(
        sleep=lambda seconds: seen.append(_waits(ramp, seconds, somebody_adds_a_record))
    )
    abort(world, "shop", gradual=True, pause=SHORT)
    assert max(seen) == 3
    assert ramp.records() == (alias(),)


def test_abort_during_a_gradual_return_takes_it_the_rest_of_the_way_at_once(ramp: Shop) -> None:
    hurried: list[float] = []

    def alarm() -> None:
        if not hurried:
            hurried.append(0)
            began = ramp.time.now
            abort(ramp.world(), "shop")
            hurried.append((ramp.time.now - began).total_seconds())

    with pytest.raises(LeaseLost):
        abort(watched(ramp, [], alarm), "shop", gradual=True, pause=timedelta(hours=1))
    assert ramp.weights() is None
    assert hurried[1] < 60
    (operation, *_) = history(ramp.world(), SUBJECT)
    assert any("resumed at once by ann@desk" in note.what for note in operation.notes)


def test_a_second_gradual_return_waits_for_the_first_and_is_done_with_it(ramp: Shop) -> None:
    assert _killed_while_it_waits(ramp)
    told = back(ramp.world(), "shop", gradual=True, take_over=True)
    assert told.operations[0].kind == "abort"
    assert ramp.weights() is None


@pytest.mark.parametrize("settle", [resume, reverse_open])
def test_what_is_killed_between_two_steps_can_be_finished_and_taken_back(
    ramp: Shop, settle: Callable[..., Any]
) -> None:
    assert _killed_while_it_waits(ramp)
    assert ramp.weights() == HALF
    settle(ramp.world(), SUBJECT, take_over=True)
    assert ramp.weights() == (None if settle is resume else Vector(0, 100))


def test_a_resumed_return_still_goes_by_steps(ramp: Shop) -> None:
    assert _killed_while_it_waits(ramp)
    seen: list[str] = []
    resume(watched(ramp, seen), SUBJECT, take_over=True)
    assert "legacy 90 / new 10" in seen


def test_what_was_done_before_a_crash_stays_in_the_journal(ramp: Shop) -> None:
    assert _killed_while_it_waits(ramp, at=Vector(90, 10))
    (operation, *_) = history(ramp.world(), SUBJECT)
    assert operation.notes[-1].what.startswith("legacy 50 / new 50 for 60 s on the way back")
    resume(ramp.world(), SUBJECT, take_over=True)
    (operation, *_) = history(ramp.world(), SUBJECT)
    told = [note.what for note in operation.notes if "on the way back" in note.what]
    assert [what.split(" for ")[0] for what in told] == STEPS, "each step once"


def test_the_schedule_leaves_a_worker_that_goes_back_gradually_alone(ramp: Shop) -> None:
    asked: list[list[str]] = []

    def a_minute_passed() -> None:
        asked.append(begun(ramp.world()))
        with pytest.raises(Refused, match="its worker holds the lease"):
            ramp.advance()

    abort(watched(ramp, [], a_minute_passed), "shop", gradual=True, pause=SHORT)
    assert asked
    assert not any(asked)
    assert begun(ramp.world()) == []


def test_a_first_step_that_is_refused_changed_nothing(ramp: Shop) -> None:
    ramp.strict.route53.writes_between(lambda: ramp.somebody_sets(Vector(30, 70)))
    with pytest.raises(Conflict):
        abort(ramp.world(), "shop", gradual=True)
    assert ramp.weights() == Vector(30, 70), "nothing was overwritten"
    assert history(ramp.world(), SUBJECT)[0].status == "reversed"
    abort(ramp.world(), "shop")
    assert ramp.weights() is None


def test_a_later_step_that_is_refused_leaves_the_return_open(ramp: Shop) -> None:
    def somebody_sets(seconds: float) -> None:
        ramp.time.sleep(seconds)
        if ramp.weights() == HALF:
            ramp.strict.route53.writes_between(lambda: ramp.somebody_sets(Vector(30, 70)))

    with pytest.raises(Conflict, match="left open"):
        abort(ramp.world(sleep=somebody_sets), "shop", gradual=True, pause=SHORT)
    assert ramp.weights() == Vector(30, 70), "nothing was overwritten"
    assert history(ramp.world(), SUBJECT)[0].status == "open"
    abort(ramp.world(), "shop")
    assert ramp.weights() is None


def _waits(ramp: Shop, seconds: float, then: Callable[[], object]) -> int:
    ramp.time.sleep(seconds)
    then()
    return len(ramp.records())


def _killed_while_it_waits(ramp: Shop, at: Vector = HALF) -> bool:
    """Kill a worker that goes back gradually when it has waited for some time at a step."""

    def killed(seconds: float) -> None:
        ramp.time.sleep(seconds)
        if ramp.weights() == at and seconds > 4:
            raise Killed

    try:
        abort(ramp.world(sleep=killed), "shop", gradual=True)
    except Killed:
        return True
    return False
