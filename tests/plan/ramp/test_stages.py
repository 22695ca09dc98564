from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.errors import BadInput
from crossfade.plan.dns.vector import BASELINE, Vector, share_of
from crossfade.plan.gates.kinds import AlarmGate, ErrorsGate
from crossfade.plan.ramp.stages import (
    Plan,
    Return,
    Stage,
    canary,
    checked_plan,
    exponential,
    linear,
    named_vectors,
    plan_digest,
)
from crossfade.plan.ramp.windows import WindowKind, parse_window

OFFICE = parse_window("mon-thu 09:00-16:00", kind=WindowKind.ALLOW, timezone="UTC")


def stage(name: str, share: float, **more: object) -> Stage:
    return replace(Stage(name, share_of(share)), **more)  # type: ignore[arg-type]


THREE = Plan((stage("canary", 1), stage("half", 50), stage("all", 100)))


@pytest.mark.parametrize("plan", [Plan(canary()), Plan(linear(20)), Plan(exponential())])
def test_the_sample_plans_make_sense_and_end_at_everything(plan: Plan) -> None:
    assert checked_plan(plan) is plan
    assert plan.stages[-1].share == 100
    assert plan.stages[-1].bake == timedelta()


def test_the_sample_plans_take_their_steps() -> None:
    assert [float(one.share) for one in linear(30)] == [30, 60, 90, 100]
    assert [float(one.share) for one in exponential(20)] == [20, 40, 80, 100]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(()), "no stages"),
        (Plan((stage("a", 1), stage("a", 2))), "'a' must be there, and only once"),
        (Plan((stage("", 1),)), "only once"),
        (Plan((stage("a", 50), stage("b", 10))), "goes down to 10 % from 50 %"),
        (Plan((stage("a", 0.1),)), "cannot be set"),
        (Plan((stage("a", 1, gates=("bogus",)),)), "names gate 'bogus'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: Plan, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        checked_plan(plan)


def test_stages_follow_each_other_by_name() -> None:
    first, second, last = THREE.stages
    assert THREE.after("") is first
    assert THREE.after("canary") is second
    assert THREE.after("all") is None
    assert THREE.stage("all") is last
    assert THREE.stage("gone") is None


def test_a_plans_own_gate_wins_over_the_standard_one_of_its_name() -> None:
    mine = ErrorsGate(name="errors", max_ratio=0.5)
    plan = Plan(
        (stage("a", 1, gates=("errors", "cpu")),), (mine, AlarmGate(name="cpu", alarms=("c",)))
    )
    assert [gate.name for gate in plan.gates_of(plan.stages[0])] == ["errors", "cpu"]
    assert plan.gates_of(plan.stages[0])[0] is mine


def test_a_stage_respects_the_plans_windows_and_its_own() -> None:
    plan = Plan((stage("a", 1, windows=(OFFICE,)),), windows=(OFFICE,))
    assert plan.windows_of(plan.stages[0]) == (OFFICE, replace(OFFICE, scope=plan.stages[0].name))


def test_only_the_vectors_of_stages_and_the_baseline_are_named() -> None:
    assert named_vectors(THREE, baseline=BASELINE) == {
        BASELINE,
        Vector(99, 1),
        Vector(50, 50),
        Vector(0, 100),
    }


def test_editing_what_is_left_of_a_plan_changes_its_digest_and_the_past_does_not() -> None:
    before = plan_digest(THREE, after="canary")
    past = Plan((stage("canary", 2), *THREE.stages[1:]))
    assert plan_digest(past, after="canary") == before
    edits = [
        Plan((*THREE.stages[:2], stage("all", 99))),
        Plan((*THREE.stages[:2], stage("all", 100, gates=("errors",)))),
        replace(THREE, back_to=Return.PREVIOUS),
        replace(THREE, windows=(OFFICE,)),
        replace(THREE, gates=(ErrorsGate(name="errors", max_ratio=0.5),)),
    ]
    assert before not in {plan_digest(edit, after="canary") for edit in edits}
    assert plan_digest(THREE) != before


def test_how_surely_a_gate_must_fail_is_part_of_the_digest_where_it_is_not_the_standard() -> None:
    def digest(gate: ErrorsGate) -> str:
        return plan_digest(replace(THREE, gates=(gate,)))

    plain = digest(ErrorsGate(name="errors"))
    assert "false_returns" not in repr(ErrorsGate(name="errors")), "as in older digests"
    for other in (
        ErrorsGate(name="errors", false_returns=0.01),
        ErrorsGate(name="errors", times=None),
    ):
        assert digest(other) != plain


def test_the_digest_of_a_plan_is_the_same_in_every_version_of_crossfade() -> None:
    digest = "46b8d2cdf0ff8881f29637ccb66b8c118fc3e13cd2674ee5b884376e16b7e79c"
    assert plan_digest(THREE) == digest, "an approval that was given counts after an upgrade"
