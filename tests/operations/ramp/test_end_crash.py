"""P4 for the end of a migration and for the gradual way back: killed at any call to the outside."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort
from crossfade.operations.ramp.finish import finish, make_simple
from crossfade.operations.status.status import history
from tests.deaths import short_and_long
from tests.operations.ramp.shop import SUBJECT
from tests.operations.ramp.test_crash import Scenario, killed_at, shown, start_and_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.deaths import Deaths
    from tests.operations.ramp.shop import Shop


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
        _complete, lambda ramp: finish(ramp.world(), "shop", without_proof="known"), writes=2
    ),
}


def _killed_at_each_call(
    name: str, deaths: Deaths, check: Callable[[Shop, object, object], None]
) -> None:
    """Kill a scenario at each of these moments, and look at what another worker makes of it."""
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    assert start != end
    for ramp, death in killed_at(deaths(), scenario):
        check(ramp, start, end)
        assert all(one.ended_at for one in history(ramp.world(), SUBJECT)), death


@pytest.mark.parametrize(("name", "deaths"), short_and_long(SCENARIOS))
def test_killed_at_any_call_it_is_resumed_to_its_end(name: str, deaths: Deaths) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        closed = resume(ramp.world(), SUBJECT, take_over=True)
        untouched = not closed and shown(ramp) == start
        assert untouched or shown(ramp) == end

    _killed_at_each_call(name, deaths, check)


@pytest.mark.parametrize(("name", "deaths"), short_and_long(SCENARIOS))
def test_killed_at_any_call_it_is_reversed_to_its_start(name: str, deaths: Deaths) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        closed = reverse_open(ramp.world(), SUBJECT, take_over=True)
        finished = not closed and shown(ramp) == end
        assert finished or shown(ramp) == start

    _killed_at_each_call(name, deaths, check)


@pytest.mark.parametrize(("name", "deaths"), short_and_long(["go back by a step", "become simple"]))
def test_killed_at_any_call_abort_takes_it_to_the_baseline_at_once(
    name: str, deaths: Deaths
) -> None:
    def check(ramp: Shop, start: object, end: object) -> None:
        del start, end
        abort(ramp.world(), "shop", take_over=True)
        assert ramp.weights() is None
        assert not ramp.ended(), "it is legacy that answers"

    _killed_at_each_call(name, deaths, check)
