"""A share rises only while both platforms run the same; nothing of it holds the way back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.operations.ramp.ask_gates import check_gates
from crossfade.operations.ramp.back import abort
from crossfade.plan.ramp.decide import Advance, Hold
from tests.operations.ramp.shop import shop
from tests.operations.tandem.twins import Twins, order_of, side
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.base.world import World
    from crossfade.operations.ramp.look import Advanced
    from tests.operations.ramp.shop import Shop

STAGES = [{"name": "canary", "share": 1}, {"name": "half", "share": 50}]


class Moving:
    """A shop whose two platforms run one version."""

    def __init__(self, ramp: Shop) -> None:
        section = {
            "artifact": f"s3://{STATE}/built/{{version}}.json",
            "legacy": side("/legacy"),
            "new": side("/new"),
            "patience": "2m",
        }
        ramp.more = {"tandems": {"shop": section}}
        ramp.changes = {"tandem": "shop", "stages": STAGES, "accept": ["keep-alive"]}
        self.ramp = ramp
        self.both = Twins(ramp.aws, ramp.strict, ramp.time, section)
        self.both.builds("1.4.2")
        assert self.both.releases("1.4.2").code == 0

    def world(self) -> World:
        of = self.both.of
        return self.ramp.world(
            target_of=lambda _, one: of(one.parameter),
            observer_of=lambda _, one: of(one.parameter),
        )

    def advances(self) -> Advanced:
        return self.ramp.advance(world=self.world())

    def strays(self) -> None:
        self.both.new.set(order_of("9.9.9"))
        self.both.sleep(60)


@pytest.fixture
def moving() -> Iterator[Moving]:
    with shop() as opened:
        yield Moving(opened)


def test_the_share_rises_while_both_run_the_same(moving: Moving) -> None:
    for _ in range(3):
        assert isinstance(moving.advances().decision, Advance)
    assert moving.ramp.progress().stage == "half"


def test_a_divergence_holds_before_the_first_share_already(moving: Moving) -> None:
    moving.advances()
    moving.strays()
    held = moving.advances()
    assert isinstance(held.decision, Hold)
    assert held.exit_code == 3
    assert "gate parity: fail (diverged since" in held.decision.reason
    assert "new runs 9.9.9 where 1.4.2 is meant" in held.decision.reason
    assert "by somebody else" in held.decision.reason
    moving.both.new.set(moving.both.legacy.order)
    moving.both.sleep(60)
    assert isinstance(moving.advances().decision, Advance)


def test_a_hotfix_holds_the_ramp_and_names_its_operation(moving: Moving) -> None:
    moving.advances()
    moving.advances()
    moving.both.builds("1.4.2-fix")
    went = moving.both.fixes("1.4.2-fix", lasts=timedelta(hours=1))
    held = moving.advances()
    assert isinstance(held.decision, Hold)
    assert f"by {went.operations[0].id}" in held.decision.reason
    assert "legacy runs 1.4.2-fix where 1.4.2 is meant" in held.decision.reason
    moving.both.sleep(3600)
    late = moving.advances().decision
    assert "the hotfix was to end" in late.reason  # type: ignore[union-attr]
    moving.both.returns()
    assert isinstance(moving.advances().decision, Advance)


def test_what_cannot_be_read_holds_and_is_no_divergence(moving: Moving) -> None:
    moving.advances()
    moving.both.legacy.blind = True
    held = moving.advances().decision
    assert isinstance(held, Hold)
    assert "gate parity: error (could not be asked: legacy could not be read" in held.reason


def test_while_a_release_is_under_way_the_ramp_waits(moving: Moving) -> None:
    moving.advances()
    moving.both.builds("1.4.3")
    reasons: list[str] = []

    def meanwhile(what: str) -> None:
        if what == "after legacy tell 1.4.3":
            decision = moving.advances().decision
            assert decision is not None
            reasons.append(decision.reason)

    moving.both.legacy.fault = meanwhile
    assert moving.both.releases("1.4.3").code == 0
    assert reasons == [
        "gate parity: inconclusive (release 1.4.3 to both platforms of shop is under way)"
    ]


def test_nothing_of_it_holds_the_way_back(moving: Moving) -> None:
    for _ in range(3):
        moving.advances()
    moving.strays()
    moving.both.legacy.blind = True
    gone = abort(moving.world(), "shop")
    assert gone.exit_code == 0
    (record,) = moving.ramp.records()
    assert record.weight is None


def test_the_gate_can_be_asked_by_itself_and_says_what_it_lacks(moving: Moving) -> None:
    (result,) = check_gates(moving.world(), "shop", ("parity",))
    assert result.reason.startswith("legacy runs 1.4.2 (sha256:")
    moving.ramp.changes.pop("tandem")
    (result,) = check_gates(moving.world(), "shop", ("parity",))
    assert "[migrations.shop] names no tandem" in result.reason
