"""A ramp from its start to its end: what each call of `advance` does, and what it records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.cli.render.ramp import advanced_answer
from crossfade.errors import Conflict, Refused
from crossfade.operations.ramp.migrate import migrate
from crossfade.operations.status.status import history
from crossfade.plan.dns.vector import Vector
from crossfade.plan.journal.documents import state_from_json
from crossfade.plan.ramp.decide import Advance, Back, Hold
from crossfade.plan.ramp.progress import Progress
from tests.operations.ramp.shop import SUBJECT, shop
from tests.plan.shop import alias, pair, weighted
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose record is a simple alias of legacy."""
    with shop() as opened:
        yield opened


def test_the_first_call_makes_the_simple_record_a_pair_that_sends_nobody_to_new(ramp: Shop) -> None:
    told = ramp.advance()
    assert ramp.weights() == Vector(100, 0)
    assert told.exit_code == 0
    assert ramp.progress().stage == ""


def test_each_call_does_one_thing_until_all_traffic_is_on_new(ramp: Shop) -> None:
    seen = []
    for _ in range(12):
        ramp.passes(6)
        told = ramp.advance()
        seen.append(str(ramp.weights()))
        if told.done:
            break
    assert list(dict.fromkeys(seen)) == [
        "legacy 100 / new 0",
        "legacy 90 / new 10",
        "legacy 50 / new 50",
        "legacy 0 / new 100",
    ]
    assert ramp.progress().completed_at is not None
    assert ramp.advance().done, "again changes nothing"


def test_migrate_loops_the_same_step_to_the_end(ramp: Shop) -> None:
    def sleep(seconds: float) -> None:
        ramp.passes(max(1, round(seconds / 60)))

    told = migrate(ramp.world(sleep=sleep), "shop")
    assert told.done
    assert ramp.weights() == Vector(0, 100)


def test_a_pair_that_is_there_is_adopted_as_it_is_without_a_change() -> None:
    with shop(*pair(99, 1)) as ramp:
        ramp.advance()
        assert ramp.progress().vector == Vector(99, 1)
        assert ramp.records() == pair(99, 1)
        assert changes(ramp) == 1, "the one that created the zone's records"


def test_a_stage_bakes_for_its_time_and_says_until_when(ramp: Shop) -> None:
    ramp.reaches("canary")
    told = ramp.advance()
    assert isinstance(told.decision, Hold)
    assert told.decision.waiting
    assert told.exit_code == 0
    since = ramp.progress().since
    assert since is not None
    assert told.decision.ask_again is not None
    assert (told.decision.ask_again - since).total_seconds() == 300


def test_the_stage_counts_from_the_instant_of_being_in_sync(ramp: Shop) -> None:
    ramp.advance()
    begun = ramp.time.now
    told = ramp.advance()
    since = ramp.progress().since
    assert since is not None
    assert 20 <= (since - begun).total_seconds() < 30
    assert state_from_json(told.operations[0].after, Progress).since == since


def test_a_new_platform_that_fails_is_taken_back_to_the_baseline_and_stays_there(
    ramp: Shop,
) -> None:
    simple = ramp.records()
    ramp.reaches("canary").passes(8, errors=0.5)
    told = ramp.advance()
    assert isinstance(told.decision, Back)
    assert told.exit_code == 1
    assert ramp.records() == simple
    ramp.passes(60)
    assert "frozen by ann@desk" in ramp.advance().line()
    assert ramp.records() == simple


def test_missing_metrics_hold_the_ramp_and_never_pass(ramp: Shop) -> None:
    ramp.reaches("canary")
    ramp.time.sleep(3600)
    told = ramp.advance()
    assert "gate errors: no_data" in told.line()
    assert told.exit_code == 3
    assert ramp.weights() == Vector(90, 10)


def test_metrics_that_cannot_be_read_hold_the_ramp_with_the_reason(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.faults.lost_answer("cloudwatch", "GetMetricData", times=9)
    told = ramp.advance()
    assert "gate errors: error (could not be asked: could not read the load" in told.line()
    assert ramp.weights() == Vector(90, 10)


def test_an_edit_by_somebody_else_holds_the_ramp_with_both_vectors_and_is_not_overwritten(
    ramp: Shop,
) -> None:
    ramp.reaches("canary").passes(8)
    ramp.somebody_sets(Vector(70, 30))
    before = changes(ramp)
    told = ramp.advance()
    assert told.conflict
    assert told.exit_code == 3
    assert "weight 10 was expected, 30 is there" in told.line()
    assert "set legacy 90 / new 10, live legacy 70 / new 30" in told.line()
    assert ramp.weights() == Vector(70, 30)
    assert changes(ramp) == before, "no batch was even sent"


def test_an_edit_between_reading_and_writing_refuses_the_whole_batch(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.route53.writes_between(lambda: ramp.somebody_sets(Vector(70, 30)))
    with pytest.raises(Conflict, match="nothing was overwritten"):
        ramp.advance()
    assert ramp.weights() == Vector(70, 30)
    assert ramp.world().journal.head(SUBJECT)[0].open is None
    assert history(ramp.world(), SUBJECT)[0].status == "reversed"
    assert ramp.progress().stage == "canary"


def test_a_lost_answer_to_a_change_that_was_applied_is_settled_by_reading_back(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.route53.loses_answers()
    assert isinstance(ramp.advance().decision, Advance)
    assert ramp.weights() == Vector(50, 50)


def test_an_edit_over_a_change_whose_answer_was_lost_leaves_the_operation_open(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.route53.loses_answers()
    ramp.strict.faults.before(
        "route53",
        "ListResourceRecordSets",
        nth=2,
        effect=lambda _: ramp.somebody_sets(Vector(1, 1)),
    )
    with pytest.raises(Conflict, match="Whether our own change stood there before is not known"):
        ramp.advance()
    assert ramp.weights() == Vector(1, 1)
    assert ramp.world().journal.head(SUBJECT)[0].open is not None


def test_records_that_cannot_be_ramped_are_refused_with_the_record_and_the_mend() -> None:
    blue = weighted(alias("blue-lb.example."), "blue", 7)
    with shop(blue) as ramp:
        with pytest.raises(Refused, match=r"shop\.acme\.example A 'blue'.*unknown-identifier"):
            ramp.advance()
        assert ramp.records() == (blue,)


def test_a_new_target_that_does_not_answer_for_the_name_is_refused(ramp: Shop) -> None:
    ramp.new_answers = 503
    with pytest.raises(Refused, match="target-does-not-answer"):
        ramp.advance()
    assert ramp.weights() is None


@pytest.mark.parametrize(("gates", "calls"), [(["errors"], 6), (["errors", "latency"], 7)])
def test_an_advance_that_has_nothing_to_do_costs_six_calls_and_one_for_slow_requests(
    ramp: Shop, gates: list[str], calls: int
) -> None:
    ramp.changes["gates"] = {"quiet": {"kind": "alarms", "alarms": ["a", "b"]}}
    ramp.changes["stages"] = [{"name": "canary", "share": 10, "gates": [*gates, "quiet"]}]
    ramp.reaches("canary")
    ramp.passes(3)
    world = ramp.world()
    assert isinstance(ramp.advance(world=world).decision, Hold)
    assert 4 < world.tally.total <= calls, world.tally.requests


def test_a_hundred_records_move_in_one_batch() -> None:
    names = [f"s{number}.acme.example." for number in range(100)]
    with shop(*(alias(name=name) for name in names)) as ramp:
        ramp.changes["records"] = names
        ramp.advance()
        before = changes(ramp)
        ramp.advance()
        assert changes(ramp) == before + 1
        assert len(ramp.progress().records) == 200


def test_the_stop_switch_holds_every_ramp_and_names_its_reason(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.changes["stop_migrations"] = "the shop sells concert tickets today"
    told = ramp.advance()
    assert "all migrations are stopped: the shop sells concert tickets today" in told.line()
    assert told.exit_code == 3


def test_a_dry_run_decides_and_leaves_no_trace(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    told = ramp.advance(dry_run=True)
    assert isinstance(told.decision, Advance)
    assert ramp.weights() == Vector(90, 10)
    assert len(history(ramp.world(), SUBJECT)) == 2


def test_a_dry_run_refuses_records_that_could_not_be_adopted(ramp: Shop) -> None:
    ramp.new_answers = 503
    for dry_run in (True, False):
        with pytest.raises(Refused, match="HTTP 503"):
            ramp.advance(dry_run=dry_run)
    ramp.new_answers = 200
    assert isinstance(ramp.advance(dry_run=True).decision, Advance)


def test_a_dry_run_says_what_becomes_of_an_operation_that_is_open(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.faults.after("route53", "ChangeResourceRecordSets", effect=Killed())
    with pytest.raises(Killed):
        ramp.advance()
    ramp.strict.faults.clear()
    for dry_run in (True, False):
        with pytest.raises(Refused, match="its worker holds the lease"):
            ramp.advance(dry_run=dry_run)
    ramp.time.sleep(300)
    told = ramp.advance(dry_run=True)
    title = "advance shop to half at legacy 50 / new 50"
    assert told.line() == f"shop: would settle what a worker left open: {title}"
    assert advanced_answer(told)[0]["decision"] == "settle"
    assert told.exit_code == 0
    assert ramp.advance().line() == f"shop: settled what a worker left open: {title}: done"


def test_every_decision_is_in_the_journal_with_its_figures_and_who_asked(ramp: Shop) -> None:
    ramp.reaches("canary").passes(3)
    ramp.advance()
    ramp.passes(8, errors=0.5)
    ramp.advance()
    back, hold, entered, adopted = history(ramp.world(), SUBJECT)
    assert [one.request["decision"] for one in (adopted, entered, hold, back)] == [
        "advance",
        "advance",
        "hold",
        "back",
    ]
    assert back.request["from"] == "legacy 90 / new 10, 10 % on new"
    assert back.request["to"] == "the records as they were found"
    assert {one.by.who for one in (adopted, entered, hold, back)} == {"ann@desk"}
    (gate,) = [note for note in back.notes if note.figures.get("gate") == "errors"]
    assert gate.figures["outcome"] == "fail"
    assert gate.figures["ratio_new"] == pytest.approx(0.5)
    (sync,) = [note for note in back.notes if "change_id" in note.figures]
    assert sync.figures["change_id"]
    assert sync.figures["in_sync_seconds"] >= 20


def test_a_hold_that_only_a_person_can_end_is_recorded_once(ramp: Shop) -> None:
    ramp.reaches("all").passes(1)
    before = len(history(ramp.world(), SUBJECT))
    for _ in range(3):
        assert ramp.advance().done
        ramp.time.sleep(60)
    assert len(history(ramp.world(), SUBJECT)) == before + 1


def test_two_workers_never_decide_at_the_same_time(ramp: Shop) -> None:
    ramp.reaches("canary")
    first, second = ramp.world(), ramp.world()
    told: list[object] = []

    def interrupted(step: object) -> object:
        if getattr(step, "title", "").startswith("record") and not told:
            told.append(ramp.advance(world=second))
        return step.effect()  # type: ignore[attr-defined]

    with pytest.raises(Conflict, match="changed by another worker"):
        ramp.advance(world=first, run=interrupted)
    assert len(history(ramp.world(), SUBJECT)) == 3, "what lost the race left no record"


def test_a_worker_that_died_is_finished_by_the_next_call(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.route53.loses_requests(99)
    with pytest.raises(Exception, match="left open"):
        ramp.advance()
    ramp.strict.route53.loses_requests(0)
    ramp.passes(1)
    told = ramp.advance()
    assert told.decision is None
    assert ramp.weights() == Vector(50, 50)
    assert replace(ramp.progress(), records=()).stage == "half"


def changes(ramp: Shop) -> int:
    """Return how many batches Route 53 was sent."""
    calls = ramp.strict.faults.calls
    return sum(call.operation == "ChangeResourceRecordSets" for call in calls)
