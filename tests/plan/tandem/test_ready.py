"""A set counts as a whole: the last words of both platforms, alike, and neither too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.base.platform import Platform
from crossfade.plan.tandem.ready import (
    EXPIRED,
    KEPT_ENDS,
    SUPERSEDED,
    TAKEN,
    Inbox,
    Readiness,
    ReadySet,
    Wish,
    asked,
    expired,
    last_end,
    ready_set,
    reported,
    taken,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEGACY, NEW = Platform.LEGACY, Platform.NEW


def says(
    platform: Platform,
    version: str = "1.4.2",
    digest: str = "d1",
    *,
    at: int = 0,
    lasts: int = 60,
    commit: str = "",
) -> Readiness:
    said = NOON + at * MINUTE
    return Readiness(platform, version, digest, said, said + lasts * MINUTE, commit=commit)


def wish(version: str, at: int = 0, lasts: int = 60, **more: object) -> Wish:
    return Wish(version, NOON + at * MINUTE, NOON + (at + lasts) * MINUTE, **more)  # type: ignore[arg-type]


def inbox(*words: Readiness) -> Inbox:
    box = Inbox()
    for one in words:
        box = reported(box, one, one.at)
    return box


def test_both_ready_with_the_same_are_a_set() -> None:
    found = ready_set([says(LEGACY), says(NEW, commit="abc")], "1.4.2", NOON)
    assert isinstance(found, ReadySet)
    assert (found.pair.version, found.pair.digest, found.pair.commit) == ("1.4.2", "d1", "abc")


def test_the_faster_platform_waits_for_the_slower_one() -> None:
    assert ready_set([says(NEW)], "1.4.2", NOON) == "legacy not ready with 1.4.2"
    assert ready_set([], "1.4.2", NOON) == "legacy and new not ready with 1.4.2"
    assert ready_set([says(LEGACY, "1.4.1"), says(NEW)], "1.4.2", NOON) == (
        "legacy not ready with 1.4.2"
    )


def test_two_configurations_of_one_version_are_no_set() -> None:
    told = ready_set([says(LEGACY, digest=""), says(NEW)], "1.4.2", NOON)
    assert told == "1.4.2 is ready with two configurations: legacy with none and new with d1"


def test_a_set_is_built_from_one_commit() -> None:
    words = [says(LEGACY, commit="abc"), says(NEW, commit="def")]
    assert ready_set(words, "1.4.2", NOON) == "1.4.2 is ready from two commits: abc and def"
    words = [says(LEGACY, commit="abc"), says(NEW)]
    assert isinstance(ready_set(words, "1.4.2", NOON, commit="abc"), ReadySet)
    assert ready_set(words, "1.4.2", NOON, commit="def") == (
        "1.4.2 is ready from two commits: abc and def"
    )


def test_what_was_said_too_long_ago_counts_no_more() -> None:
    words = [says(LEGACY, lasts=5), says(NEW, at=4)]
    assert isinstance(ready_set(words, "1.4.2", NOON + 4 * MINUTE), ReadySet)
    assert ready_set(words, "1.4.2", NOON + 5 * MINUTE) == (
        "what legacy said of 1.4.2 at 12:00 UTC is too old"
    )


def test_the_last_word_about_a_version_replaces_the_one_before() -> None:
    box = inbox(says(LEGACY), says(NEW, digest="d2", at=1), says(LEGACY, digest="d2", at=2))
    assert len(box.ready) == 2
    assert isinstance(ready_set(box.ready, "1.4.2", NOON + 2 * MINUTE), ReadySet)


def test_an_old_word_and_a_new_one_never_make_a_set() -> None:
    """Both said d1; one of them built anew and says d2: what it said before counts no more."""
    box = inbox(says(LEGACY), says(NEW), says(NEW, digest="d2", at=1))
    assert isinstance(ready_set(box.ready, "1.4.2", NOON + MINUTE), str)


words = st.builds(
    says,
    st.sampled_from(Platform),
    st.sampled_from(["1.4.2", "1.4.3"]),
    st.sampled_from(["d1", "d2"]),
    at=st.integers(0, 30),
    lasts=st.integers(1, 30),
)


@given(st.lists(words, max_size=12), st.integers(0, 60))
def test_whatever_was_said_a_set_is_two_last_words_that_are_alike_and_young(
    said: list[Readiness], minute: int
) -> None:
    now = NOON + minute * MINUTE
    in_order = sorted((one for one in said if one.at <= now), key=lambda one: one.at)
    last = {(one.platform, one.version): one for one in in_order}
    for version in ("1.4.2", "1.4.3"):
        sides = [last.get((platform, version)) for platform in Platform]
        counts = all(one is not None and one.until > now for one in sides)
        alike = len({one.digest for one in sides if one}) == 1
        found = ready_set(inbox(*in_order).ready, version, now)
        assert isinstance(found, ReadySet) == (counts and alike)
        if isinstance(found, ReadySet):
            assert [found.sides.legacy, found.sides.new] == sides


def test_a_version_that_is_taken_supersedes_those_asked_for_before_it() -> None:
    box = Inbox()
    for at, version in enumerate(("1.4.2", "1.4.3", "1.4.4")):
        box = asked(box, wish(version, at))
    box = taken(box, "1.4.3", "op-1", NOON)
    assert [one.version for one in box.wishes] == ["1.4.4"]
    assert [(one.version, one.how, one.by) for one in box.ended] == [
        ("1.4.2", SUPERSEDED, "1.4.3"),
        ("1.4.3", TAKEN, "op-1"),
    ]
    assert taken(box, "1.4.3", "op-1", NOON) == box


def test_who_asks_again_keeps_the_place_and_what_was_said() -> None:
    box = asked(asked(Inbox(), wish("1.4.2", commit="abc")), wish("1.4.3", 1))
    box = asked(box, wish("1.4.2", 2, again="mended", contains=("1.4.1-fix",)))
    assert [one.version for one in box.wishes] == ["1.4.2", "1.4.3"]
    first = box.wishes[0]
    assert (first.at, first.until, first.commit) == (NOON, NOON + 62 * MINUTE, "abc")
    assert (first.again, first.contains) == ("mended", ("1.4.1-fix",))
    assert box.wish("1.4.3") == box.wishes[1]


def test_a_version_waits_no_longer_than_it_was_to() -> None:
    box = asked(asked(Inbox(), wish("1.4.2", lasts=5)), wish("1.4.3"))
    assert expired(box, NOON) == box
    box = expired(box, NOON + 5 * MINUTE)
    assert [one.version for one in box.wishes] == ["1.4.3"]
    end = last_end(box, "1.4.2")
    assert end is not None
    assert end.how == EXPIRED
    assert last_end(box, "1.4.3") is None


def test_only_so_many_ends_are_kept() -> None:
    box = Inbox()
    for number in range(KEPT_ENDS + 5):
        box = taken(asked(box, wish(f"1.{number}")), f"1.{number}", "op", NOON)
    assert len(box.ended) == KEPT_ENDS
    assert box.ended[-1].version == f"1.{KEPT_ENDS + 4}"


@pytest.mark.parametrize("gone", [0, 59])
def test_what_is_too_old_is_forgotten_when_somebody_reports(gone: int) -> None:
    box = inbox(says(LEGACY, lasts=gone + 1), says(NEW, at=gone + 1))
    assert [one.platform for one in box.ready] == [NEW]
