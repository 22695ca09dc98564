"""P4 for the end of a migration and for the gradual way back: killed at any call to the outside."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort
from crossfade.operations.ramp.finish import finish, make_simple
from crossfade.operations.status.status import history
from tests.operations.ramp.shop import SUBJECT
from tests.operations.ramp.test_crash import Scenario, killed_at, shown, start_and_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.operations.ramp.shop import Shop
    from tests.operations.ramp.test_crash import Moment


def _half(ramp: Shop) -> None:
    ramp.changes["stages"] = [{"name": "canary", "share": 10}, {"name": "half", "share": 50}]
    ramp.changes["accept"] = ["keep-alive"]
    for _ in range(3):
        ramp.advance()


def _complete(ramp: Shop) -> None:
    ramp.hurries().advance()


SHORT = timedelta(seconds=4)

SCENARIOS = {
    "go back by a step": Scenario(
        _half, lambda ramp: abort(ramp.world(), "shop", gradual=True, pause=SHORT)
    ),
    "become simple": Scenario(_complete, lambda ramp: make_simple(ramp.world(), "shop")),
    "give up the way back": Scenario(
        _complete, lambda ramp: finish(ramp.world(), "shop", without_proof="known"), calls=4
    ),
}


def _cases(*quick: tuple[str, Moment]) -> list[object]:
    """Every scenario at every moment; those that are not named run in the long form only."""
    moments: tuple[Moment, ...] = ("before", "after")
    return [
        pytest.param(name, moment, marks=() if (name, moment) in quick else pytest.mark.slow)
        for name in SCENARIOS
        for moment in moments
    ]


def _killed_at_each_call(
    name: str, moment: Moment, check: Callable[[Shop, object, object], None]
) -> None:
    """Kill a scenario at each of its calls, and look at what another worker makes of it."""
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    assert start != end
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for ramp in killed_at(scenario, moment, nth):
            ended = False
            check(ramp, start, end)
            assert all(one.ended_at for one in history(ramp.world(), SUBJECT)), f"call {nth}"
    assert nth > scenario.calls


@pytest.mark.parametrize(
    ("name", "moment"),
    _cases(
        ("go back by a step", "after"),
        ("give up the way back", "before"),
        ("give up the way back", "after"),
    ),
)
def test_killed_at_any_call_it_is_resumed_to_its_end(name: str, moment: Moment) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        closed = resume(ramp.world(), SUBJECT, take_over=True)
        untouched = not closed and shown(ramp) == start
        assert untouched or shown(ramp) == end

    _killed_at_each_call(name, moment, check)


@pytest.mark.parametrize(("name", "moment"), _cases(("become simple", "before")))
def test_killed_at_any_call_it_is_reversed_to_its_start(name: str, moment: Moment) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        closed = reverse_open(ramp.world(), SUBJECT, take_over=True)
        finished = not closed and shown(ramp) == end
        assert finished or shown(ramp) == start

    _killed_at_each_call(name, moment, check)


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        pytest.param("go back by a step", "before", marks=pytest.mark.slow),
        pytest.param("go back by a step", "after", marks=pytest.mark.slow),
        pytest.param("become simple", "after", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_call_abort_takes_it_to_the_baseline_at_once(
    name: str, moment: Moment
) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        del start, end
        abort(ramp.world(), "shop", take_over=True)
        assert ramp.weights() is None
        assert not ramp.ended(), "it is legacy that answers"

    _killed_at_each_call(name, moment, check)
