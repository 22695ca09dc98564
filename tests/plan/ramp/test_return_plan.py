from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.ramp.progress import (
    Checkpoint,
    Progress,
    completed,
    declared_final,
    made_simple,
    returned,
)
from crossfade.plan.ramp.return_plan import (
    Capacity,
    Steps,
    given_up,
    previous_checkpoint,
    return_path,
    reversible_until,
    steps_from_json,
    steps_to_json,
    strained,
)
from crossfade.plan.ramp.stages import Plan, canary, exponential, linear, named_vectors
from tests.plan.shop import NOON, standing

plans = st.sampled_from([Plan(canary()), Plan(linear(20)), Plan(exponential(5))])
vectors = st.builds(
    Vector, st.integers(min_value=1, max_value=255), st.integers(min_value=0, max_value=255)
)


def test_back_returns_to_the_last_checkpoint_and_does_nothing_without_one() -> None:
    # Argo Rollouts #1292: abort with nothing running scaled the stable side to 0
    progress = standing(("canary", 1), ("half", 50))
    assert previous_checkpoint(progress) == progress.checkpoints[-1]
    assert previous_checkpoint(Progress()) is None


def test_a_gradual_return_passes_through_the_stages_below() -> None:
    path = return_path(Plan(linear(25)), Vector(0, 100), BASELINE)
    assert path == (Vector(25, 75), Vector(50, 50), Vector(75, 25))


def test_a_gradual_return_to_a_simple_record_passes_through_every_stage_below() -> None:
    assert return_path(Plan(linear(50)), Vector(0, 100), None) == (Vector(50, 50),)


@settings(deadline=None)
@given(plans, vectors, vectors)
def test_a_return_only_goes_down_and_only_through_vectors_that_the_plan_names(
    plan: Plan, live: Vector, to: Vector
) -> None:
    path = return_path(plan, live, to)
    shares = [live.share, *(vector.share for vector in path)]
    assert shares == sorted(set(shares), reverse=True), "each has less on new than the one before"
    assert set(path) <= named_vectors(plan, baseline=BASELINE)
    assert all(vector.share > to.share for vector in path)


def test_the_steps_of_a_return_survive_the_journal() -> None:
    steps = Steps((Vector(50, 50), Vector(90, 10)), timedelta(seconds=90), timedelta(minutes=10))
    assert steps_from_json(json.loads(json.dumps(steps_to_json(steps)))) == steps


def test_back_passes_by_the_checkpoint_of_records_that_became_simple() -> None:
    # it moved no traffic, so returning to it would bring none back
    everything = completed(standing(("half", 50), ("all", 100)), NOON)
    checkpoint = Checkpoint("op-9", "all", Vector(0, 100), "digest", NOON)
    ended = made_simple(everything, records=(), checkpoint=checkpoint, at=NOON)
    assert previous_checkpoint(ended) == everything.checkpoints[-1]
    again = returned(ended, to=checkpoint, records=(), at=NOON)
    assert (again.simple_at, again.completed_at) == (None, NOON)
    assert previous_checkpoint(again) == everything.checkpoints[-1]


def test_a_legacy_that_could_not_bear_the_return_is_told_with_figures() -> None:
    capacity = Capacity(requests=200, legacy_bears=150)
    assert strained(capacity, Vector(50, 50)) == ""
    assert "would get 200 requests a second and is known to bear 150" in strained(capacity, None)


def test_a_complete_ramp_is_reversible_for_the_time_that_the_plan_gives() -> None:
    plan = Plan(canary(), reversible_for=timedelta(days=7))
    done = completed(standing(("all", 100)), NOON)
    assert reversible_until(plan, standing(("all", 100))) is None
    assert given_up(plan, standing(("all", 100)), NOON + timedelta(days=99)) == ""
    assert given_up(plan, done, NOON + timedelta(days=7, seconds=-1)) == ""
    assert "reversible until 2026-03-09 12:00 UTC" in given_up(plan, done, NOON + timedelta(days=7))


def test_the_point_of_no_return_ends_the_way_back() -> None:
    final = declared_final(standing(("all", 100)), NOON)
    assert "declared at 2026-03-02 12:00 UTC" in given_up(Plan(canary()), final, NOON)
