"""Findings: how bad they are together, in which order they are told, and in which words."""

from __future__ import annotations

from crossfade.plan.base.finding import (
    Level,
    healthy,
    note,
    ok,
    problem,
    risk,
    tally,
    warning,
    worst_last,
)

FINE, SAID = ok("a", "b", "c"), note("a", "b", "c")
ODD, BAD = warning("a", "b", "c", "d"), problem("a", "b", "c", "d")
BEAR = risk("a", "b", "c", "d")


def test_warnings_alone_are_healthy_and_a_problem_is_not() -> None:
    assert healthy([FINE, SAID, ODD, BEAR])
    assert not healthy([FINE, ODD, BAD])


def test_the_tally_always_names_warnings_and_problems_and_others_where_there_are_any() -> None:
    assert tally([FINE, ODD, BAD, BAD]) == "1 ok, 1 warning, 2 problems"
    assert tally([SAID, SAID, BEAR]) == "0 ok, 2 notes, 0 warnings, 1 risk, 0 problems"


def test_the_worst_is_told_last_and_equals_stay_in_their_order() -> None:
    other = warning("x", "y", "z")
    told = worst_last([BAD, BEAR, ODD, other, SAID, FINE])
    assert told == (FINE, SAID, ODD, other, BEAR, BAD)
    assert [one.level for one in worst_last([BAD, FINE])] == [Level.OK, Level.PROBLEM]


def test_a_sentence_says_what_to_do_behind_a_colon_or_a_semicolon() -> None:
    assert problem("ttl", "shop A", "its TTL is 300 s", "lower it").said == (
        "its TTL is 300 s: lower it"
    )
    assert problem("end", "table", "it does not end: cron drops it", "end it").said == (
        "it does not end: cron drops it; end it"
    )
    assert note("sunday", "table", "the manifest says 0").said == "the manifest says 0"


def test_in_one_line_a_finding_names_its_subject_and_its_word() -> None:
    assert str(problem("long-ttl", "shop A", "its TTL is 300 s", "lower it")) == (
        "shop A: its TTL is 300 s; lower it [long-ttl]"
    )
