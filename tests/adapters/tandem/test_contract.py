"""One contract for whatever is told what to run: the fake of the tests, and each real kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Conflict, Refused
from crossfade.plan.tandem.order import Release
from tests.adapters.tandem.targets import BAD, KINDS, ONE, TWO, Stood

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=KINDS)
def stood(request: pytest.FixtureRequest) -> Iterator[Stood]:
    with KINDS[request.param]() as opened:  # type: ignore[no-untyped-call]
        yield opened


def test_what_it_is_told_is_what_it_has_until_it_is_told_otherwise(stood: Stood) -> None:
    before = stood.target.told()
    order = stood.target.prepare(stood.release(TWO))
    assert stood.target.told() == before, "preparing changes nothing"
    assert order != before
    stood.target.tell(order, seen=before)
    assert stood.target.told() == order
    stood.passes()
    assert stood.target.told() == order


def test_a_rollout_goes_until_it_is_done(stood: Stood) -> None:
    before = stood.target.told()
    assert stood.target.rollout(before).state == "done"
    order = stood.target.prepare(stood.release(TWO))
    stood.target.tell(order, seen=before)
    assert stood.target.rollout(order).state == ("going" if stood.follows else "done")
    stood.passes()
    assert stood.target.rollout(order).state == "done"
    assert stood.target.rollout(before).state == "failed", "it is told something else"


def test_the_order_before_is_the_exact_way_back_in_the_middle_and_after_the_end(
    stood: Stood,
) -> None:
    before = stood.target.told()
    order = stood.target.prepare(stood.release(TWO))
    for waits in (False, True):
        stood.target.tell(order, seen=before)
        if waits:
            stood.passes()
        stood.target.tell(before, seen=order)
        assert stood.target.told() == before
        stood.passes()
        assert stood.target.told() == before
        assert stood.target.rollout(before).state == "done"


def test_a_rollout_that_fails_says_so_and_the_way_back_is_open(stood: Stood) -> None:
    before = stood.target.told()
    order = stood.target.prepare(stood.release(BAD))
    stood.target.tell(order, seen=before)
    stood.passes()
    if stood.follows:
        failed = stood.target.rollout(order)
        assert failed.state == "failed"
        assert failed.told
    assert stood.target.told() == order, "what it was told last, though not all follow"
    stood.target.tell(before, seen=order)
    stood.passes()
    assert stood.target.told() == before
    assert stood.target.rollout(before).state == "done"


def test_what_somebody_else_told_it_is_not_overwritten(stood: Stood) -> None:
    before = stood.target.told()
    order = stood.target.prepare(stood.release(TWO))
    stood.somebody(BAD)
    strange = stood.target.told()
    assert strange not in (before, order)
    with pytest.raises(Conflict):
        stood.target.tell(order, seen=before)
    assert stood.target.told() == strange
    stood.target.tell(order, seen=strange)
    assert stood.target.told() == order


def test_a_release_whose_artifact_is_missing_is_refused(stood: Stood) -> None:
    if not stood.follows:
        pytest.skip("a parameter takes any version: whoever pulls it finds the artifact")
    with pytest.raises(Refused):
        stood.target.prepare(stood.release("9.9.9"))


def test_preparing_twice_gives_the_same_order(stood: Stood) -> None:
    release = stood.release(ONE)
    assert isinstance(release, Release)
    assert stood.target.prepare(release) == stood.target.prepare(release)
