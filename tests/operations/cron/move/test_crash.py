"""P4 for cron jobs: killed at any call to the outside, a move or a return is settled by the next.

Each scenario is run once to its end, then once for every call that it makes, to S3, to memcached or
to the list, killed before or after that call by an exception that nothing catches.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from crossfade.operations.cron.move.move import Asked
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.status.status import history
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.decide import Wish
from tests.operations.cron.moving import DOCUMENT, LEGACY, NEW, SUBJECT, platforms
from tests.story import STATE, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.operations.cron.moving import Platforms

Moment = Literal["before", "after"]
RECORDED = Preference("legacy", 1234.5, "by hand")
TO_LEGACY = Asked(Wish(LEGACY))


@dataclass(frozen=True)
class Scenario:
    """What happens before, the operation that is killed, and what the job is like."""

    before: Callable[[Platforms], object]
    operation: Callable[[Platforms], object]
    document: bool = False


def _fails(both: Platforms) -> None:
    both.moves()
    both.tick(NEW, code=1)


SCENARIOS = {
    "move": Scenario(lambda _: None, lambda both: both.moves()),
    "move in a document": Scenario(lambda _: None, lambda both: both.moves(), document=True),
    "taken back": Scenario(_fails, lambda both: both.moves()),
    "reversed": Scenario(
        lambda both: both.moves(), lambda both: both.moves(asked=TO_LEGACY), document=True
    ),
}

MOMENTS = [pytest.param("before", marks=pytest.mark.slow), "after"]
"""Before a call is after the one before it, but for the first: the long form tries both."""


def names(*short: str) -> list[Any]:
    """Return the scenarios, all but some only for the long form: they pass through the same."""
    return [
        pytest.param(name, marks=() if name in short else pytest.mark.slow) for name in SCENARIOS
    ]


@contextmanager
def world_of(scenario: Scenario) -> Iterator[Platforms]:
    where = {"on": "document", "document": f"s3://{STATE}/{DOCUMENT}"} if scenario.document else {}
    with platforms(**where) as both:
        both.somebody_prefers(RECORDED)
        scenario.before(both)
        yield both


def shown(both: Platforms) -> object:
    """Return all that decides who runs the job, and where it stands; without ids and instants."""
    preference, entry, standing = both.preferred(), both.entry(), both.standing()
    plain = replace(standing, checkpoint="", watch=None, preferred=None, taken_back=None)
    return (
        preference and (preference.platform, preference.by == RECORDED.by),
        entry and entry["suspend"],
        plain,
    )


def kill_at(both: Platforms, moment: Moment, nth: int) -> Callable[[], bool]:
    """Kill at the nth call of all that go outside; return whether it came to that."""
    count = [0]

    def strikes() -> bool:
        count[0] += 1
        return count[0] >= nth

    def fault(what: str) -> None:
        if what.startswith(moment) and strikes():
            raise Killed

    def in_s3(_: Any) -> None:
        if strikes():
            raise Killed

    arm = both.strict.faults.before if moment == "before" else both.strict.faults.after
    arm(times=1_000_000, effect=in_s3)
    both.fault = fault
    return lambda: count[0] >= nth


def killed_at(scenario: Scenario, moment: Moment, nth: int) -> Iterator[Platforms]:
    """Kill the scenario's operation at its nth call; yields nothing when it has fewer calls."""
    with world_of(scenario) as both:
        struck = kill_at(both, moment, nth)
        try:
            scenario.operation(both)
        except Killed:
            both.strict.faults.clear()
            both.fault = lambda _: None
            yield both
        else:
            assert not struck()


def start_and_end(scenario: Scenario) -> tuple[object, object]:
    """Tell the scenario without a crash; return what is seen before and after."""
    with world_of(scenario) as both:
        start = shown(both)
        scenario.operation(both)
        return start, shown(both)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", names("taken back"))
def test_killed_at_any_call_it_is_resumed_to_its_end(name: str, moment: Moment) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    assert start != end
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for both in killed_at(scenario, moment, nth):
            ended = False
            closed = resume(both.world(), SUBJECT, take_over=True)
            untouched = not closed and shown(both) == start
            assert untouched or shown(both) == end, f"killed {moment} call {nth}"
            assert resume(both.world(), SUBJECT) == ()
            assert all(one.ended_at for one in history(both.world(), SUBJECT))
    assert nth > 15


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", names("move in a document"))
def test_killed_at_any_call_it_is_reversed_to_its_start(name: str, moment: Moment) -> None:
    scenario = SCENARIOS[name]
    start, end = start_and_end(scenario)
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for both in killed_at(scenario, moment, nth):
            ended = False
            closed = reverse_open(both.world(), SUBJECT, take_over=True)
            finished = not closed and shown(both) == end
            assert finished or shown(both) == start, f"killed {moment} call {nth}"
    assert nth > 15


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_call_the_next_call_of_the_mover_goes_on(moment: Moment) -> None:
    scenario = SCENARIOS["taken back"]
    _, end = start_and_end(scenario)
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for both in killed_at(scenario, moment, nth):
            ended = False
            both.sleep(130)
            both.moves()
            assert shown(both) == end, f"killed {moment} call {nth}"
    assert nth > 15


def test_killed_in_the_middle_of_a_move_the_job_can_be_taken_back_at_once() -> None:
    start, _ = start_and_end(SCENARIOS["move"])
    nth, ended = 0, False
    while not ended:
        nth, ended = nth + 1, True
        for both in killed_at(SCENARIOS["move"], "after", nth):
            ended = False
            both.moves(asked=replace(TO_LEGACY, take_over=True))
            assert shown(both) == start, f"killed after call {nth}"
            assert both.preferred() == RECORDED
    assert nth > 15
