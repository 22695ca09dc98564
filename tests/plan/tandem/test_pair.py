"""What is meant, what was seen, and how they differ."""

from __future__ import annotations

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.tandem.pair import Both, Pair, Seen, differences, differs, shown_digest

PAIR = Pair("1.4.2", "sha256:0123456789abcdef")
ALIKE = Seen("1.4.2", PAIR.digest, 3)
OTHER = "sha256:fedcba98765432"


def test_what_runs_as_it_is_meant_does_not_differ() -> None:
    assert differs(PAIR, ALIKE) == ""
    assert differences(PAIR, Both(ALIKE, ALIKE)) == ()


@pytest.mark.parametrize(
    ("seen", "how"),
    [
        (Seen("1.4.1", PAIR.digest), "runs 1.4.1 where 1.4.2 is meant"),
        (
            Seen("1.4.2", OTHER),
            (
                "runs 1.4.2 with the configuration sha256:fedcba987654 where sha256:0123456789ab "
                "is meant"
            ),
        ),
        (Seen(mixed="1.4.1 on 1 host, 1.4.2 on 2"), "is mixed (1.4.1 on 1 host, 1.4.2 on 2)"),
        (Seen(unread="no answer"), "could not be read (no answer)"),
        (Seen(digest="x"), "runs something that does not tell its version (x)"),
    ],
)
def test_whatever_differs_is_said(seen: Seen, how: str) -> None:
    assert differs(PAIR, seen) == how
    assert differences(PAIR, Both(seen, ALIKE)) == (f"legacy {how}",)
    assert differences(PAIR, Both(ALIKE, seen)) == (f"new {how}",)


def test_what_an_observer_does_not_tell_is_not_compared() -> None:
    assert differs(PAIR, Seen("1.4.2")) == ""
    assert differs(Pair("1.4.2"), ALIKE) == ""


def test_without_a_pair_the_platforms_are_compared_with_each_other() -> None:
    assert differences(None, Both(ALIKE, ALIKE)) == ()
    told = differences(None, Both(Seen("1.4.1"), Seen("1.4.2")))
    assert told == ("legacy runs 1.4.1", "new runs 1.4.2")
    assert differences(None, Both(Seen(unread="no answer"), ALIKE)) == (
        "legacy could not be read (no answer)",
    )


def test_two_configurations_of_one_version_differ_whoever_meant_them() -> None:
    both = Both(Seen("1.4.2", "a"), Seen("1.4.2", "b"))
    told = ("legacy runs 1.4.2 (a)", "new runs 1.4.2 (b)")
    assert differences(None, both) == told
    assert differences(Pair("1.4.2"), both) == told


def test_texts_show_the_first_characters_of_a_digest() -> None:
    assert str(PAIR) == "1.4.2 (sha256:0123456789ab)"
    assert str(Pair("1.4.2")) == "1.4.2"
    assert shown_digest("0123456789abcdef") == "0123456789ab"


def test_both_have_one_thing_for_each_platform() -> None:
    both = Both(1, 2)
    assert both.of(Platform.LEGACY) == 1
    assert both.changed(Platform.NEW, 3) == Both(1, 3)
    assert both.mapped(str) == Both("1", "2")
    assert dict(both.items()) == {Platform.LEGACY: 1, Platform.NEW: 2}
