"""What each move between heads leaves there, in full."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossfade.errors import Refused
from crossfade.plan.journal import head as moves
from crossfade.plan.journal.head import Head, Lease, Open
from crossfade.plan.journal.operation import Actor, Direction, Json
from tests.plan.journal.records import PROMOTE, SITE

SECTIONS: Json = {"components": {"web": {}}}
LEASE = Lease("mine", "2026-01-01T12:01:00.000Z")
OPENED = replace(PROMOTE, members=(SITE, "sites/production/admin"), sections=SECTIONS)
HEAD = Head(SITE, {"live": "1"}, serial=4, last="20251231T120000.000Z-aa")
OPEN = Open(
    operation="20260101T120000.000Z-aa",
    kind="promote",
    title="promote web 1 -> 2 in production",
    by=Actor("ann"),
    since="2026-01-01T12:00:00.000Z",
    members=(SITE, "sites/production/admin"),
    lease=LEASE,
)


def test_a_head_says_of_its_open_operation_what_another_needs() -> None:
    assert moves.opened(HEAD, OPENED, LEASE) == replace(HEAD, open=OPEN, sections=SECTIONS)


def test_a_word_is_recorded_as_the_last_operation_with_its_state() -> None:
    recorded = moves.recorded(HEAD, OPENED, {"live": "2"})
    assert recorded == Head(SITE, {"live": "2"}, serial=5, last=OPENED.id, sections=SECTIONS)


def test_nothing_is_recorded_while_an_operation_is_open() -> None:
    with pytest.raises(Refused) as refused:
        moves.recorded(replace(HEAD, open=OPEN), OPENED, {})
    assert str(refused.value) == moves.already_open(replace(HEAD, open=OPEN))


def test_what_the_configuration_said_stays_where_the_operation_says_nothing() -> None:
    """It went back, and the configuration does not name the subject any more."""
    silent, head = replace(OPENED, sections={}), replace(HEAD, sections=SECTIONS)
    assert moves.opened(head, silent, LEASE).sections == SECTIONS
    assert moves.recorded(head, silent, {}).sections == SECTIONS


def test_a_lease_that_is_extended_tells_of_no_trouble() -> None:
    later = replace(LEASE, expires="2026-01-01T12:02:00.000Z")
    head = replace(HEAD, open=replace(OPEN, trouble="no space"))
    assert moves.held(head, later) == replace(HEAD, open=replace(OPEN, lease=later))


def test_what_is_opened_again_is_held_by_who_opened_it() -> None:
    closed = replace(HEAD, last=OPENED.id)
    again = moves.reopened(closed, OPENED, LEASE, Direction.BACK)
    there = replace(OPEN, direction=Direction.BACK)
    assert again == replace(closed, open=there, sections=SECTIONS)


def test_an_operation_that_others_came_after_is_not_opened_again() -> None:
    with pytest.raises(Refused) as refused:
        moves.reopened(HEAD, OPENED, LEASE, Direction.BACK)
    assert str(refused.value) == (
        "sites/production/web: promote web 1 -> 2 in production (20260101T120000.000Z-aa) is no "
        "longer the last operation there: reverse the later ones first"
    )
