"""Documents read from memcached, where anybody who can reach it can write anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossfade.plan.cron.claim.records import (
    Identity,
    Preference,
    RunningLease,
    SideMark,
    State,
    TickRecord,
    decode,
    encode,
)

KINDS = (TickRecord, RunningLease, SideMark, Identity, Preference)
SOUND: list[Any] = [
    TickRecord(State.RUNNING, "t", "new", "h", 2, 1.5, 1.0, None, None, 60, "why", "won"),
    RunningLease("t", 1, "new", "h"),
    SideMark(1, 2.0, "h", "won", 0, -0.5),
    Identity("id", 1.0, "h"),
    Preference("legacy", 1, "op"),
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(State)
)
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
names = sorted({name for kind in KINDS for name in kind._fields} | {"format"})
objects = st.dictionaries(st.sampled_from(names), anything)


@given(st.text() | st.builds(json.dumps, anything | objects))
@example("[" * 100_000)
@example('{"token":"\\ud800"}')
@example('{"platform":"new","since":1e999}')
@example('{"platform":"new","since":' + "9" * 5000 + "}")
def test_any_text_is_a_document_that_can_be_used_or_none(text: str) -> None:
    for kind in KINDS:
        document = decode(kind, text)
        if document is not None:
            assert decode(kind, encode(document)) == document
            for value in document:
                assert value is None or isinstance(value, int | float | str)
                assert not isinstance(value, float | int) or abs(value) < 1e16
                assert str(value).isprintable()


@pytest.mark.parametrize("document", SOUND, ids=lambda document: type(document).__name__)
def test_what_was_written_is_read_back(document: Any) -> None:
    assert decode(type(document), encode(document)) == document


@pytest.mark.parametrize("document", SOUND, ids=lambda document: type(document).__name__)
def test_fields_of_later_versions_are_passed_over_and_later_formats_are_not_read(
    document: Any,
) -> None:
    fields = json.loads(encode(document))
    assert decode(type(document), json.dumps(fields | {"colour": "red"})) == document
    assert decode(type(document), json.dumps(fields | {"format": 1})) == document
    assert decode(type(document), json.dumps(fields | {"format": 2})) is None
    assert decode(type(document), json.dumps(fields | {"format": "1"})) is None


@pytest.mark.parametrize("document", SOUND, ids=lambda document: type(document).__name__)
def test_a_field_of_another_type_makes_it_unreadable(document: Any) -> None:
    fields = json.loads(encode(document))
    for name, value in fields.items():
        wrong = {} if isinstance(value, str) else f"{value}"
        assert decode(type(document), json.dumps(fields | {name: wrong})) is None


def test_what_cannot_be_printed_is_replaced() -> None:
    read = decode(RunningLease, json.dumps({**RunningLease("t", 1, "new", "h\n\x1b[2J")._asdict()}))
    assert read == RunningLease("t", 1, "new", "h??[2J")
