"""How a tandem stands, and how one state follows another."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.journal.head import Lease, Open
from crossfade.plan.journal.operation import Actor, Direction
from crossfade.plan.tandem.pair import Both, Observation, Pair, Seen
from crossfade.plan.tandem.standing import (
    DIVERGED,
    IN_TANDEM,
    RELEASING,
    RETURNING,
    SOMEBODY,
    UNKNOWN,
    Bad,
    Divergence,
    Standing,
    hotfixed,
    looked,
    observed,
    released,
    returned,
    same_news,
    strays,
    word_of,
)
from tests.plan.tandem.test_ready import NOON

LATER = NOON + timedelta(minutes=5)
PAIR = Pair("1.4.2", "d1")


def sees(legacy: str = "1.4.2", new: str = "1.4.2", at: datetime = NOON) -> Observation:
    return Observation(at, Both(Seen(legacy, "d1", 1), Seen(new, "d1", 1)))


STANDS = released(Standing(), PAIR, "op-1", sees())
FIX = Divergence(
    NOON, "op-2", ("legacy runs 1.4.2-fix",), "leak", Platform.LEGACY, "1.4.2-fix", LATER
)


def at_work(kind: str = "tandem", *, back: bool = False, trouble: str = "") -> Open:
    direction = Direction.BACK if back else Direction.FORWARD
    return Open("op", kind, "t", Actor("ann"), "s", (), Lease("h", "e"), direction, trouble)


def test_a_release_that_both_run_is_in_tandem() -> None:
    assert (STANDS.pair, STANDS.since, STANDS.checkpoint) == (PAIR, NOON, "op-1")
    assert word_of(STANDS, None) == IN_TANDEM
    assert word_of(Standing(), None) == UNKNOWN


@pytest.mark.parametrize(
    ("there", "word"),
    [
        (at_work(), RELEASING),
        (at_work(back=True), RETURNING),
        (at_work("back"), RETURNING),
        (at_work("reverse"), RETURNING),
        (at_work(trouble="no answer"), DIVERGED),
    ],
)
def test_while_something_is_open_nothing_is_in_tandem(there: Open, word: str) -> None:
    assert word_of(STANDS, there) == word


def test_a_foreign_change_is_diverged_at_the_next_look_until_it_is_alike_again() -> None:
    strange = looked(STANDS, sees(new="1.5.0", at=LATER))
    assert word_of(strange, None) == DIVERGED
    assert strange.diverged == Divergence(LATER, SOMEBODY, ("new runs 1.5.0 where 1.4.2 is meant",))
    worse = looked(strange, sees("1.3.0", "1.5.0", LATER + timedelta(minutes=1)))
    assert worse.diverged is not None
    assert worse.diverged.since == LATER, "since it diverged, not since it was looked at"
    assert len(worse.diverged.what) == 2
    mended = looked(worse, sees(at=LATER + timedelta(minutes=2)))
    assert mended.diverged is None
    assert mended.since == LATER + timedelta(minutes=2)
    assert word_of(mended, None) == IN_TANDEM


def test_a_look_that_sees_the_same_keeps_since_when_and_tells_no_news() -> None:
    again = looked(STANDS, sees(at=LATER))
    assert again.since == NOON
    assert again.observed == sees(at=LATER)
    assert same_news(again, STANDS)
    assert not same_news(looked(STANDS, sees(new="1.5.0")), STANDS)


def test_a_look_that_could_not_see_says_nothing() -> None:
    blind = Observation(LATER, Both(Seen(unread="no answer"), Seen("1.5.0")))
    assert looked(STANDS, blind) == STANDS
    assert observed(STANDS, blind).diverged is not None, "unlike the end of a way back"


def test_a_hotfix_is_diverged_on_purpose_whatever_is_seen() -> None:
    fixed = hotfixed(STANDS, FIX, sees("1.4.2-fix"))
    assert word_of(fixed, None) == DIVERGED
    assert (fixed.pair, fixed.checkpoint) == (PAIR, "op-2")
    assert fixed.diverged == looked(fixed, sees("1.4.2-fix", at=LATER)).diverged
    assert FIX.meant
    assert not FIX.overdue(NOON)
    assert FIX.overdue(LATER)
    assert not Divergence(NOON, SOMEBODY, ()).meant


def test_a_release_ends_a_hotfix_and_clears_its_version() -> None:
    fixed = hotfixed(STANDS, FIX, sees("1.4.2-fix"))
    marked = Standing(pair=PAIR, diverged=fixed.diverged, bad=(Bad("1.4.3", NOON, "slow"),))
    ends = released(marked, Pair("1.4.3"), "op-3", sees("1.4.3", "1.4.3"))
    assert ends.diverged is None
    assert ends.bad_of("1.4.3") is None


def test_what_was_taken_back_is_bad_and_the_pair_is_the_one_before() -> None:
    bad = Bad("1.4.3", NOON, "its rollout failed")
    after = returned(STANDS, bad, sees(at=LATER), "op-2")
    assert after.pair == PAIR
    assert after.bad_of("1.4.3") == bad
    assert word_of(after, None) == IN_TANDEM
    again = returned(after, bad, sees(at=LATER), "op-3")
    assert again.bad == (bad,)
    assert returned(after, None, sees(at=LATER), "op-3").bad == (bad,)


def test_a_way_back_that_did_not_get_there_is_diverged_and_says_by_what() -> None:
    bad = Bad("1.4.3", NOON, "its rollout failed")
    after = returned(STANDS, bad, sees("1.4.3", at=LATER), "op-2")
    assert after.diverged == Divergence(
        LATER, "op-2", ("legacy runs 1.4.3 where 1.4.2 is meant",), "its rollout failed"
    )


def test_returning_to_a_hotfix_is_a_hotfix_again() -> None:
    fixed = hotfixed(STANDS, FIX, sees("1.4.2-fix"))
    after = returned(fixed, None, sees("1.4.2-fix", at=LATER), "op-3")
    assert after.diverged == FIX


def test_what_strays_from_a_hotfix_is_said() -> None:
    fixed = hotfixed(STANDS, FIX, sees("1.4.2-fix"))
    assert strays(fixed, sees("1.4.2-fix").seen) == ()
    assert strays(fixed, sees().seen) == ("legacy runs 1.4.2 where 1.4.2-fix is meant",)
    assert strays(STANDS, sees("1.4.1").seen) == ("legacy runs 1.4.1 where 1.4.2 is meant",)
    lost = returned(fixed, None, sees("1.0", at=LATER), "op-3")
    assert lost.diverged is not None
    assert not lost.diverged.meant
