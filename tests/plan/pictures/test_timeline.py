"""The timeline of a ramp: which shares were set, what resolvers had of them, what is marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.journal.operation import Status
from crossfade.plan.pictures.timeline import Setting, propagated, settings_of
from tests.plan.ramp.ramps import Story, when

TTL = timedelta(seconds=60)


def test_the_set_share_counts_from_the_instant_of_being_in_sync() -> None:
    story = Story().sets(0, 0).decides(3).sets(5, 10, "canary").decides(6).sets(20, 50, "half")
    found = settings_of(reversed(story.operations))
    assert [(one.at, one.share, one.stage) for one in found] == [
        (when(0), 0, ""),
        (when(5), 10, "canary"),
        (when(20), 50, "half"),
    ]
    assert [one.previous for one in found] == [None, BASELINE, Vector(90, 10)]
    assert found[1].begun == when(4.5)


def test_weights_that_were_not_set_in_the_end_are_not_told() -> None:
    story = Story().sets(0, 0).sets(5, 10, "canary").ends(Status.REVERSED)
    assert [one.share for one in settings_of(story.operations)] == [0]


def test_the_steps_of_a_gradual_return_are_told_one_by_one() -> None:
    story = Story().sets(0, 100, "all").sets(10, 0, kind="back")
    step = {"legacy": 50, "new": 50, "seconds": 180.0, "in_sync_seconds": 20.0}
    noted = story.operations[-1].noted(when(8), "legacy 50 / new 50 on the way back", **step)
    whole = noted.noted(when(10), "in sync after 20 s", in_sync_seconds=20.0)
    found = settings_of([story.operations[0], whole])
    assert [(one.at, one.share) for one in found] == [
        (when(0), 100),
        (when(5), 50),
        (when(10), 0),
    ]
    assert found[2].previous == Vector(50, 50)


def test_caches_follow_a_change_in_a_straight_line_over_one_ttl() -> None:
    settings = settings_of(Story().sets(0, 0).sets(5, 40, "some").operations)
    assert [(one.at, one.value) for one in propagated(settings, when(30))] == [
        (when(0), 0),
        (when(1), 0),
        (when(5), 0),
        (when(6), 40),
        (when(30), 40),
    ]


shares = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 100)), min_size=1, max_size=6)


@given(shares)
def test_caches_hold_the_mean_of_the_set_share_over_the_last_ttl(
    steps: list[tuple[int, int]],
) -> None:
    settings, at, before = [], when(0), BASELINE
    for number, (seconds, new) in enumerate(steps):
        at += timedelta(seconds=seconds)
        vector = Vector(100 - new, new)
        settings.append(Setting(str(number), "advance", "", at, at, vector, before, TTL))
        before = vector
    for point in propagated(settings, at + 2 * TTL):
        seconds_of_ttl = [point.at - timedelta(seconds=one + 0.5) for one in range(60)]
        set_then = [
            next((one.share for one in reversed(settings) if one.at <= moment), 0.0)
            for moment in seconds_of_ttl
        ]
        assert point.value == pytest.approx(sum(set_then) / 60)


def test_no_weights_have_no_line() -> None:
    assert propagated((), when(0)) == ()
