from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossfade.errors import Conflict, Refused
from crossfade.plan.dns.change import (
    MAX_RECORDS,
    Settled,
    approval_digest,
    change_from_json,
    change_to_json,
    conflict_text,
    must_stand,
    plan_change,
    settle,
    size,
)
from crossfade.plan.dns.records import RecordSet
from tests.plan.shop import NAME, alias, pair, weighted

weights = st.integers(min_value=0, max_value=255)
pairs = st.builds(pair, st.integers(min_value=1, max_value=255), weights)


@settings(deadline=None)
@given(pairs, pairs)
def test_a_change_and_its_reverse_are_the_identity(before: object, after: object) -> None:
    change = plan_change(before, after, reason="go")  # type: ignore[arg-type]
    assert change.reversed("back").target == change.expected
    assert change.reversed("back").reversed("go") == change


@settings(deadline=None)
@given(pairs, pairs, pairs)
def test_a_lost_answer_is_settled_by_what_stands_there(
    before: tuple[RecordSet, ...], after: tuple[RecordSet, ...], found: tuple[RecordSet, ...]
) -> None:
    outcome = settle(plan_change(before, after, reason="go"), found)
    if found == after:
        assert outcome is Settled.APPLIED
    elif found == before:
        assert outcome is Settled.NOT_APPLIED
    else:
        assert outcome is Settled.FOREIGN


def test_a_record_that_joined_the_group_is_foreign_though_ours_stand() -> None:
    change = plan_change(pair(100, 0), pair(90, 10), reason="go")
    joined = (*pair(90, 10), weighted(alias("blue-lb.example."), "blue", 5))
    assert settle(change, joined) is Settled.FOREIGN
    with pytest.raises(Conflict, match="'blue'"):
        must_stand(change, joined)


def test_other_types_under_the_name_are_nobodys_business() -> None:
    change = plan_change(pair(100, 0), pair(90, 10), reason="go")
    text = RecordSet(NAME, "TXT", ttl=60, values=('"hello"',))
    assert settle(change, (*pair(90, 10), text)) is Settled.APPLIED
    must_stand(change, (*pair(90, 10), text))


def test_a_conflict_shows_both_vectors() -> None:
    change = plan_change(pair(100, 0), pair(90, 10), reason="stage canary")
    told = conflict_text(change, pair(60, 40))
    assert "stage canary" in told
    assert "weight 100 was expected, 60 is there" in told
    assert "weight 0 was expected, 40 is there" in told
    assert "nothing was overwritten" in told


@pytest.mark.parametrize("target", [pair(0, 0), (*pair(0, 0), weighted(alias(), "third", 0))])
def test_a_change_that_would_leave_all_zeros_cannot_be_planned(
    target: tuple[RecordSet, ...],
) -> None:
    # senza #560: an error in mid-switch left every stack at 0
    with pytest.raises(Refused, match="even split"):
        plan_change(pair(100, 0), target, reason="go")


def test_one_weighted_record_alone_is_answered_whatever_its_weight_and_may_be_restored() -> None:
    alone = (weighted(alias(), "legacy", 0),)
    assert plan_change(pair(90, 10), alone, reason="back").target == alone


def test_a_group_larger_than_route_53_takes_cannot_be_planned() -> None:
    many = [weighted(alias(), f"id-{number}", 1) for number in range(101)]
    with pytest.raises(Refused, match="more than the 100"):
        plan_change((), many, reason="go")


def test_a_hundred_records_of_both_families_are_one_batch() -> None:
    names = [f"shop-{number}.acme.example." for number in range(100)]
    before = [
        one for name in names for kind in ("A", "AAAA") for one in pair(9, 1, name=name, kind=kind)
    ]
    after = [replace(one, weight=5) for one in before]
    change = plan_change(before, after, reason="go")
    assert size(change)[0] == 800


def test_a_batch_that_route_53_would_refuse_is_refused_in_words() -> None:
    many = [weighted(alias(name=f"s{n}.acme.example."), "legacy", 1) for n in range(MAX_RECORDS)]
    with pytest.raises(Refused, match=r"1001 records.*split the migration"):
        plan_change(many[:1], many, reason="go")
    long = RecordSet(NAME, "TXT", ttl=60, values=("x" * 32_001,))
    with pytest.raises(Refused, match="32001 characters"):
        plan_change((), (long,), reason="go")


def test_an_approval_is_tied_to_the_live_records_the_change_and_the_plan() -> None:
    approved = approval_digest(plan_change(pair(90, 10), pair(50, 50), reason="half"), "plan")
    others = [
        approval_digest(plan_change(pair(91, 9), pair(50, 50), reason="half"), "plan"),
        approval_digest(plan_change(pair(90, 10), pair(40, 60), reason="half"), "plan"),
        approval_digest(plan_change(pair(90, 10), pair(50, 50), reason="half"), "edited"),
    ]
    assert approved not in others
    again = plan_change(reversed(pair(90, 10)), pair(50, 50), reason="told otherwise")
    assert approval_digest(again, "plan") == approved


def test_a_change_survives_the_journal() -> None:
    foreign = replace(alias(), other=(("GeoLocation", '{"CountryCode": "DE"}'),))
    change = plan_change((*pair(90, 10), foreign), pair(50, 50), reason="go")
    assert change_from_json(change_to_json(change)) == change


def test_a_change_to_what_is_there_is_empty() -> None:
    assert plan_change(pair(1, 2), pair(1, 2), reason="again").empty
    assert not plan_change(pair(1, 2), pair(2, 1), reason="go").empty


def test_the_digest_of_a_change_is_the_same_in_every_version_of_crossfade() -> None:
    half = approval_digest(plan_change(pair(90, 10), pair(50, 50), reason="half"), "plan")
    assert half == "9209d03aa9f69d22104903bbf69edc1866f8d3ec43c6db233074208907ba7215"
