from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.base.rows import apart, with_rows
from crossfade.plan.journal.documents import (
    operation_from_json,
    operation_to_json,
    record_from_json,
)
from crossfade.plan.journal.operation import Actor, Json, Operation
from crossfade.plan.sites.site import Action, Do, Group, SiteWork

FILES = b'"files":['
ITEMS = st.lists(st.dictionaries(st.text(), st.text() | st.integers(), min_size=1))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.text(), ITEMS, st.text())
def test_a_document_with_rows_is_plain_json(
    name: str, items: list[dict[str, str]], by: str
) -> None:
    document = {"name": name, "files": [], "by": by}

    written = with_rows(compact(document), FILES, map(compact, items))

    assert json.loads(written) == {**document, "files": items}


@given(st.text(), ITEMS, st.text())
def test_rows_come_apart_as_they_were_written(
    name: str, items: list[dict[str, str]], by: str
) -> None:
    document = compact({"name": name, "files": [], "by": by})

    shell, rows = apart(with_rows(document, FILES, map(compact, items)), FILES)

    assert shell == document
    assert [json.loads(row) for row in rows] == items


@given(ITEMS)
def test_a_document_may_be_the_list_itself(items: list[dict[str, str]]) -> None:
    written = with_rows(b"[]", b"[", map(compact, items))

    shell, rows = apart(written, b"[")

    assert (json.loads(written), shell) == (items, b"[]")
    assert [json.loads(row) for row in rows] == items


@pytest.mark.parametrize("indent", [None, 0, 1, 2])
@pytest.mark.parametrize("items", [[], [{"a": 1}], [{"a": {"b": []}}, {"a": [{}]}]])
def test_a_document_of_another_layout_comes_back_whole(
    indent: int | None, items: list[dict[str, int]]
) -> None:
    document = json.dumps({"files": items, "more": [{"a": 1}]}, indent=indent).encode()

    shell, rows = apart(document, FILES)

    assert (shell, list(rows)) == (document, [])


def test_names_that_look_like_the_layout_are_only_names() -> None:
    item = {"path": '"files":[\n{"x":1}\n]'}
    document = compact({"name": '"files":[', "files": []})

    shell, rows = apart(with_rows(document, FILES, [compact(item)]), FILES)

    assert shell == document
    assert [json.loads(row) for row in rows] == [item]


def test_a_list_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no list"):
        with_rows(b"{}", FILES, [b'{"a":1}'])


PROMOTE = Operation(
    id="20260101T000000.000Z-a1b2c3",
    subject="sites/production/web",
    kind="promote",
    title="promote web 1 -> 2",
    by=Actor("ann"),
    begun_at="2026-01-01T00:00:00.000Z",
    request={"version": '"work":{"actions":['},
    before={},
    after={},
    work=SiteWork(
        actions=(
            Action("a.js", Do.COPY, Group.ADD, "new", size=1, source="r/a.js", etag="e"),
            Action("runtime-config.js", Do.WRITE, Group.ADD, "new", body='x = [\n{"a":1}\n]'),
        ),
        invalidate=("/*",),
    ),
    members=("sites/production/web",),
)


def test_an_operation_writes_each_action_in_a_line_of_its_own() -> None:
    document = operation_to_json(PROMOTE)

    assert document.count(b"\n") == len(PROMOTE.work.actions) + 1
    assert len(json.loads(document)["work"]["actions"]) == len(PROMOTE.work.actions)
    assert operation_from_json(document, SiteWork, Json) == PROMOTE


def test_a_record_is_read_without_its_actions() -> None:
    document = operation_to_json(PROMOTE)
    unreadable = document.replace(b'"do":"copy"', b'"do":nothing')

    assert unreadable != document
    assert record_from_json(unreadable, Json).title == PROMOTE.title
