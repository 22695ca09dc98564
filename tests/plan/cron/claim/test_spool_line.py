"""The lines of the record of who ran what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.cron.claim.records import (
    RunningLease,
    State,
    TickRecord,
    check_job,
    decode,
    decode_tick,
    encode,
)
from crossfade.plan.cron.claim.spool_line import Entry, Event, entry_line, entry_text, read_entry

RUN = Entry("t1", Event.START, "reports", 29_000_000, "new", "pod-1", 1.5, "won", start=1.5)


@given(
    st.builds(
        Entry,
        id=st.text(),
        event=st.sampled_from(Event),
        job=st.text(),
        tick=st.integers(0),
        platform=st.text(),
        host=st.text(),
        at=st.floats(0, 1e10),
        outcome=st.text(),
        reason=st.text(),
        start=st.none() | st.floats(0, 1e10),
        end=st.none() | st.floats(0, 1e10),
        exit_code=st.none() | st.integers(0, 255),
    ).filter(lambda entry: all((entry.id, entry.job, entry.platform, entry.host, entry.outcome)))
)
def test_an_entry_is_one_line_and_comes_back(entry: Entry) -> None:
    line = entry_line(entry)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert read_entry(line) == entry


@pytest.mark.parametrize("line", ["", "{", '{"id":"x"', "[]", "null", '{"id":"x","event":"y"}'])
def test_what_is_no_entry_is_passed_over(line: str) -> None:
    assert read_entry(line) is None


def test_fields_of_later_versions_are_passed_over() -> None:
    line = entry_line(RUN).replace("{", '{"later":1,', 1)
    assert read_entry(line) == RUN


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (RUN, "run reports 2025-02-19T21:20Z on new/pod-1: attempt 1"),
        (
            RUN._replace(outcome="suspect", reason="young"),
            "run reports 2025-02-19T21:20Z on new/pod-1: attempt 1, suspect: young",
        ),
        (
            RUN._replace(event=Event.SKIP, outcome="held", reason="b has it"),
            "skip reports 2025-02-19T21:20Z on new/pod-1: held: b has it",
        ),
        (
            RUN._replace(event=Event.LOST, lost="frozen"),
            "lose reports 2025-02-19T21:20Z on new/pod-1: frozen",
        ),
        (
            RUN._replace(event=Event.END, end=4.0, exit_code=3, stopped="too long"),
            "end reports 2025-02-19T21:20Z on new/pod-1: exit code 3 after 2.5 s; too long",
        ),
        (
            RUN._replace(tick=0, outcome="manual"),
            "run reports by hand on new/pod-1: attempt 1",
        ),
        (
            RUN._replace(tick=0, event=Event.SKIP, outcome="refused", reason="late"),
            "skip reports (no tick) on new/pod-1: refused: late",
        ),
    ],
)
def test_an_entry_reads_as_a_line_that_starts_with_its_verb(entry: Entry, text: str) -> None:
    assert entry_text(entry) == text


@pytest.mark.parametrize("outcome", ["won", "held", "skipped", "manual"])
def test_what_is_expected_alarms_nobody(outcome: str) -> None:
    assert not RUN._replace(outcome=outcome).alarming


@pytest.mark.parametrize(
    "entry",
    [
        RUN._replace(outcome="suspect"),
        RUN._replace(outcome="unavailable"),
        RUN._replace(outcome="late"),
        RUN._replace(lost="x"),
        RUN._replace(stopped="x"),
        RUN._replace(trouble="x"),
    ],
)
def test_what_somebody_should_look_at_alarms(entry: Entry) -> None:
    assert entry.alarming


def test_documents_come_back_without_what_is_not_known() -> None:
    record = TickRecord(State.RUNNING, "t", "new", "h")
    assert "null" not in encode(record)
    assert decode_tick(encode(record)) == record
    assert decode(RunningLease, encode(RunningLease("t", 1, "new", "h"))) == RunningLease(
        "t", 1, "new", "h"
    )


@pytest.mark.parametrize("value", ["", "{", "[]", "{}", "3", "null"])
def test_what_is_no_document_is_none_and_no_tick_is_somebodys(value: str) -> None:
    assert decode(RunningLease, value) is None
    assert decode_tick(value).state == State.UNREADABLE


@pytest.mark.parametrize("name", ["a", "reports.daily", "A_1-b.c", "x" * 100])
def test_names_that_fit_a_key_are_taken(name: str) -> None:
    assert check_job(name) == name


@pytest.mark.parametrize("name", ["", ".", "-a", "_a", "a b", "a:b", "a\n", "ä", "x" * 101, "..."])
def test_names_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="does not fit"):
        check_job(name)
