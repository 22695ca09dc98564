"""The end of a migration: simple records first, the point of no return last, on proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import Conflict, Failed, Refused
from crossfade.operations.ramp.back import abort, back, reverse_ramp
from crossfade.operations.ramp.consent import hold, thaw
from crossfade.operations.ramp.finish import finish, make_simple
from crossfade.operations.status.status import history, status
from crossfade.plan.dns.vector import Vector
from tests.operations.ramp.shop import SUBJECT, shop
from tests.plan.shop import alias, pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.operations.ramp.shop import Shop

NEW = (alias("k8s-lb.example."),)
LEGACY = (alias(),)
DRAINED_MINUTES = 40
"""Longer than TTL, keep-alive, the gate's window and the delay of the metrics together."""


@pytest.fixture
def ramp(_no_settings_of_this_machine: None) -> Iterator[Shop]:
    """A shop whose ramp is complete, with all traffic on new since a moment ago."""
    with shop(in_sync_seconds=1) as opened:
        opened.hurries()
        assert opened.advance().done
        yield opened


def test_a_complete_ramp_says_until_when_it_can_be_taken_back(ramp: Shop) -> None:
    told = ramp.advance().line()
    assert told == "shop: hold: all stages are done; reversible until 2026-03-09 12:00 UTC"
    (found,) = status(ramp.world(), SUBJECT)
    assert str(found.reversible_until).startswith("2026-03-09 12:00")


@pytest.mark.usefixtures("_no_settings_of_this_machine")
@pytest.mark.parametrize("act", [finish, make_simple])
def test_a_ramp_that_is_not_complete_is_not_ended_and_told_with_figures(
    act: Callable[..., object],
) -> None:
    with shop(in_sync_seconds=1) as ramp:
        with pytest.raises(Refused, match="it has not begun, and all traffic is on legacy"):
            act(ramp.world(), "shop")
        ramp.reaches("half")
        figures = r"stage half, 2 of 3, with 50 % on new \(legacy 50 / new 50\)"
        with pytest.raises(Refused, match=figures):
            act(ramp.world(), "shop")
        ramp.reaches("all")
        with pytest.raises(Refused, match="its last gates have not passed yet"):
            act(ramp.world(), "shop")


class TestThePointOfNoReturn:
    def test_waits_for_the_proof_that_legacy_is_drained_keep_alive_included(
        self, ramp: Shop
    ) -> None:
        ramp.passes(10)
        with pytest.raises(Refused, match=r"gate drained: inconclusive .* to be told from 2026-"):
            finish(ramp.world(), "shop")
        ramp.passes(DRAINED_MINUTES)
        told = finish(ramp.world(), "shop")
        assert "point of no return, legacy got at most 0 requests a minute in 30 min" in told.line()
        assert ramp.records() == pair(0, 100), "nothing outside was changed"

    def test_is_not_declared_while_legacy_still_gets_requests(self, ramp: Shop) -> None:
        since = ramp.time.now
        ramp.somebody_sets(Vector(50, 50))
        ramp.passes(DRAINED_MINUTES)
        ramp.somebody_sets(Vector(0, 100))
        assert ramp.time.now > since
        with pytest.raises(Refused, match="legacy still gets up to 3000 requests a minute"):
            finish(ramp.world(), "shop")

    def test_is_overridden_by_name_with_a_reason_that_the_journal_keeps(self, ramp: Shop) -> None:
        told = finish(ramp.world(), "shop", without_proof="legacy is switched off already")
        assert "without the proof of gate drained: legacy is switched off already" in told.line()
        (word, *_) = history(ramp.world(), SUBJECT)
        assert word.kind == "finish"
        assert word.request["without_proof"] == "legacy is switched off already"
        assert word.request["gate"] == "drained"
        assert word.request["outcome"] == "inconclusive"
        assert len(word.request["given_up"]) == 4
        assert any(note.what.startswith("gate drained: inconclusive") for note in word.notes)

    def test_asks_the_plans_own_drain_gate(self, ramp: Shop) -> None:
        ramp.changes["gates"] = {"quiet": {"kind": "drained", "window": "5m"}}
        ramp.passes(12)
        assert finish(ramp.world(), "shop").proof[0].gate == "quiet"

    @pytest.mark.parametrize("go", [back, abort, reverse_ramp])
    def test_ends_every_way_back(self, ramp: Shop, go: Callable[..., object]) -> None:
        finish(ramp.world(), "shop", without_proof="x")
        with pytest.raises(Refused, match="point of no return was declared at 2026-03-02"):
            go(ramp.world(), "shop")
        assert ramp.records() == pair(0, 100)
        assert ramp.advance().done
        (found,) = status(ramp.world(), SUBJECT)
        assert found.reversible_until is None

    def test_declared_again_or_foretold_changes_nothing(self, ramp: Shop) -> None:
        ramp.passes(DRAINED_MINUTES)
        before = len(history(ramp.world(), SUBJECT))
        assert "would declare" in finish(ramp.world(), "shop", dry_run=True).line()
        assert len(history(ramp.world(), SUBJECT)) == before
        finish(ramp.world(), "shop")
        assert "past the point of no return since" in finish(ramp.world(), "shop").line()
        assert len(history(ramp.world(), SUBJECT)) == before + 1

    def test_is_not_declared_on_records_that_somebody_else_changed(self, ramp: Shop) -> None:
        ramp.passes(DRAINED_MINUTES)
        ramp.somebody_sets(Vector(10, 90))
        with pytest.raises(Conflict, match="not as they were set"):
            finish(ramp.world(), "shop")
        finish(ramp.world(), "shop", without_proof="moved to another tool")
        assert history(ramp.world(), SUBJECT)[0].request["difference"]

    def test_needs_no_way_back_to_be_left(self, ramp: Shop) -> None:
        ramp.time.sleep(8 * 86_400)
        finish(ramp.world(), "shop", without_proof="a week has passed")
        assert ramp.progress().final_at is not None


class TestSimpleRecords:
    def test_are_those_of_new_in_one_operation_that_reverse_takes_back_exactly(
        self, ramp: Shop
    ) -> None:
        before = ramp.progress()
        make_simple(ramp.world(), "shop")
        assert ramp.records() == NEW
        assert ramp.advance().done, "it is still complete"
        reverse_ramp(ramp.world(), "shop")
        assert ramp.records() == pair(0, 100)
        after = ramp.progress()
        assert (after.checkpoints, after.vector) == (before.checkpoints, before.vector)
        assert after.completed_at == before.completed_at

    def test_go_back_to_where_less_was_on_new_and_to_the_baseline(self, ramp: Shop) -> None:
        make_simple(ramp.world(), "shop")
        assert back(ramp.world(), "shop").goes == Vector(50, 50)
        assert ramp.records() == pair(50, 50)
        thaw(ramp.world(), "shop")
        ramp.reaches("all")
        assert ramp.advance().done
        make_simple(ramp.world(), "shop")
        abort(ramp.world(), "shop")
        assert ramp.records() == LEGACY

    def test_that_a_worker_left_half_made_keep_nobody_from_going_back(self, ramp: Shop) -> None:
        ramp.strict.route53.loses_requests(99)
        with pytest.raises(Failed, match="left open"):
            make_simple(ramp.world(), "shop")
        ramp.strict.route53.loses_requests(0)
        assert back(ramp.world(), "shop").goes == Vector(50, 50)
        assert ramp.records() == pair(50, 50)

    def test_go_back_gradually_as_pairs_first(self, ramp: Shop) -> None:
        make_simple(ramp.world(), "shop")
        told = abort(ramp.world(), "shop", gradual=True)
        assert [operation.title for operation in told.operations] == [
            "abort shop to stage all",
            "abort shop to the baseline, by steps",
        ]
        assert ramp.records() == LEGACY

    def test_of_a_new_platform_that_fails_are_taken_back_past_themselves(self, ramp: Shop) -> None:
        ramp.changes["back_to"] = "previous"
        ramp.changes["stages"][-1] |= {"gates": ["errors"]}
        make_simple(ramp.world(), "shop")
        ramp.passes(8, errors=0.5)
        assert ramp.advance().exit_code == 1
        assert ramp.records() == pair(50, 50)

    def test_moved_no_traffic_so_the_proof_need_not_start_again(self, ramp: Shop) -> None:
        ramp.passes(DRAINED_MINUTES)
        make_simple(ramp.world(), "shop")
        assert finish(ramp.world(), "shop").proof[0].outcome == "pass"
        assert ramp.records() == NEW

    def test_again_or_foretold_change_nothing(self, ramp: Shop) -> None:
        assert "would become simple" in make_simple(ramp.world(), "shop", dry_run=True).line()
        assert ramp.records() == pair(0, 100)
        make_simple(ramp.world(), "shop")
        assert make_simple(ramp.world(), "shop").operation is None
        assert "simple since" in make_simple(ramp.world(), "shop").line()

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"windows": {"deny": ["mon-sun 00:00-24:00"]}}, "no change may be made now"),
            ({"stop_migrations": "year's end"}, "all migrations are stopped: year's end"),
        ],
    )
    def test_wait_where_no_change_may_be_made(
        self, ramp: Shop, changes: dict[str, Any], why: str
    ) -> None:
        ramp.changes |= changes
        with pytest.raises(Refused, match=why):
            make_simple(ramp.world(), "shop")

    def test_wait_while_frozen_or_changed_by_somebody_else(self, ramp: Shop) -> None:
        hold(ramp.world(), "shop", reason="lunch")
        with pytest.raises(Refused, match=r"frozen by ann@desk .*: lunch"):
            make_simple(ramp.world(), "shop")
        thaw(ramp.world(), "shop")
        ramp.somebody_sets(Vector(10, 90))
        with pytest.raises(Conflict, match="not as they were set"):
            make_simple(ramp.world(), "shop")
        assert ramp.weights() == Vector(10, 90)

    @pytest.mark.usefixtures("_no_settings_of_this_machine")
    def test_are_refused_where_they_would_move_traffic(self) -> None:
        with shop(in_sync_seconds=1) as ramp:
            ramp.changes["stages"] = [{"name": "most", "share": 90}]
            ramp.reaches("most")
            assert ramp.advance().done
            with pytest.raises(Refused, match="add a stage with a share of 100"):
                make_simple(ramp.world(), "shop")

    def test_come_before_the_point_of_no_return_and_never_after_it(self, ramp: Shop) -> None:
        told = finish(ramp.world(), "shop", without_proof="x")
        assert "the records stay weighted pairs" in told.line()
        with pytest.raises(Refused, match="nothing changes after it"):
            make_simple(ramp.world(), "shop")
