"""The way back: always open, exact, and never a way forward in disguise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Conflict, Refused
from crossfade.operations.kinds import reverse_open
from crossfade.operations.ramp.back import abort, back, reverse_ramp
from crossfade.operations.ramp.consent import approve, hold, override, thaw
from crossfade.operations.status.status import history
from crossfade.plan.dns.vector import Vector
from crossfade.plan.ramp.decide import Advance, Back
from tests.operations.ramp.shop import SUBJECT, shop
from tests.plan.shop import alias, weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.operations.ramp.shop import Shop


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose record is a simple alias of legacy."""
    with shop(in_sync_seconds=1) as opened:
        yield opened


def test_back_restores_the_previous_checkpoint_and_abort_the_baseline(ramp: Shop) -> None:
    simple = ramp.records()
    ramp.reaches("half")
    assert back(ramp.world(), "shop").goes == Vector(90, 10)
    assert ramp.weights() == Vector(90, 10)
    assert ramp.progress().stage == "canary"
    abort(ramp.world(), "shop")
    assert ramp.records() == simple, "exactly as it was found"


def test_going_back_with_nothing_to_go_back_from_changes_nothing(ramp: Shop) -> None:
    for go in (back, abort, back):
        told = go(ramp.world(), "shop")
        assert told.line() == "shop: nothing to go back from"
    assert history(ramp.world(), SUBJECT) == []


def test_what_was_taken_back_stays_until_somebody_lets_it_go_on(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    back(ramp.world(), "shop")
    ramp.passes(10)
    assert "frozen by ann@desk" in ramp.advance().line()
    thaw(ramp.world(), "shop")
    assert isinstance(ramp.advance().decision, Advance)


@pytest.mark.parametrize(
    "obstacle",
    [
        {"windows": {"deny": ["mon-sun 00:00-24:00"]}},
        {"stop_migrations": "nobody goes forward today"},
    ],
)
def test_neither_windows_nor_the_stop_switch_keep_a_failing_ramp_from_going_back(
    ramp: Shop, obstacle: dict[str, object]
) -> None:
    simple = ramp.records()
    ramp.reaches("canary").passes(8, errors=0.5)
    hold(ramp.world(), "shop", reason="lunch")
    ramp.changes |= obstacle
    assert isinstance(ramp.advance().decision, Back)
    assert ramp.records() == simple


@pytest.mark.parametrize(
    ("service", "operation"),
    [("cloudwatch", "GetMetricData"), ("route53", "ListResourceRecordSets")],
)
def test_no_failed_query_keeps_anybody_from_going_back(
    ramp: Shop, service: str, operation: str
) -> None:
    ramp.reaches("canary")
    ramp.strict.faults.lost_answer(service, operation, times=3)
    back(ramp.world(), "shop")
    ramp.strict.faults.clear()
    assert ramp.weights() == Vector(100, 0)


def test_a_foreign_edit_keeps_nobody_from_going_back_to_the_exact_records(ramp: Shop) -> None:
    simple = ramp.records()
    ramp.reaches("canary")
    ramp.batch(("CREATE", weighted(alias("blue-lb.example."), "blue", 50)))
    abort(ramp.world(), "shop")
    assert ramp.records() == simple


def test_an_edit_at_the_very_moment_of_going_back_is_not_overwritten(ramp: Shop) -> None:
    ramp.reaches("canary")
    ramp.strict.route53.writes_between(lambda: ramp.somebody_sets(Vector(70, 30)))
    with pytest.raises(Conflict):
        abort(ramp.world(), "shop")
    assert ramp.weights() == Vector(70, 30)
    abort(ramp.world(), "shop")
    assert ramp.weights() is None


def test_reverse_goes_back_to_before_a_named_operation(ramp: Shop) -> None:
    ramp.reaches("all")
    second = ramp.progress().checkpoints[2].operation
    reverse_ramp(ramp.world(), "shop", to=second)
    assert ramp.weights() == Vector(90, 10)
    with pytest.raises(BadInput, match="has no checkpoint"):
        reverse_ramp(ramp.world(), "shop", to=second)


def test_a_complete_ramp_can_be_taken_back_until_its_time_is_over(ramp: Shop) -> None:
    ramp.reaches("all")
    assert ramp.advance().done
    back(ramp.world(), "shop")
    assert ramp.weights() == Vector(50, 50)
    thaw(ramp.world(), "shop")
    ramp.reaches("all").passes(1)
    assert ramp.advance().done
    ramp.time.sleep(8 * 86_400)
    with pytest.raises(Refused, match="reversible until"):
        back(ramp.world(), "shop")
    assert ramp.weights() == Vector(0, 100)


def test_an_open_operation_that_nobody_finishes_does_not_block_the_way_back(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    ramp.strict.route53.loses_requests(99)
    with pytest.raises(Exception, match="left open"):
        ramp.advance()
    ramp.strict.route53.loses_requests(0)
    abort(ramp.world(), "shop")
    assert ramp.weights() is None
    assert reverse_open(ramp.world(), SUBJECT) == ()


def test_hold_freezes_once_and_says_who_and_why(ramp: Shop) -> None:
    ramp.reaches("canary").passes(8)
    hold(ramp.world(), "shop", reason="the team is at lunch")
    assert "frozen already, by ann@desk (cli)" in hold(ramp.world(), "shop").line()
    told = ramp.advance()
    assert told.exit_code == 3
    assert "the team is at lunch" in told.line()


def test_a_stage_that_needs_an_approval_waits_for_one_of_exactly_this_change(ramp: Shop) -> None:
    ramp.changes["stages"] = [
        {"name": "canary", "share": 10, "bake": "1m"},
        {"name": "half", "share": 50, "bake": "1m", "approval": True},
    ]
    ramp.reaches("canary").passes(2)
    assert "needs an approval: nobody approved" in ramp.advance().line()
    with pytest.raises(Conflict, match="look again before you approve"):
        approve(ramp.world(), "shop", digest="00000000")
    shown = ramp.advance(dry_run=True).evidence
    assert shown is not None
    for few in (shown.digest[:1], shown.digest[:7]):
        with pytest.raises(BadInput, match="give at least 8 of its digits"):
            approve(ramp.world(), "shop", digest=few)
    assert not ramp.progress().approvals
    approve(ramp.world(), "shop", digest=shown.digest[:8])
    approve(ramp.world(), "shop", digest=shown.digest)
    ramp.changes["stages"] = [*ramp.changes["stages"], {"name": "more", "share": 60}]
    assert "was for other records, another change or another plan" in ramp.advance().line()
    approve(ramp.world(), "shop", comment="with the third stage")
    assert isinstance(ramp.advance().decision, Advance)
    assert ramp.weights() == Vector(50, 50)


def test_an_overridden_gate_is_in_the_journal_with_its_reason(ramp: Shop) -> None:
    ramp.reaches("canary")
    ramp.time.sleep(600)
    with pytest.raises(BadInput, match="it has errors"):
        override(ramp.world(), "shop", "latency", reason="x")
    override(ramp.world(), "shop", "errors", reason="metrics are down, the dashboard is fine")
    assert isinstance(ramp.advance().decision, Advance)
    word = history(ramp.world(), SUBJECT)[1]
    assert word.kind == "override"
    assert word.request["reason"] == "metrics are down, the dashboard is fine"
