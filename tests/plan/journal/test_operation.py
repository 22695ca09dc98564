"""The journal's moves: who may open, extend, take over and close, and what a head then says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossfade.errors import Failed, Refused
from crossfade.plan.journal import head as moves
from crossfade.plan.journal.documents import (
    head_from_json,
    head_to_json,
    operation_from_json,
    operation_to_json,
    record_from_json,
)
from crossfade.plan.journal.head import Head, Lease
from crossfade.plan.journal.operation import (
    Actor,
    Direction,
    Json,
    Operation,
    Status,
    instant,
    iso,
    operation_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = Lease("mine", iso(NOON + timedelta(seconds=60)))
OTHER = Lease("yours", iso(NOON + timedelta(seconds=90)))


@dataclass(frozen=True, slots=True)
class Work:
    """Stands for the work of some kind."""

    steps: tuple[str, ...] = ("one", "two")


PROMOTE = Operation(
    id="20260101T120000.000Z-aa",
    subject="sites/p/web",
    kind="promote",
    title="promote web 1 -> 2 in p",
    by=Actor("ann", "cli", "person"),
    begun_at=iso(NOON),
    request={"version": "2"},
    before={"live": "1"},
    after={"live": "2"},
    work=Work(),
    members=("sites/p/web",),
)
HEAD = Head("sites/p/web", {"live": "1"})
OPENED = moves.opened(HEAD, PROMOTE, LEASE)


def test_opening_keeps_the_state_and_names_the_operation() -> None:
    assert OPENED.state == {"live": "1"}
    assert OPENED.open is not None
    assert (OPENED.open.operation, OPENED.open.lease) == (PROMOTE.id, LEASE)


def test_a_second_operation_is_refused_with_name_time_and_person_of_the_first() -> None:
    with pytest.raises(Refused) as refused:
        moves.opened(OPENED, PROMOTE, OTHER)
    for part in (PROMOTE.title, "2026-01-01T12:00:00.000Z", "ann (cli)", PROMOTE.id):
        assert part in str(refused.value)


def test_while_the_lease_runs_it_says_to_wait_and_then_how_to_settle() -> None:
    assert "another 60 s: wait" in moves.already_open(OPENED, NOON)
    late = moves.already_open(OPENED, NOON + timedelta(seconds=60))
    assert "`crossfade resume sites/p/web`" in late
    assert "`crossfade reverse sites/p/web`" in late


def test_a_lease_lapses_at_its_instant() -> None:
    assert not moves.lapsed(OPENED, NOON + timedelta(seconds=59))
    assert moves.lapsed(OPENED, NOON + timedelta(seconds=60))
    assert moves.seconds_left(OPENED, NOON) == 60
    assert moves.seconds_left(OPENED, NOON + timedelta(hours=1)) == 0


def test_extending_changes_the_lease_alone() -> None:
    extended = moves.held(OPENED, OTHER, trouble="no space")
    assert extended.open is not None
    assert (extended.open.lease, extended.open.trouble) == (OTHER, "no space")
    assert extended.open.operation == PROMOTE.id


def test_taking_over_changes_the_holder_and_the_direction() -> None:
    taken = moves.taken_over(moves.held(OPENED, LEASE, trouble="x"), OTHER, Direction.BACK)
    assert taken.open is not None
    assert (taken.open.lease, taken.open.direction, taken.open.trouble) == (
        OTHER,
        Direction.BACK,
        "",
    )


def test_closing_records_the_state_and_the_operation() -> None:
    closed = moves.closed(OPENED, {"live": "2"})
    assert closed == Head("sites/p/web", {"live": "2"}, serial=1, open=None, last=PROMOTE.id)


def test_unopening_leaves_the_head_as_it_was() -> None:
    assert moves.unopened(OPENED) == HEAD


def test_the_last_operation_can_be_opened_again_and_an_earlier_one_cannot() -> None:
    closed = moves.closed(OPENED, {"live": "2"})
    again = moves.reopened(closed, PROMOTE, OTHER, Direction.BACK)
    assert again.open is not None
    assert again.open.direction is Direction.BACK
    with pytest.raises(Refused, match="reverse the later ones first"):
        moves.reopened(moves.closed(again, {}), _named("other"), OTHER, Direction.BACK)


def _named(identifier: str) -> Operation[Work]:
    from dataclasses import replace  # noqa: PLC0415

    return replace(PROMOTE, id=identifier)


@pytest.mark.parametrize("move", [moves.unopened, lambda head: moves.closed(head, {})])
def test_what_is_not_open_cannot_be_closed(move: object) -> None:
    assert callable(move)
    with pytest.raises(Refused, match="no operation is open"):
        move(HEAD)


def test_evidence_is_added_in_order_and_figures_are_joined() -> None:
    noted = PROMOTE.noted(NOON, "looked", pages=2).noted(NOON, "again")
    assert [note.what for note in noted.notes] == ["looked", "again"]
    assert noted.notes[0].figures == {"pages": 2}
    assert [note.at for note in noted.notes] == ["2026-01-01T12:00:00.000Z"] * 2
    ended = noted.ended(Status.DONE, NOON, {"copy": 1})
    assert (ended.status, ended.ended_at, ended.figures) == (Status.DONE, iso(NOON), {"copy": 1})


@given(
    st.lists(st.integers(-5000, 5000), min_size=2, max_size=20),
    st.text("0123456789abcdef", min_size=6, max_size=6),
)
def test_ids_sort_by_time_whatever_the_workers_clocks_say(steps: list[int], chance: str) -> None:
    now, newest, named = NOON, "", []
    for step in steps:
        now += timedelta(milliseconds=step)
        newest = operation_id(now, chance, after=newest)
        named.append(newest)
    assert named == sorted(set(named))


@pytest.fixture
def _far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock shows the time of Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_east")
def test_instants_and_ids_are_written_in_utc_wherever_the_machine_stands() -> None:
    at = datetime(2026, 1, 1, 14, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert iso(at) == "2026-01-01T12:00:00.001Z"
    assert instant(iso(at)) == NOON + timedelta(milliseconds=1)
    assert operation_id(at, "aa", after="") == "20260101T120000.001Z-aa"


def test_an_id_of_a_slow_clock_comes_a_millisecond_after_the_newest() -> None:
    assert operation_id(NOON, "aa", after="20260101T120000.000Z-bb") == "20260101T120000.001Z-aa"
    assert operation_id(NOON, "aa", after="20260101T115959.999Z-bb") == "20260101T120000.000Z-aa"


@pytest.mark.parametrize("text", ["yesterday", "2026-01-01T12:00:00"])
def test_what_is_no_instant_is_named_with_the_mend(text: str) -> None:
    with pytest.raises(Failed) as failed:
        instant(text)
    assert str(failed.value) == (
        f"the journal says '{text}' where an instant such as 2026-01-31T08:30:00.000Z belongs: "
        "restore the last good version of that document"
    )


def test_documents_are_read_as_they_were_written() -> None:
    assert head_from_json(head_to_json(OPENED), Json) == OPENED
    assert operation_from_json(operation_to_json(PROMOTE), Work, Json) == PROMOTE


def test_a_record_is_read_without_its_work() -> None:
    record = record_from_json(operation_to_json(PROMOTE), Json)
    assert (record.id, record.title, record.request) == (
        PROMOTE.id,
        PROMOTE.title,
        PROMOTE.request,
    )


def test_a_damaged_document_is_not_believed() -> None:
    with pytest.raises(ValidationError):
        head_from_json(b'{"subject": 1, "open": "yes"}', Json)
