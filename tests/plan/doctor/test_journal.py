"""Whether a subject's documents agree: what a head says must be borne out by the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crossfade.plan.base.finding import Finding, Level
from crossfade.plan.doctor.journal import Documents, examine_documents
from crossfade.plan.journal.head import Head, Lease, Open
from crossfade.plan.journal.operation import Actor, Note, Operation, Status, Untold
from crossfade.plan.sites.site import Live, SiteState

SITE = "sites/production/web"
PLACE = f"s3://acme-state/journal/{SITE}/"
AT = "2026-03-01T08:00:00.000Z"
FIRST, SECOND = "20260301T080000.000Z-aaaaaa", "20260302T080000.000Z-bbbbbb"
STATE = SiteState(Live("1.0.0", "d1", AT, FIRST), back=FIRST, changes=1, root=f"{FIRST}-cc")


def operation(identifier: str = FIRST, **changes: Any) -> Operation[Any, Any]:
    done: Operation[Any, Any] = Operation(
        id=identifier,
        subject=SITE,
        kind="promote",
        title="promote web",
        by=Actor("ann"),
        begun_at=AT,
        request={},
        before=SiteState(),
        after=STATE,
        work=Untold(),
        members=(SITE,),
        status=Status.DONE,
        ended_at=AT,
        notes=(Note(AT, "seen"),),
    )
    return replace(done, **changes)


def opened(identifier: str, since: str = AT, expires: str = AT) -> Open:
    return Open(
        identifier, "promote", "promote web", Actor("ann"), since, (SITE,), Lease("h", expires)
    )


def documents(
    *operations: Operation[Any, Any], head: Head[Any] | None = None, **changes: Any
) -> Documents:
    there = operations or (operation(),)
    given: dict[str, Any] = {
        "subject": SITE,
        "place": PLACE,
        "head": head or Head(SITE, STATE, serial=1, last=FIRST),
        "headless": False,
        "operations": {one.id: one for one in there},
        "roots": [f"{FIRST}-cc"],
        **changes,
    }
    return Documents(**given)


def head(**changes: Any) -> Head[Any]:
    agreed: Head[Any] = Head(SITE, STATE, serial=1, last=FIRST)
    return replace(agreed, **changes)


def the_one(there: Documents) -> Finding:
    (finding,) = examine_documents(there)
    return finding


def test_documents_that_agree_are_one_ok() -> None:
    assert the_one(documents()).saw == (
        "readable, and in agreement: 1 operation, 1 record of its root"
    )


def test_an_open_operation_and_one_that_was_never_opened_are_in_order() -> None:
    under_way = operation(SECOND, status=Status.OPEN, ended_at="")
    assert the_one(documents(operation(), under_way)).level is Level.OK
    there = documents(operation(), under_way, head=head(open=opened(SECOND)))
    assert the_one(there).level is Level.OK


def test_an_operation_that_was_closed_while_its_head_names_it_is_in_order() -> None:
    there = documents(operation(), operation(SECOND), head=head(open=opened(SECOND)))
    assert the_one(there).level is Level.OK


def test_a_reversed_operation_leaves_another_state_than_it_would_have_led_to() -> None:
    taken_back = operation(status=Status.REVERSED)
    state = SiteState(root=f"{FIRST}-cc")
    assert the_one(documents(taken_back, head=head(state=state))).level is Level.OK


def test_nothing_is_said_beside_what_could_not_be_read() -> None:
    assert list(examine_documents(documents(damaged={SECOND}))) == []
    there = replace(documents(), head=None)
    assert list(examine_documents(there)) == []


def test_what_is_damaged_is_still_there() -> None:
    there = documents(head=head(last=SECOND, state=replace(STATE, back="")), damaged={SECOND})
    assert list(examine_documents(there)) == []


def test_a_head_that_is_gone_is_a_warning_where_something_was_closed() -> None:
    gone = replace(documents(), head=None, headless=True)
    finding = the_one(gone)
    assert (finding.level, finding.subject) == (Level.WARNING, f"{PLACE}head.json")
    assert "restore its last good version: `aws s3api" in finding.mend
    begun = operation(status=Status.OPEN, ended_at="")
    never = replace(gone, operations={FIRST: begun})
    assert the_one(never).level is Level.OK


@pytest.mark.parametrize(
    ("changes", "saw"),
    [
        ({"subject": "sites/staging/web"}, "it is the head of sites/staging/web"),
        ({"last": "20250101T000000.000Z-zzzzzz"}, "as its last operation, and there is no record"),
        ({"open": opened("20270101T000000.000Z-zzzzzz")}, "as its open operation"),
        ({"state": replace(STATE, back="20250101T000000.000Z-z")}, "that a rollback returns to"),
        (
            {"state": replace(STATE, live=Live("1.0.0", "d1", AT, "20250101T000000.000Z-z"))},
            "that made the live release live",
        ),
        ({"state": replace(STATE, root="lost")}, "it names lost as the record of its root"),
        ({"state": replace(STATE, changes=9)}, f"another state than {FIRST}, its last operation"),
        ({"open": opened(FIRST, since="yesterday")}, "'yesterday' where a time belongs"),
        ({"open": opened(FIRST, expires="never")}, "'never' where a time belongs"),
    ],
)
def test_what_a_head_says_must_be_borne_out(changes: dict[str, Any], saw: str) -> None:
    findings = list(examine_documents(documents(head=head(**changes))))
    problems = [one for one in findings if one.level is Level.PROBLEM]
    assert any(saw in one.saw for one in problems)
    assert all(one.subject == f"{PLACE}head.json" for one in problems)


def test_a_last_operation_must_be_closed() -> None:
    there = documents(operation(status=Status.OPEN, ended_at=""))
    assert "whose record says that it is open" in the_one(there).saw


def test_states_of_other_kinds_are_compared_as_they_are() -> None:
    pinned = {"pins": {"1.0.0": "why"}}
    there = documents(operation(after=pinned), head=head(state=pinned), roots=())
    assert the_one(there).saw == "readable, and in agreement: 1 operation"


@pytest.mark.parametrize(
    ("changes", "saw"),
    [
        ({"subject": "sites/staging/web"}, f"it is the record of {FIRST} of sites/staging/web"),
        ({"begun_at": "soon"}, "'soon' where a time belongs"),
        ({"ended_at": "then"}, "'then' where a time belongs"),
        ({"notes": (Note("once", "seen"),)}, "'once' where a time belongs"),
        ({"members": ()}, "it concerns nothing and not its own subject"),
        ({"members": ("sites/a/b",)}, "it concerns sites/a/b and not its own subject"),
    ],
)
def test_what_an_operation_says_must_be_so(changes: dict[str, Any], saw: str) -> None:
    finding = the_one(documents(operation(**changes)))
    assert (finding.level, finding.subject) == (Level.PROBLEM, f"{PLACE}{FIRST}.json")
    assert finding.saw.startswith(saw) or saw in finding.saw


def test_a_closed_operation_that_the_head_does_not_know_is_a_warning() -> None:
    finding = the_one(documents(operation(), operation(SECOND)))
    assert (finding.level, finding.subject) == (Level.WARNING, f"{PLACE}{SECOND}.json")
    assert "the head does not know it" in finding.saw
