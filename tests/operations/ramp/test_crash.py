"""P4 for migrations: killed at any call to the outside, a change is resumed or reversed.

Each scenario is run once to its end, then once for every call that it makes, killed before or after
that call by an exception that nothing catches. Another worker then settles what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.status.status import history
from tests.operations.ramp.shop import SUBJECT, shop
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.ramp.progress import Progress
    from tests.operations.ramp.shop import Shop

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Scenario:
    """What happens before, and the operation that is killed; how many calls it makes at least."""

    before: Callable[[Shop], object]
    operation: Callable[[Shop], object]
    calls: int = 10


def _baked(ramp: Shop) -> None:
    ramp.reaches("canary").passes(10)


def _failing(ramp: Shop) -> None:
    ramp.reaches("canary").passes(10, errors=0.5)


SCENARIOS = {
    "adopt": Scenario(lambda _: None, lambda ramp: ramp.advance()),
    "advance": Scenario(_baked, lambda ramp: ramp.advance()),
    "fall back": Scenario(_failing, lambda ramp: ramp.advance()),
    "abort": Scenario(_baked, lambda ramp: abort(ramp.world(), "shop")),
}


LONG = frozenset({"adopt", "abort"})
"""Scenarios that only the long form runs: the others pass through the same calls."""

NAMES = [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in SCENARIOS]


def shown(ramp: Shop) -> tuple[tuple[RecordSet, ...], Progress, tuple[bool, ...]]:
    """Return all that a visitor and an operator can see, apart from ids, reasons and instants."""
    progress = ramp.progress()
    plain = replace(
        progress,
        zone="",  # each account has its own
        since=None,
        decided=None,
        frozen=None,
        completed_at=None,
        simple_at=None,
        final_at=None,
        results=(),
        tallies=(),
        checkpoints=tuple(
            replace(one, operation="", at=progress.checkpoints[0].at)
            for one in progress.checkpoints
        ),
    )
    plain = replace(plain, checkpoints=tuple((one.stage, one.vector) for one in plain.checkpoints))
    instants = (progress.completed_at, progress.simple_at, progress.final_at)
    return ramp.records(), plain, tuple(at is not None for at in instants)


def killed_at(scenario: Scenario, moment: Moment, nth: int) -> Iterator[Shop]:
    """Kill the scenario's operation at its nth call; yields nothing when it has fewer calls."""
    with shop(in_sync_seconds=0.4) as ramp:
        scenario.before(ramp)
        arm = ramp.strict.faults.before if moment == "before" else ramp.strict.faults.after
        fault = arm(nth=nth, times=1_000_000, effect=Killed())
        try:
            scenario.operation(ramp)
        except Killed:
            ramp.strict.faults.clear()
            yield ramp
        assert fault.fired or nth > 1


def start_and_end(scenario: Scenario) -> tuple[object, object]:
    """Tell the scenario without a crash; return what is seen before and after."""
    with shop(in_sync_seconds=0.4) as ramp:
        scenario.before(ramp)
        start = shown(ramp)
        scenario.operation(ramp)
        return start, shown(ramp)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_any_call_it_is_resumed_to_its_end(name: str, moment: Moment) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    assert start != end
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for ramp in killed_at(scenario, moment, nth):
            ended = False
            closed = resume(ramp.world(), SUBJECT, take_over=True)
            untouched = not closed and shown(ramp) == start
            assert untouched or shown(ramp) == end, f"killed {moment} call {nth}"
            assert resume(ramp.world(), SUBJECT) == ()
            assert all(one.ended_at for one in history(ramp.world(), SUBJECT))
    assert nth > 10


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_any_call_it_is_reversed_to_its_start(name: str, moment: Moment) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for ramp in killed_at(scenario, moment, nth):
            ended = False
            closed = reverse_open(ramp.world(), SUBJECT, take_over=True)
            finished = not closed and shown(ramp) == end
            assert finished or shown(ramp) == start, f"killed {moment} call {nth}"
            assert all(one.ended_at for one in history(ramp.world(), SUBJECT))
    assert nth > 10


@pytest.mark.parametrize(
    "moment", [pytest.param("before", marks=pytest.mark.slow), pytest.param("after")]
)
def test_killed_at_any_call_the_way_back_needs_no_settling_first(moment: Moment) -> None:
    scenario = SCENARIOS["advance"]
    with shop(in_sync_seconds=0.4) as ramp:
        simple = ramp.records()
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for ramp in killed_at(scenario, moment, nth):
            ended = False
            abort(ramp.world(), "shop", take_over=True)
            assert ramp.records() == simple, f"killed {moment} call {nth}"
            assert back(ramp.world(), "shop").to is None, "again changes nothing"
