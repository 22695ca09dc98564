"""P4 for purges: killed at any call to the outside, a purge is resumed to its end or reversed.

The moments at which a worker dies are those of `tests.deaths`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.purge.reverse import reverse_purge
from tests.deaths import short_and_long
from tests.operations.purge.depot import SUBJECTS, Depot, Template, template
from tests.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.operations.base.world import World
    from tests.deaths import Death, Deaths

SETTINGS = {"keep_checkpoints": 1, "asset_grace": 1}


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
    with template(tmp_path_factory.mktemp("piled"), *"12") as told:
        depot = told.begin(**SETTINGS)
        depot.purge(keep=1)
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
        """Run the operation once to its end."""
        depot = self.begin()
        self.start = depot.shown()
        self.operation(depot)
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

    def killed(self, deaths: Deaths) -> Iterator[tuple[Depot, Death]]:
        """Yield what a worker left that was killed, for each of these moments."""
        died = 0
        for death in deaths():
            depot = self.begin()
            assert depot.strict is not None
            if not death.comes(depot.strict.faults, lambda: self.operation(depot)):  # noqa: B023
                break
            died += 1
            assert depot.broken_pages() == [], death
            assert depot.broken_releases() == [], death
            yield depot, death
        assert died > 5


CASES = short_and_long(SCENARIOS, short=["purge --versions", "reverse"])
"""What a plain purge does is a part of what one with --versions does."""


def settled(depot: Depot, settle: Callable[..., tuple[Any, ...]]) -> tuple[Any, ...]:
    """Settle whatever is open, by another worker."""
    world = depot.world()
    return sum((settle(world, name, take_over=True) for name in SUBJECTS), ())


def nothing_remains(depot: Depot, told: Death) -> None:
    world = depot.world()
    for subject in SUBJECTS:
        assert all(record.ended_at for record in depot.told(subject, most=1)), told
        assert resume(world, subject) == (), told


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_anywhere_it_is_resumed_to_its_end(
    piled: Template, name: str, deaths: Deaths
) -> None:
    told = Told(piled, SCENARIOS[name])
    for depot, where in told.killed(deaths):
        closed = settled(depot, resume)
        now = depot.shown()
        if not closed and now == told.start:
            continue  # it was killed before it was opened
        assert now == told.end, where
        assert depot.everything() == told.rows, where
        nothing_remains(depot, where)


@pytest.mark.parametrize(("name", "deaths"), CASES)
def test_killed_anywhere_it_is_reversed_to_its_start(
    piled: Template, name: str, deaths: Deaths
) -> None:
    told = Told(piled, SCENARIOS[name])
    for depot, where in told.killed(deaths):
        closed = settled(depot, reverse_open)
        now = depot.shown()
        if not closed and now == told.end:
            continue  # it was killed after it was closed
        assert now == told.start, where
        nothing_remains(depot, where)
