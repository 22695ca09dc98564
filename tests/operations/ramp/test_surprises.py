"""What nobody planned: edits by hand, another configuration, odd records, a worker that died."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from crossfade.adapters.aws.route53 import read_records
from crossfade.errors import Conflict, Refused
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.ramp.consent import hold, thaw
from crossfade.operations.status.status import history
from crossfade.plan.dns.vector import Vector
from crossfade.plan.journal.operation import Actor
from crossfade.plan.ramp.decide import Advance, Back, Hold
from tests.operations.ramp.shop import ALARM, SUBJECT, shop
from tests.plan.shop import alias, pair, weighted
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.journal.step import Step
    from crossfade.plan.dns.records import RecordSet
    from tests.operations.ramp.shop import Shop

T = TypeVar("T")
SHOP, PAY = "shop.acme.example", "pay.acme.example"


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose record is a simple alias of legacy, beside the record of its payments."""
    with shop(alias(), alias(name=f"{PAY}."), in_sync_seconds=1) as opened:
        yield opened


def paying(ramp: Shop) -> tuple[RecordSet, ...]:
    """Return what stands under the name of the payments."""
    return read_records(ramp.aws.client("route53"), ramp.zone, (PAY,))


@pytest.mark.parametrize("call", ["ListResourceRecordSets", "PutObject"])
def test_an_edit_right_after_the_reading_is_not_overwritten(ramp: Shop, call: str) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.faults.after(operation=call, effect=lambda _: ramp.somebody_sets(Vector(70, 30)))
    with pytest.raises(Conflict, match="weight 90 was expected, 70 is there"):
        ramp.advance()
    assert ramp.weights() == Vector(70, 30)
    assert ramp.progress().stage == "canary"


def test_a_record_that_joins_the_group_at_the_moment_of_writing_is_found_by_reading_back(
    ramp: Shop,
) -> None:
    ramp.reaches("canary").passes(8)
    guest = weighted(alias("blue-lb.example."), "blue", 50)
    ramp.strict.route53.writes_between(lambda: ramp.batch(("CREATE", guest)))
    with pytest.raises(Conflict, match=r"'blue': is there with weight 50.*and was not expected"):
        ramp.advance()
    assert guest in ramp.records(), "no DELETE named it, and nobody removed it"
    with pytest.raises(Conflict, match="and was not expected"):
        ramp.advance()
    assert guest in ramp.records()
    back(ramp.world(), "shop")
    assert ramp.weights() == Vector(90, 10)


@pytest.mark.parametrize("step", ["open", "change records", "wait for Route 53", "close"])
def test_of_two_workers_that_advance_at_once_one_changes_the_records(ramp: Shop, step: str) -> None:
    ramp.reaches("canary").passes(8)
    told: list[str] = []

    def interrupted(one: Step[T]) -> T:
        if one.title.startswith(step) and not told:
            told.append("")
            try:
                told[0] = ramp.advance(world=ramp.world(actor=Actor("bob@desk"))).line()
            except Refused as refused:
                told[0] = str(refused)
        return one.effect()

    if step == "open":
        with pytest.raises(Refused):
            ramp.advance(run=interrupted)
        assert "advance to half" in told[0]
    else:
        ramp.advance(run=interrupted)
        assert "advance shop to half at legacy 50 / new 50 is open since" in told[0]
        assert "by ann@desk" in told[0]
    assert ramp.weights() == Vector(50, 50)
    assert [one.status for one in history(ramp.world(), SUBJECT)] == ["done"] * 3


def test_back_passes_by_a_checkpoint_that_has_more_on_new_than_there_is_now(ramp: Shop) -> None:
    ramp.reaches("half")
    ramp.somebody_sets(Vector(95, 5))
    told = back(ramp.world(), "shop")
    assert ramp.weights() == Vector(100, 0), "canary's 10 % would have gone forward"
    assert told.to is not None
    assert told.to.stage == ""


def test_back_returns_to_a_checkpoint_that_has_as_much_on_new_as_there_is_now(ramp: Shop) -> None:
    ramp.reaches("half")
    ramp.somebody_sets(Vector(90, 10))
    back(ramp.world(), "shop")
    assert ramp.progress().stage == "canary"


def test_a_failing_gate_does_not_bring_back_the_record_of_new_that_somebody_removed(
    ramp: Shop,
) -> None:
    ramp.changes["back_to"] = "previous"
    ramp.reaches("half").passes(8, errors=0.5)
    legacy, new = ramp.records()
    ramp.batch(("DELETE", new))
    told = ramp.advance()
    assert isinstance(told.decision, Hold)
    assert "somebody else already took new to 0 %" in told.line()
    assert ramp.records() == (legacy,)


def test_a_name_that_joins_the_configuration_holds_the_ramp_and_survives_the_way_back(
    ramp: Shop,
) -> None:
    simple = ramp.records()
    ramp.reaches("canary").passes(8)
    ramp.changes["records"] = [SHOP, PAY]
    told = ramp.advance()
    assert told.exit_code == 3
    assert f"{PAY}: the configuration names it, and the migration began without it" in told.line()
    abort(ramp.world(), "shop")
    assert ramp.records() == simple
    assert paying(ramp) == (alias(name=f"{PAY}."),)


def test_another_zone_in_the_configuration_holds_the_ramp_and_the_way_back_goes_by_the_journal(
    ramp: Shop,
) -> None:
    simple = ramp.records()
    ramp.reaches("canary").passes(8)
    ramp.changes["zone"] = "ZOTHER"
    told = ramp.advance()
    assert told.exit_code == 3
    assert "zone ZOTHER: the configuration names it, and the migration began in" in told.line()
    abort(ramp.world(), "shop")
    assert ramp.records() == simple


def test_a_name_that_left_the_configuration_holds_the_ramp_and_comes_back_with_the_others(
    ramp: Shop,
) -> None:
    ramp.changes["records"] = [SHOP, PAY]
    ramp.reaches("canary").passes(8)
    ramp.changes["records"] = [SHOP]
    told = ramp.advance()
    assert told.exit_code == 3
    assert f"{PAY}: the migration moves it, and the configuration no longer names" in told.line()
    abort(ramp.world(), "shop")
    assert paying(ramp) == (alias(name=f"{PAY}."),)


def test_a_killed_change_of_a_name_that_left_the_configuration_is_taken_back_too(
    ramp: Shop,
) -> None:
    ramp.changes["records"] = [SHOP, PAY]
    ramp.reaches("canary").passes(8)
    ramp.strict.faults.after("route53", "ChangeResourceRecordSets", effect=Killed())
    with pytest.raises(Killed):
        ramp.advance()
    ramp.strict.faults.clear()
    ramp.changes["records"] = [SHOP]
    abort(ramp.world(), "shop", take_over=True)
    assert paying(ramp) == (alias(name=f"{PAY}."),)


def test_after_an_abort_the_records_are_nobodys_and_may_change_before_it_begins_again(
    ramp: Shop,
) -> None:
    ramp.reaches("canary")
    abort(ramp.world(), "shop")
    ramp.batch(("DELETE", alias()), ("CREATE", weighted(alias(), "primary", 1)))
    thaw(ramp.world(), "shop")
    assert isinstance(ramp.advance().decision, Advance)
    assert ramp.weights() == Vector(100, 0)
    abort(ramp.world(), "shop")
    assert ramp.records() == (weighted(alias(), "primary", 1),)


def test_one_weighted_record_of_weight_0_is_a_baseline_that_can_be_returned_to() -> None:
    alone = weighted(alias(), "legacy", 0)
    with shop(alone, in_sync_seconds=1) as ramp:
        ramp.advance()
        ramp.reaches("canary")
        abort(ramp.world(), "shop")
        assert ramp.records() == (alone,)


def test_a_pass_between_two_failures_ends_the_row_though_nothing_else_was_to_be_told(
    ramp: Shop,
) -> None:
    pager = {"kind": "alarms", "alarms": [ALARM], "limits": {"fail": 2}}
    ramp.changes |= {
        "gates": {ALARM: pager},
        "stages": [
            {"name": "canary", "share": 10, "gates": [ALARM]},
            {"name": "all", "share": 100},
        ],
        "accept": ["keep-alive"],
    }
    ramp.alarmed("OK")
    ramp.reaches("canary")
    hold(ramp.world(), "shop", reason="lunch")
    for state in ("ALARM", "OK", "ALARM"):
        ramp.alarmed(state)
        ramp.passes(8)
        assert isinstance(ramp.advance().decision, Hold)
    ramp.passes(8)
    assert isinstance(ramp.advance().decision, Back)


@pytest.mark.parametrize("limits", [{"no_data": 1}, {"inconclusive": 2}])
def test_a_stage_that_is_too_young_to_be_measured_is_not_taken_back_for_it(
    ramp: Shop, limits: dict[str, int]
) -> None:
    ramp.changes |= {
        "gates": {"errors": {"limits": limits}},
        "stages": [
            {"name": "canary", "share": 10, "gates": ["errors"]},
            {"name": "all", "share": 100},
        ],
        "accept": ["keep-alive"],
    }
    ramp.reaches("canary")
    told = []
    for _ in range(8):
        ramp.passes(1)
        told.append(type(ramp.advance().decision))
    assert told == [Hold] * 7 + [Advance]


def test_missing_metrics_take_a_ramp_back_where_the_gate_says_so_once_its_window_is_over(
    ramp: Shop,
) -> None:
    ramp.changes["gates"] = {"errors": {"limits": {"no_data": 2}}}
    ramp.reaches("canary")
    told = []
    for _ in range(10):
        ramp.time.sleep(60)
        told.append(type(ramp.advance().decision))
    assert told[:8] == [Hold] * 8, "two minutes of delay, five of window, one to repeat"
    assert told[8] is Back


def test_a_stage_begins_only_where_the_plans_windows_and_its_own_are_both_open(ramp: Shop) -> None:
    ramp.changes |= {
        "windows": {"allow": ["mon-thu 09:00-16:00"]},
        "stages": [
            {"name": "canary", "share": 10, "windows": {"allow": ["mon-sun 14:00-20:00"]}},
            {"name": "all", "share": 100},
        ],
        "accept": ["keep-alive"],
    }
    ramp.advance()
    told = ramp.advance()
    assert told.exit_code == 3
    assert "outside of allow mon-sun 14:00-20:00 (UTC)); opens 2026-03-02 14:00 UTC" in told.line()
    ramp.time.sleep(4 * 3600)
    assert "opens 2026-03-03 14:00 UTC" in ramp.advance().line(), "16:00, and the plan's closed"
    assert ramp.weights() == Vector(100, 0)
    ramp.time.sleep(22 * 3600)
    ramp.advance()
    assert ramp.weights() == Vector(90, 10)


def test_an_edit_after_a_worker_died_ends_in_exit_3_and_stays_until_a_person_decides(
    ramp: Shop,
) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.faults.after("route53", "ChangeResourceRecordSets", effect=Killed())
    with pytest.raises(Killed):
        ramp.advance()
    ramp.strict.faults.clear()
    ramp.somebody_sets(Vector(70, 30))
    ramp.time.sleep(300)
    for _ in range(2):
        with pytest.raises(Conflict, match="weight 90 was expected, 70 is there") as refused:
            ramp.advance()
        assert refused.value.exit_code == 3
        assert ramp.weights() == Vector(70, 30)
    abort(ramp.world(), "shop")
    assert ramp.weights() is None


def test_weights_that_could_not_be_read_are_not_recorded_as_if_they_had_been(ramp: Shop) -> None:
    ramp.reaches("canary").passes(1)
    ramp.strict.faults.lost_answer("route53", "ListResourceRecordSets", times=3)
    told = ramp.advance()
    assert told.evidence is not None
    assert told.evidence.live is None
    (hold_recorded, *_) = history(ramp.world(), SUBJECT)
    assert hold_recorded.request["live"] == ""
    assert hold_recorded.request["set"] == "legacy 90 / new 10, 10 % on new"


def test_a_pair_of_zeros_that_somebody_left_is_shown_and_never_set_by_us(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.batch(
        *(("DELETE", record) for record in ramp.records()),
        *(("CREATE", record) for record in pair(0, 0)),
    )
    told = ramp.advance()
    assert told.exit_code == 3
    assert "weight 90 was expected, 0 is there" in told.line()
    assert ramp.records() == pair(0, 0)
    back(ramp.world(), "shop")
    assert ramp.weights() == Vector(100, 0)


def test_the_journal_names_who_and_what_made_it_decide_and_what_was_changed(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    schedule = Actor("worker@ecs", via="flow advance/minutely", trigger="schedule")
    ramp.advance(world=ramp.world(actor=schedule))
    alarm = Actor("automation", via="flow back/alarm", trigger="alarm")
    back(ramp.world(actor=alarm), "shop")
    returned, entered, *_ = history(ramp.world(), SUBJECT)
    assert (entered.by, returned.by) == (schedule, alarm)
    assert entered.request["set"] == entered.request["live"] == "legacy 90 / new 10, 10 % on new"
    assert entered.request["to"] == "legacy 50 / new 50, 50 % on new"
    assert entered.figures["records"] == returned.figures["records"] == 2
    assert returned.request["from"] == "legacy 50 / new 50, 50 % on new"
    assert returned.request["to"] == "legacy 90 / new 10, 10 % on new"
    assert returned.request["reason"] == "back by automation (flow back/alarm)"
    assert returned.request["checkpoint"] == entered.id
