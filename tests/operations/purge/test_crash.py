"""P4 for purges: killed at any call to the outside, a purge is resumed to its end or reversed.

The calls of an operation are counted once. A worker that dies after a call leaves the world as one
that dies before the next, and a reading call leaves it as it was: the short form kills it after
each write, the long form before every call and after the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.purge.reverse import reverse_purge
from tests.operations.purge.depot import SUBJECTS, Depot, Snapshot, Template, template
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.operations.base.world import World

WRITES = {"PutObject", "DeleteObject", "DeleteObjects", "CopyObject"}
SETTINGS = {"keep_checkpoints": 1, "asset_grace": 1}
Moment = Literal["before", "after"]
Point = tuple[Moment, int]


@dataclass(frozen=True)
class Scenario:
    """What happens before, and the operation that is killed."""

    before: Callable[[Depot], object]
    operation: Callable[[World], object]


def _piled_up(_: Depot) -> None:
    """Nothing more than what the template tells."""


def _purged(depot: Depot) -> None:
    depot.purge(keep=1)


SCENARIOS = {
    "purge": Scenario(_piled_up, lambda world: purge(world, PurgeRequest("web", 1, apply=True))),
    "purge --versions": Scenario(
        _piled_up, lambda world: purge(world, PurgeRequest("web", 1, apply=True, versions=True))
    ),
    "reverse": Scenario(_purged, lambda world: reverse_purge(world, "web")),
}


@pytest.fixture(scope="module")
def piled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Releases, an earlier purge, assets that are due, half a release, and a foreign object."""
    with template(tmp_path_factory.mktemp("piled"), *"1234") as told:
        depot = told.begin(**SETTINGS)
        depot.purge(keep=3)
        depot.released("5", "6")
        depot.half_published("7")
        depot.put("releases/web/2/notes.txt")
        depot.calendar.days(3)
        yield Template(depot, Snapshot(), depot.calendar.seconds)


@dataclass
class Told:
    """A scenario, told up to its operation, and what it is like at its end."""

    template: Template
    scenario: Scenario

    def __post_init__(self) -> None:
        """Run the operation once to its end, and count its calls."""
        depot = self.begin()
        self.start = depot.shown()
        assert depot.strict is not None
        depot.strict.faults.clear()
        self.operation(depot)
        calls = depot.strict.faults.calls
        self.calls = len(calls)
        self.writes = [call.number for call in calls if call.operation in WRITES]
        self.end = depot.shown()
        self.rows = depot.everything()
        assert self.start != self.end

    def begin(self) -> Depot:
        depot = self.template.begin(**SETTINGS)
        self.scenario.before(depot)
        return depot

    def operation(self, depot: Depot) -> None:
        """Run it by a worker whose clock stands still, so that its calls are always the same."""
        self.scenario.operation(depot.world(monotonic=lambda: 0.0))

    def killed(self, points: list[Point]) -> Iterator[tuple[Depot, str]]:
        """Yield what a worker left that was killed, for each of some points."""
        for moment, nth in points:
            depot = self.begin()
            assert depot.strict is not None
            faults = depot.strict.faults
            faults.clear()
            arm = faults.before if moment == "before" else faults.after
            fault = arm(nth=nth, times=1_000_000, effect=Killed())
            with pytest.raises(Killed):
                self.operation(depot)
            assert fault.fired
            faults.clear()
            told = f"killed {moment} call {nth} of {self.calls}"
            assert depot.broken_pages() == [], told
            assert depot.broken_releases() == [], told
            yield depot, told


def after_each_write(told: Told) -> list[Point]:
    return [("before", 1), *(("after", nth) for nth in told.writes)]


def at_every_call(told: Told) -> list[Point]:
    return [*(("before", nth) for nth in range(1, told.calls + 1)), ("after", told.calls)]


LONG = pytest.mark.slow
CASES = [
    # What a plain purge does is a part of what one with --versions does.
    pytest.param("purge --versions", after_each_write, id="purge --versions"),
    pytest.param("reverse", after_each_write, id="reverse"),
    *(
        pytest.param(name, at_every_call, id=f"{name}, at every call", marks=LONG)
        for name in SCENARIOS
    ),
]


def settled(depot: Depot, settle: Callable[..., tuple[Any, ...]]) -> tuple[Any, ...]:
    """Settle whatever is open, by another worker."""
    world = depot.world()
    return sum((settle(world, name, take_over=True) for name in SUBJECTS), ())


def nothing_remains(depot: Depot, told: str) -> None:
    world = depot.world()
    for subject in SUBJECTS:
        assert all(record.ended_at for record in depot.told(subject, most=1)), told
        assert resume(world, subject) == (), told


@pytest.mark.parametrize(("name", "points"), CASES)
def test_killed_anywhere_it_is_resumed_to_its_end(
    piled: Template, name: str, points: Callable[[Told], list[Point]]
) -> None:
    told = Told(piled, SCENARIOS[name])
    assert len(told.writes) >= 5
    for depot, where in told.killed(points(told)):
        closed = settled(depot, resume)
        now = depot.shown()
        if not closed and now == told.start:
            continue  # it was killed before it was opened
        assert now == told.end, where
        assert depot.everything() == told.rows, where
        nothing_remains(depot, where)


@pytest.mark.parametrize(("name", "points"), CASES)
def test_killed_anywhere_it_is_reversed_to_its_start(
    piled: Template, name: str, points: Callable[[Told], list[Point]]
) -> None:
    told = Told(piled, SCENARIOS[name])
    for depot, where in told.killed(points(told)):
        closed = settled(depot, reverse_open)
        now = depot.shown()
        if not closed and now == told.end:
            continue  # it was killed after it was closed
        assert now == told.start, where
        nothing_remains(depot, where)
