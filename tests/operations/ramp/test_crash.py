"""P4 for migrations: killed at any call to the outside, a change is resumed or reversed.

Each scenario is run once to its end, then once for each moment at which its worker may die
(`tests.deaths`), killed by an exception that nothing catches. Another worker then settles what is
left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.status.status import history
from tests.deaths import short_and_long
from tests.operations.ramp.shop import SUBJECT, shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.ramp.progress import Progress
    from tests.deaths import Death, Deaths
    from tests.operations.ramp.shop import Shop


@dataclass(frozen=True)
class Scenario:
    """What happens before, and the operation that is killed; how often it writes at least."""

    before: Callable[[Shop], object]
    operation: Callable[[Shop], object]
    writes: int = 5


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


CASES = short_and_long(SCENARIOS, short=["advance", "fall back"])
"""The others pass through the same calls."""


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


def killed_at(deaths: Iterable[Death], scenario: Scenario) -> Iterator[tuple[Shop, Death]]:
    """Kill the scenario's operation at each of these moments, in a shop of its own each time."""
    died = 0
    for death in deaths:
        with shop(in_sync_seconds=0.4) as ramp:
            scenario.before(ramp)
            if not death.comes(ramp.strict.faults, lambda: scenario.operation(ramp)):
                break
            died += 1
            yield ramp, death
    assert died > scenario.writes


def start_and_end(scenario: Scenario) -> tuple[object, object]:
    """Tell the scenario without a crash; return what is seen before and after."""
    with shop(in_sync_seconds=0.4) as ramp:
        scenario.before(ramp)
        start = shown(ramp)
        scenario.operation(ramp)
        return start, shown(ramp)


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_at_any_call_it_is_resumed_to_its_end(name: str, deaths: Deaths) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    assert start != end
    for ramp, death in killed_at(deaths(), scenario):
        closed = resume(ramp.world(), SUBJECT, take_over=True)
        untouched = not closed and shown(ramp) == start
        assert untouched or shown(ramp) == end, death
        assert resume(ramp.world(), SUBJECT) == ()
        assert all(one.ended_at for one in history(ramp.world(), SUBJECT)), death


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_at_any_call_it_is_reversed_to_its_start(name: str, deaths: Deaths) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    for ramp, death in killed_at(deaths(), scenario):
        closed = reverse_open(ramp.world(), SUBJECT, take_over=True)
        finished = not closed and shown(ramp) == end
        assert finished or shown(ramp) == start, death
        assert all(one.ended_at for one in history(ramp.world(), SUBJECT)), death


@pytest.mark.parametrize(("name", "deaths"), short_and_long(["advance"]))
def test_killed_at_any_call_the_way_back_needs_no_settling_first(name: str, deaths: Deaths) -> None:
    with shop(in_sync_seconds=0.4) as ramp:
        simple = ramp.records()
    for ramp, death in killed_at(deaths(), SCENARIOS[name]):
        abort(ramp.world(), "shop", take_over=True)
        assert ramp.records() == simple, death
        assert back(ramp.world(), "shop").to is None, "again changes nothing"
