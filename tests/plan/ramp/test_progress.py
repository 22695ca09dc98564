from __future__ import annotations

from datetime import timedelta

from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.gates.measured_share import Concentration
from crossfade.plan.journal.documents import state_from_json, state_to_json
from crossfade.plan.ramp.approval import Approval, Override
from crossfade.plan.ramp.progress import (
    Checkpoint,
    Freeze,
    Progress,
    approved,
    began,
    completed,
    declared_final,
    frozen,
    made_simple,
    measured,
    observed,
    overridden,
    returned,
    steps,
    thawed,
)
from tests.plan.shop import NOON, alias, pair, said, standing

APPROVAL = Approval("d" * 64, "ada", NOON, NOON + timedelta(hours=1))
OVERRIDE = Override("errors", "half", "known noise", "ada", NOON)
FREEZE = Freeze("incident", "ada", NOON)


def full() -> Progress:
    progress = standing(("canary", 1), ("half", 50))
    progress = observed(progress, [said("errors", Outcome.FAIL)])
    progress = approved(overridden(frozen(progress, FREEZE), OVERRIDE), APPROVAL)
    return completed(measured(progress, Concentration(0.02, 40)), NOON)


def test_a_position_survives_the_journal() -> None:
    # Flagger #1577: state lost with the cluster in mid-promotion
    for progress in (Progress(), full()):
        assert state_from_json(state_to_json(progress), Progress) == progress


def test_a_migration_that_did_nothing_yet_has_an_empty_state() -> None:
    assert state_from_json({}, Progress) == Progress()
    assert Progress().baseline is None


def test_entering_a_stage_keeps_a_checkpoint_of_the_one_before() -> None:
    progress = standing(("canary", 1), ("half", 50))
    assert [(one.stage, one.vector) for one in progress.checkpoints] == [
        ("", BASELINE),
        ("canary", Vector(99, 1)),
    ]
    assert progress.baseline == progress.checkpoints[0]
    assert (progress.previous, progress.vector) == (Vector(99, 1), Vector(50, 50))


def test_what_gates_said_and_people_allowed_counts_for_one_stage_only() -> None:
    later = returned(full(), to=full().checkpoints[1], records=pair(99, 1), at=NOON)
    assert (later.tallies, later.results, later.approvals, later.overrides) == ((), (), (), ())


def test_going_back_uses_up_the_checkpoint_and_all_after_it() -> None:
    progress = standing(("a", 1), ("b", 10), ("c", 50))
    to_a = returned(progress, to=progress.checkpoints[1], records=pair(99, 1), at=NOON)
    assert (to_a.stage, to_a.vector, to_a.since) == ("a", Vector(99, 1), NOON)
    assert to_a.checkpoints == progress.checkpoints[:1]
    home = returned(progress, to=progress.checkpoints[0], records=pair(100, 0), at=NOON)
    assert (home.stage, home.vector, home.checkpoints) == ("", BASELINE, ())


def test_a_freeze_keeps_its_first_reason_until_it_is_thawed() -> None:
    again = frozen(full(), Freeze("another", "bob", NOON))
    assert again.frozen == FREEZE
    assert thawed(again).frozen is None
    assert thawed(again).tallies == (), "the fails from before the freeze count no more"


def test_the_first_instant_of_completion_stays() -> None:
    assert completed(full(), NOON + timedelta(hours=1)).completed_at == NOON


def test_past_the_point_of_no_return_there_are_no_checkpoints() -> None:
    final = declared_final(full(), NOON)
    assert (final.checkpoints, final.final_at) == ((), NOON)


def test_simple_records_leave_the_ramp_complete_with_one_more_checkpoint() -> None:
    checkpoint = Checkpoint("op-9", "half", Vector(50, 50), "digest", NOON)
    simple = made_simple(full(), records=(alias(),), checkpoint=checkpoint, at=NOON)
    assert simple.checkpoints == (*full().checkpoints, checkpoint)
    assert (simple.simple_at, simple.completed_at, simple.vector) == (NOON, NOON, Vector(50, 50))


def test_a_stage_that_measured_nothing_leaves_the_position_as_it_is() -> None:
    assert measured(full(), None) == full()
    assert measured(Progress(), Concentration(0.1, 20)).concentration == (Concentration(0.1, 20),)


def test_a_ramp_began_with_its_first_stage_whose_number_is_0() -> None:
    assert (steps(Progress()), began(Progress())) == (0, None)
    one, three = standing(("canary", 1)), standing(("canary", 1), ("half", 50), ("all", 100))
    assert (steps(one), steps(three)) == (0, 2)
    assert began(three) == three.checkpoints[0].at
