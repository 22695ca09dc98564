from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.plan.dns.vector import BASELINE, Vector, share_of
from crossfade.plan.gates.gate import GateResult, Outcome, OutcomeLimits
from crossfade.plan.gates.kinds import ErrorsGate
from crossfade.plan.gates.samples import MINUTE
from crossfade.plan.ramp.approval import Approval, Override
from crossfade.plan.ramp.decide import Advance, Back, Decision, Evidence, Hold, decide, told
from crossfade.plan.ramp.progress import Freeze, Progress, completed, frozen, observed, overridden
from crossfade.plan.ramp.stages import Plan, Return, Stage, named_vectors
from crossfade.plan.ramp.windows import Window, WindowKind, parse_window
from tests.plan.shop import NOON, said, standing

HOUR = timedelta(hours=1)
PLAN = Plan(
    (
        Stage("canary", share_of(1), bake=HOUR, gates=("errors", "measured-share")),
        Stage("half", share_of(50), bake=HOUR, gates=("errors",), approval=True),
        Stage("all", share_of(100), gates=("errors",)),
    )
)
CANARY = standing(("canary", 1))
HALF = standing(("canary", 1), ("half", 50))
PASSED = (said("errors", Outcome.PASS), said("measured-share", Outcome.PASS))
FAILED = (said("errors", Outcome.FAIL, why="5 % failed"), said("measured-share", Outcome.PASS))
APPROVED = replace(CANARY, approvals=(Approval("digest", "ada", NOON - HOUR, NOON + HOUR),))
CLOSED = parse_window("2026-03-01..2026-03-03", kind=WindowKind.DENY, timezone="UTC")


def decided(
    progress: Progress = CANARY,
    results: tuple[GateResult, ...] = PASSED,
    *,
    plan: Plan = PLAN,
    evidence: Evidence | None = None,
    after: timedelta = timedelta(),
) -> Decision:
    known = evidence or Evidence(digest="digest", live=progress.vector)
    return decide(plan, progress, replace(known, results=results), NOON + after)


def reason(decision: Decision) -> str:
    assert isinstance(decision, Hold)
    return decision.reason


def test_the_records_are_adopted_before_the_first_stage() -> None:
    decision = decided(Progress(), ())
    assert decision == Advance("", None, "adopt the records as weighted pairs")


def test_after_the_adoption_the_first_stage_begins() -> None:
    assert decided(standing(), ()) == Advance("canary", Vector(99, 1), "on to 1 %")


def test_a_stage_that_baked_passed_and_was_approved_is_followed_by_the_next() -> None:
    decision = decided(APPROVED)
    assert decision == Advance(
        "half", Vector(50, 50), "gate errors: pass; gate measured-share: pass; on to 50 %"
    )


def test_a_stage_bakes_first_and_says_until_when() -> None:
    young = standing(("canary", 1), since=NOON - HOUR / 2)
    decision = decided(young)
    assert decision == Hold("stage canary bakes for another 30 min", NOON + HOUR / 2, waiting=True)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PASS])
def test_nothing_but_a_pass_lets_the_ramp_go_on(outcome: Outcome) -> None:
    # Argo Rollouts #4479: "Successful" though every measurement failed
    results = (PASSED[0], said("measured-share", outcome, why="see figures"))
    decision = decided(APPROVED, results)
    assert isinstance(decision, Hold)
    assert decision.reason == f"gate measured-share: {outcome} (see figures)"
    assert decision.ask_again == NOON + PLAN.check_every
    assert decision.escalate == (outcome is Outcome.FAIL)


def test_a_gate_that_was_not_asked_holds() -> None:
    assert reason(decided(APPROVED, PASSED[:1])) == "gate measured-share: was not asked"


def test_a_failing_gate_takes_the_ramp_back_to_the_baseline() -> None:
    # Argo Rollouts #4841: abort never returns to 0
    decision = decided(HALF, FAILED[:1])
    assert isinstance(decision, Back)
    assert decision.to == HALF.baseline
    assert decision.to.vector == BASELINE
    assert decision.reason == "gate errors: fail (5 % failed): back to the baseline"


def test_a_plan_may_go_back_one_stage_only() -> None:
    decision = decided(HALF, FAILED[:1], plan=replace(PLAN, back_to=Return.PREVIOUS))
    assert isinstance(decision, Back)
    assert decision.to.stage == "canary"


BLOCKED = {
    "baking": (standing(("canary", 1), since=NOON), {}),
    "frozen": (frozen(CANARY, Freeze("incident", "ada", NOON)), {}),
    "stopped": (CANARY, {"stopped": "change freeze"}),
    "waiting for an approval": (CANARY, {"digest": "other"}),
    "jobs are moving": (CANARY, {"moving": ("reports.daily",)}),
    "changed by someone else": (CANARY, {"difference": ("weight 1 was expected, 5 is there",)}),
    "live weights unreadable": (CANARY, {"difference": ("'new' is gone",), "live": None}),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_nothing_that_blocks_the_way_on_blocks_the_way_back(case: str) -> None:
    # P8; Flagger #1801: a threshold crossed while waiting at a gate; Kargo: windows block rollbacks
    progress, evidence = BLOCKED[case]
    closed = replace(PLAN, windows=(CLOSED,))
    known = replace(Evidence(live=Vector(95, 5)), **evidence)  # type: ignore[arg-type]
    assert isinstance(decided(progress, PASSED, plan=closed, evidence=known), Hold)
    assert isinstance(decided(progress, FAILED, plan=closed, evidence=known), Back)


def test_an_automatic_way_back_never_brings_more_traffic_to_new() -> None:
    previous = replace(PLAN, back_to=Return.PREVIOUS)
    by_hand = Evidence(difference=("weight 50 was expected, 0 is there",), live=Vector(100, 0))
    decision = decided(HALF, FAILED[:1], plan=previous, evidence=by_hand)
    assert isinstance(decision, Hold)
    assert decision.conflict
    assert "somebody else already took new to legacy 100 / new 0" in decision.reason


@pytest.mark.parametrize("by", ["live", "away"])
def test_what_stands_at_the_checkpoint_already_does_not_keep_it_from_going_back(by: str) -> None:
    """A change by hand to the very share: going back brings no more traffic to new."""
    previous = replace(PLAN, back_to=Return.PREVIOUS)
    canary = Vector(99, 1)
    there = Evidence(live=canary) if by == "live" else Evidence(away=canary.share)
    by_hand = replace(there, difference=("weight 50 was expected, 1 is there",))
    decision = decided(HALF, FAILED[:1], plan=previous, evidence=by_hand)
    assert isinstance(decision, Back)
    assert decision.to.stage == "canary"


def test_a_fail_counts_only_when_its_limit_is_reached() -> None:
    patient = replace(PLAN, gates=(ErrorsGate(name="errors", limits=OutcomeLimits(fail=2)),))
    assert isinstance(decided(CANARY, FAILED, plan=patient), Hold)
    once = observed(CANARY, FAILED)
    assert isinstance(decided(once, FAILED, plan=patient), Hold), "the same minutes again"
    later = tuple(replace(one, end=one.end + MINUTE) for one in FAILED)
    assert isinstance(decided(once, later, plan=patient), Back)


def test_missing_data_holds_for_ever_by_default_and_goes_back_at_a_limit_that_is_set() -> None:
    # Flagger #1035, #883: no data counted as failure
    silent = (said("errors", Outcome.NO_DATA), PASSED[1])
    assert isinstance(decided(CANARY, silent), Hold)
    strict = replace(PLAN, gates=(ErrorsGate(name="errors", limits=OutcomeLimits(no_data=1)),))
    assert isinstance(decided(CANARY, silent, plan=strict), Back)


def test_a_foreign_change_holds_with_both_values_and_is_a_conflict() -> None:
    evidence = Evidence(
        difference=("'new': weight 1 was expected, 5 is there",), live=Vector(95, 5)
    )
    decision = decided(APPROVED, evidence=evidence)
    assert isinstance(decision, Hold)
    assert decision.conflict
    assert "weight 1 was expected, 5 is there" in decision.reason


def test_a_freeze_and_the_stop_switch_hold_until_a_person_acts() -> None:
    ice = decided(frozen(APPROVED, Freeze("incident 7", "ada", NOON)))
    assert ice == Hold("frozen by ada since 2026-03-02 12:00 UTC: incident 7")
    stop = decided(APPROVED, evidence=Evidence(stopped="black friday"))
    assert stop == Hold("all migrations are stopped: black friday")


def test_a_closed_window_holds_and_says_when_it_opens() -> None:
    decision = decided(APPROVED, plan=replace(PLAN, windows=(CLOSED,)))
    assert isinstance(decision, Hold)
    assert "deny 2026-03-01..2026-03-03 (UTC)" in decision.reason
    assert "opens 2026-03-04 00:00 UTC" in decision.reason
    assert decision.ask_again == NOON + 36 * HOUR
    mondays = parse_window("mon 00:00-24:00", kind=WindowKind.ALLOW, timezone="UTC")
    never = parse_window("mon 00:00-24:00", kind=WindowKind.DENY, timezone="UTC")
    shut = decided(APPROVED, plan=replace(PLAN, windows=(mondays, never)))
    assert "does not open within 400 days" in reason(shut)


def test_an_approval_of_another_change_does_not_count() -> None:
    decision = decided(APPROVED, evidence=Evidence(digest="another"))
    assert "stage half needs an approval" in reason(decision)
    assert isinstance(decided(APPROVED, after=2 * HOUR), Hold), "it expired"


def test_an_overridden_gate_neither_holds_nor_takes_back() -> None:
    override = Override("errors", "canary", "known noise", "ada", NOON)
    assert isinstance(decided(overridden(APPROVED, override), FAILED), Advance)
    elsewhere = replace(override, stage="half")
    assert isinstance(decided(overridden(APPROVED, elsewhere), FAILED), Back)


def test_moving_cron_jobs_hold_the_stage() -> None:
    decision = decided(APPROVED, evidence=Evidence(digest="digest", moving=("reports.daily",)))
    assert reason(decision) == "cron jobs are still moving: reports.daily"


def test_after_the_last_stage_the_ramp_is_done_and_still_goes_back() -> None:
    # Kargo #5144: a failed re-verification did not withdraw what was verified
    everything = standing(("canary", 1), ("half", 50), ("all", 100))
    done = decided(everything, PASSED[:1])
    assert done == Hold("all stages are done; reversible until 2026-03-09 12:00 UTC", done=True)
    assert isinstance(decided(everything, FAILED[:1]), Back)


def test_a_complete_ramp_goes_back_until_its_time_is_over() -> None:
    everything = completed(standing(("canary", 1), ("half", 50), ("all", 100)), NOON - HOUR)
    failed = FAILED[:1]
    assert isinstance(decided(everything, failed), Back)
    assert isinstance(decided(everything, failed, plan=replace(PLAN, reversible_for=HOUR)), Hold)


def test_past_the_point_of_no_return_nothing_is_left_to_decide() -> None:
    final = replace(HALF, final_at=NOON, checkpoints=())
    decision = decided(final, FAILED[:1])
    assert isinstance(decision, Hold)
    assert decision.done


def test_a_stage_that_left_the_plan_holds() -> None:
    shorter = Plan(PLAN.stages[1:])
    assert "no longer in the plan" in reason(decided(CANARY, plan=shorter))


def test_a_decision_is_told_with_its_word_first() -> None:
    assert told(decided(APPROVED))["decision"] == "advance"
    back = told(decided(HALF, FAILED[:1]))
    assert back["decision"] == "back"
    assert back["to"]["vector"] == {"legacy": 100, "new": 0}
    hold = told(decided(standing(("canary", 1), since=NOON)))
    assert (hold["decision"], hold["ask_again"]) == ("hold", "2026-03-02T13:00:00Z")


outcomes = st.sampled_from(Outcome)
progresses = st.sampled_from(
    [Progress(), standing(), CANARY, APPROVED, HALF, frozen(HALF, Freeze("x", "y", NOON))]
)
evidences = st.builds(
    Evidence,
    results=st.tuples(
        outcomes.map(lambda outcome: said("errors", outcome)),
        outcomes.map(lambda outcome: said("measured-share", outcome)),
    ),
    difference=st.sampled_from([(), ("someone wrote",)]),
    live=st.sampled_from([None, BASELINE, Vector(99, 1), Vector(1, 99)]),
    stopped=st.sampled_from(["", "stop"]),
    digest=st.sampled_from(["digest", "other"]),
)


@settings(deadline=None)
@given(progresses, evidences, st.sampled_from([(), (CLOSED,)]), st.integers(-90, 90))
def test_a_decision_depends_on_nothing_but_the_facts_and_names_only_planned_vectors(
    progress: Progress, evidence: Evidence, windows: tuple[Window, ...], minutes: int
) -> None:
    plan = replace(PLAN, windows=windows)
    now = NOON + minutes * MINUTE
    decision = decide(plan, progress, evidence, now)
    assert decide(plan, progress, evidence, now) == decision
    failed = evidence.results[0].outcome is Outcome.FAIL
    match decision:
        case Advance():
            assert decision.vector in {None, *named_vectors(plan, baseline=BASELINE)}
            assert (decision.vector is None) == (progress.vector is None)
            asked = {"errors"} if progress.stage == "half" else {"errors", "measured-share"}
            said_so = {one.gate for one in evidence.results if one.outcome is Outcome.PASS}
            assert not progress.stage or asked <= said_so
            assert not evidence.difference
            assert progress.frozen is None
        case Back():
            assert failed
            assert decision.to in progress.checkpoints
        case Hold():
            lowered = evidence.live is not None and evidence.difference
            assert not (failed and progress.checkpoints) or lowered
