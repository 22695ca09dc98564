"""Which version is released next: of those whose set is complete, the one asked for last."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.base.platform import Platform
from crossfade.plan.tandem.decide import Nothing, Take, Waits, decide, refusal
from crossfade.plan.tandem.ready import Inbox, Readiness, asked
from crossfade.plan.tandem.standing import Bad, Divergence, Standing
from tests.plan.tandem.test_ready import LEGACY, NEW, NOON, says, wish

BAD = Standing(bad=(Bad("1.4.2", NOON, "its rollout failed"),))
FIX = Divergence(NOON, "op-1", (), "hotfix", only=LEGACY, version="1.4.1-fix")


def box(*versions: str) -> Inbox:
    found = Inbox()
    for at, version in enumerate(versions):
        found = asked(found, wish(version, at))
    return found


def ready(*versions: str) -> list[Readiness]:
    return [says(platform, version) for version in versions for platform in Platform]


def test_nothing_is_released_that_nobody_asked_for() -> None:
    assert decide(Inbox(), ready("1.4.2"), Standing(), NOON) == Nothing()


def test_a_complete_set_is_released() -> None:
    found = decide(box("1.4.2"), ready("1.4.2"), Standing(), NOON)
    assert isinstance(found, Take)
    assert found.reason == "both platforms are ready with 1.4.2 (d1)"


def test_of_several_complete_ones_the_newest_is_taken_and_names_the_others() -> None:
    found = decide(box("1.4.2", "1.4.3"), ready("1.4.2", "1.4.3"), Standing(), NOON)
    assert isinstance(found, Take)
    assert (found.wish.version, found.superseded) == ("1.4.3", ("1.4.2",))
    assert found.reason.endswith(", instead of 1.4.2")


def test_a_newer_one_that_is_not_ready_holds_up_no_older_one() -> None:
    found = decide(box("1.4.2", "1.4.3"), ready("1.4.2"), Standing(), NOON)
    assert isinstance(found, Take)
    assert (found.wish.version, found.superseded) == ("1.4.2", ())


def test_each_version_says_what_it_waits_for() -> None:
    found = decide(box("1.4.2", "1.4.3"), [says(NEW)], Standing(), NOON)
    assert isinstance(found, Waits)
    assert found.of("1.4.2") == "legacy not ready with 1.4.2"
    assert found.of("1.5.0") == ""
    assert found.reason == "legacy not ready with 1.4.2; legacy and new not ready with 1.4.3"


def test_a_version_is_not_released_after_it_stopped_waiting() -> None:
    found = decide(box("1.4.2"), ready("1.4.2"), Standing(), NOON + timedelta(hours=1))
    assert isinstance(found, Waits)
    assert found.reason == "1.4.2 waited until 13:00 UTC"


def test_a_version_that_was_taken_back_waits_for_a_person() -> None:
    found = decide(box("1.4.2"), ready("1.4.2"), BAD, NOON)
    assert isinstance(found, Waits)
    assert found.reason == (
        "1.4.2 was taken back at 2026-03-02 12:00 UTC (its rollout failed): "
        "`--again --reason WHY` releases it once more"
    )
    once_more = asked(Inbox(), wish("1.4.2", again="mended the database"))
    assert isinstance(decide(once_more, ready("1.4.2"), BAD, NOON), Take)


def test_a_hotfix_is_ended_only_by_a_release_that_contains_it() -> None:
    fixed = Standing(diverged=FIX)
    assert "not said to contain 1.4.1-fix, the hotfix on legacy" in refusal(fixed, "1.4.2")
    assert refusal(fixed, "1.4.2", contains=["1.4.1-fix"]) == ""
    assert refusal(fixed, "1.4.1-fix") == ""
    assert refusal(Standing(diverged=Divergence(NOON, "x", ())), "1.4.2") == ""


@given(
    st.permutations(["1", "2", "3", "4"]),
    st.sets(st.sampled_from("1234")),
    st.sets(st.sampled_from("1234")),
)
def test_whatever_waits_the_newest_complete_one_that_is_not_bad_is_taken(
    order: list[str], complete: set[str], bad: set[str]
) -> None:
    standing = Standing(bad=tuple(Bad(one, NOON, "slow") for one in bad))
    found = decide(box(*order), ready(*complete), standing, NOON)
    allowed = [one for one in order if one in complete - bad]
    if not allowed:
        assert isinstance(found, Waits)
        return
    assert isinstance(found, Take)
    assert found.wish.version == allowed[-1]
    assert found.superseded == tuple(order[: order.index(allowed[-1])])
