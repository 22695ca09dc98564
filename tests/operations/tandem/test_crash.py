"""P4 and P12 for tandems: killed at any write, both end on one version, or it says `diverged`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest

from crossfade.local.strict.faults import WRITES
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.status.status import history
from tests.operations.tandem.twins import SUBJECT, Twins, at_one, twins
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOR_EVER = 1_000_000


@dataclass(frozen=True)
class Scenario:
    """What is done, and which version both run at its end; they ran 1.4.2 before."""

    operation: Callable[[Twins], object]
    end: str
    broken: str = ""


SCENARIOS = {
    "release": Scenario(lambda both: both.releases("1.4.3"), "1.4.3"),
    "release that fails": Scenario(lambda both: both.releases("1.4.3"), "1.4.2", broken="1.4.3"),
    "back": Scenario(lambda both: both.returns(), "1.4.1"),
}


def killed(scenario: Scenario, nth: int) -> Iterator[Twins]:
    """Kill the scenario's worker after its nth write, to S3 or to a platform; none when fewer."""
    with twins() as both:
        both.builds("1.4.2")
        assert both.releases("1.4.2").code == 0
        both.builds("1.4.3")
        both.new.broken.add(scenario.broken)
        made = [0]

        def strikes() -> None:
            made[0] += 1
            if made[0] >= nth:
                raise Killed

        def told(what: str) -> None:
            if what.startswith("after") or made[0] >= nth:
                strikes()

        both.strict.faults.after(operation=WRITES, times=FOR_EVER, effect=lambda _: strikes())
        for one in both.both:
            one.fault = told
        try:
            scenario.operation(both)
        except Killed:
            both.strict.faults.clear()
            for one in both.both:
                one.fault = lambda _: None
            both.sleep(60)
            yield both
        else:
            assert made[0] < nth


def each_death(scenario: Scenario) -> Iterator[Twins]:
    """Yield the world after each death, the tandem's own record in whatever state."""
    for nth in count(1):
        found = False
        for both in killed(scenario, nth):
            found = True
            yield both
        if not found:
            assert nth > 5
            return


def holds(both: Twins) -> None:
    """See that the journal calls nothing in tandem that is not."""
    if both.word == "in tandem":
        pair = both.standing.pair
        assert pair is not None
        assert at_one(both, pair.version)


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_after_any_write_the_schedule_brings_it_to_an_end(name: str) -> None:
    scenario = SCENARIOS[name]
    for both in each_death(scenario):
        holds(both)
        both.sleep(130)
        both.releases()
        both.releases()
        ends = {scenario.end, "1.4.2"}
        assert any(at_one(both, version) for version in ends), both.run
        assert both.word in {"in tandem", "unknown"}
        assert all(one.ended_at for one in history(both.world(), SUBJECT))


def test_killed_after_any_write_it_is_reversed_to_its_start() -> None:
    for both in each_death(SCENARIOS["release"]):
        closed = reverse_open(both.world(), SUBJECT, take_over=True)
        holds(both)
        finished = not closed and both.standing.pair is not None
        assert at_one(both, "1.4.2") or (finished and at_one(both, "1.4.3"))


def test_killed_after_any_write_it_is_resumed_to_its_end() -> None:
    for both in each_death(SCENARIOS["release"]):
        closed = resume(both.world(), SUBJECT, take_over=True)
        holds(both)
        begun = closed or at_one(both, "1.4.3")
        assert at_one(both, "1.4.3" if begun else "1.4.2")
