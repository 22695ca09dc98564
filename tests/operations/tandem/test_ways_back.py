"""Going back, and hotfixes to one platform: exact, held by nothing, and never by itself again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Failed, Refused, Unavailable
from crossfade.operations.kinds import nothing_open, resume, reverse_open
from crossfade.operations.status.status import history
from crossfade.operations.tandem.ways_back import reverse_tandem
from crossfade.plan.journal.operation import Status
from tests.operations.tandem.twins import (
    LEGACY,
    NEW,
    SUBJECT,
    Twins,
    at_one,
    order_of,
    twins,
)
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def both() -> Iterator[Twins]:
    with twins() as opened:
        for version in ("1.4.2", "1.4.3"):
            opened.builds(version)
            assert opened.releases(version).code == 0
        yield opened


def test_it_returns_to_the_pair_before_with_the_very_orders(both: Twins) -> None:
    orders = [operation.id for operation in history(both.world(), SUBJECT)]
    assert both.returns(reason="errors").code == 0
    assert at_one(both, "1.4.2")
    assert both.word == "in tandem"
    bad = both.standing.bad_of("1.4.3")
    assert bad is not None
    assert bad.why == "errors"
    assert len(orders) == 2


def test_what_was_taken_back_is_not_released_again_by_a_schedule(both: Twins) -> None:
    both.returns()
    both.builds("1.4.3")
    with pytest.raises(Refused, match=r"1\.4\.3 was taken back"):
        both.releases("1.4.3")
    assert both.releases().code == 0
    assert at_one(both, "1.4.2")


def test_it_goes_back_once_and_further_only_by_name(both: Twins) -> None:
    """Two alarms a minute apart must not take production back twice."""
    first = history(both.world(), SUBJECT)[-1].id
    both.returns()
    with pytest.raises(Refused, match="what runs came by going back"):
        both.returns()
    went = reverse_tandem(both.world(), "shop", to=first)
    assert went.code == 0
    assert at_one(both, "1.4.1")
    assert both.standing.pair is None


def test_before_the_first_release_there_is_nothing_to_go_back_to() -> None:
    with twins() as both, pytest.raises(Refused, match="nothing was released there yet"):
        both.returns()


@pytest.mark.parametrize("to", ["20260101T000000.000Z-abc", "look"])
def test_a_checkpoint_must_be_one(both: Twins, to: str) -> None:
    if to == "look":
        both.sleep(3600)
        to = both.releases().operations[0].id
    with pytest.raises(BadInput, match=r"has no operation|told no platform anything"):
        reverse_tandem(both.world(), "shop", to=to)


def test_a_dry_run_says_where_to(both: Twins) -> None:
    went = both.returns(dry_run=True)
    assert "would return both platforms to 1.4.2" in went.line()
    assert at_one(both, "1.4.3")


def test_it_needs_no_section_in_the_configuration(both: Twins) -> None:
    both.sections = {}
    assert both.returns().code == 0
    assert at_one(both, "1.4.2")


def test_a_foreign_change_and_one_blind_platform_hold_no_way_back(both: Twins) -> None:
    both.new.set(order_of("9.9.9"))
    both.sleep(60)
    both.releases()
    assert both.word == "diverged"
    both.legacy.blind = True
    went = both.returns()
    assert went.code == Failed.exit_code
    assert went.reason.startswith("diverged: legacy could not be read")
    assert at_one(both, "1.4.2")


def test_a_platform_that_gives_no_answer_leaves_it_open_and_the_other_goes_back(
    both: Twins,
) -> None:
    def down(what: str) -> None:
        if what == "after new tell 1.4.2":
            both.legacy.down = True

    both.new.fault = down
    with pytest.raises(Failed, match="left open"):
        both.returns()
    assert both.word == "diverged"
    assert both.new.order != both.legacy.order
    both.legacy.down = False
    resume(both.world(), SUBJECT, take_over=True)
    assert at_one(both, "1.4.2")
    assert both.word == "in tandem"


def test_an_open_release_is_taken_back_by_whoever_asks(both: Twins) -> None:
    both.builds("1.4.4")

    def dies(what: str) -> None:
        if what == "after legacy tell 1.4.4":
            raise Killed

    both.legacy.fault = dies
    with pytest.raises(Killed):
        both.releases("1.4.4")
    assert both.word == "releasing"
    both.legacy.fault = lambda _: None
    with pytest.raises(Refused, match="holds the lease"):
        both.returns()
    assert both.returns(take_over=True).code == 0
    assert at_one(both, "1.4.3")
    assert both.standing.bad_of("1.4.4") is not None
    assert "no operation is open" in nothing_open(both.world(), SUBJECT)
    assert reverse_open(both.world(), SUBJECT) == ()


def test_a_hotfix_is_a_divergence_that_is_meant(both: Twins) -> None:
    both.builds("1.4.3-fix")
    went = both.fixes("1.4.3-fix", reason="a leak")
    assert went.code == 0
    assert both.run == ({"1.4.3-fix"}, {"1.4.3"})
    fix = both.standing.diverged
    assert fix is not None
    assert (fix.only, fix.version, fix.why) == (LEGACY, "1.4.3-fix", "a leak")
    assert fix.what == ("legacy runs 1.4.3-fix where 1.4.3 is meant",)
    told = both.releases()
    assert (told.code, told.word) == (0, "diverged")
    assert "the hotfix is meant to last until" in told.reason


def test_a_hotfix_that_lasts_too_long_is_told_loudly(both: Twins) -> None:
    both.builds("1.4.3-fix")
    both.fixes("1.4.3-fix", lasts=timedelta(hours=1))
    both.sleep(3601)
    told = both.releases()
    assert told.code == Refused.exit_code
    assert "the hotfix was meant to last until" in told.reason


def test_a_hotfix_ends_with_a_release_that_contains_it(both: Twins) -> None:
    both.builds("1.4.3-fix")
    both.fixes("1.4.3-fix")
    both.builds("1.4.4")
    with pytest.raises(Refused, match=r"not said to contain 1\.4\.3-fix"):
        both.releases("1.4.4")
    assert both.releases("1.4.4", contains=("1.4.3-fix",)).code == 0
    assert both.word == "in tandem"
    assert both.returns().code == 0
    assert both.run == ({"1.4.3-fix"}, {"1.4.3"})
    assert both.standing.diverged is not None
    assert both.standing.diverged.meant


def test_a_hotfix_goes_back_to_the_pair(both: Twins) -> None:
    both.builds("1.4.3-fix")
    both.fixes("1.4.3-fix", only=NEW)
    assert both.returns().code == 0
    assert at_one(both, "1.4.3")
    assert both.word == "in tandem"
    assert both.standing.bad_of("1.4.3-fix") is not None


def test_a_hotfix_that_fails_is_taken_back(both: Twins) -> None:
    both.builds("1.4.3-fix")
    both.legacy.broken.add("1.4.3-fix")
    went = both.fixes("1.4.3-fix")
    assert went.code == Failed.exit_code
    assert "the rollout on legacy failed" in went.reason
    assert at_one(both, "1.4.3")


def test_what_a_hotfix_needs(both: Twins) -> None:
    with pytest.raises(Refused, match=r"legacy is not ready with 1\.4\.9"):
        both.fixes("1.4.9")
    with pytest.raises(BadInput, match="needs a reason"):
        both.fixes("1.4.9", reason=" ")
    both.builds("1.4.3-fix")
    both.fixes("1.4.3-fix")
    with pytest.raises(Refused, match="legacy has the hotfix"):
        both.fixes("1.4.3-fix", only=NEW)
    both.builds("1.4.3-fix2")
    assert both.fixes("1.4.3-fix2").code == 0, "one hotfix after another, on the same platform"


def test_what_runs_steps_can_repeat_them(both: Twins) -> None:
    both.legacy.loses = 1
    with pytest.raises(Unavailable):
        both.legacy.tell(order_of("x"), seen=both.legacy.order)
    (last, *_) = history(both.world(), SUBJECT)
    assert last.status is Status.DONE
