"""What of one key goes for good, so that nothing present changes by it."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.purge.sweep import Swept, counted, doomed


@dataclass(frozen=True)
class Row:
    version_id: str
    marker: bool = False
    latest: bool = False
    size: int = 10


def stack(*markers: bool) -> list[Row]:
    """Rows of one key, newest first; True stands for a delete marker."""
    return [
        Row(f"v{number}", marker, latest=number == 0, size=0 if marker else 10)
        for number, marker in enumerate(markers)
    ]


def ids(rows: tuple[Row, ...]) -> list[str]:
    return [row.version_id for row in rows]


def test_below_a_present_object_everything_goes_that_nothing_needs() -> None:
    goes = doomed(stack(False, False, True, False), spared={"v3"})
    assert ids(goes.first) == ["v1", "v2"]
    assert goes.last == ()


def test_a_delete_marker_goes_last_once_nothing_is_left_below_it() -> None:
    goes = doomed(stack(True, True, False), spared=())
    assert sorted(ids(goes.first)) == ["v1", "v2"]
    assert ids(goes.last) == ["v0"]


def test_a_delete_marker_that_hides_something_needed_stays() -> None:
    goes = doomed(stack(True, False, False), spared={"v2"})
    assert ids(goes.first) == ["v1"]
    assert goes.last == ()


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.sets(st.integers(0, 5)))
def test_what_stands_there_and_what_is_needed_never_changes(
    markers: list[bool], needed: set[int]
) -> None:
    rows = stack(*markers)
    spared = {f"v{number}" for number in needed}
    goes = doomed(rows, spared=spared)
    present = rows[0] if not rows[0].marker else None
    for gone in (set(goes.first), {*goes.first, *goes.last}):
        left = [row for row in rows if row not in gone]
        now = left[0] if left and not left[0].marker else None
        assert now == present, "also when only the first have gone"
    versions = {row.version_id for row in rows if not row.marker}
    assert not spared & versions & set(ids((*goes.first, *goes.last)))
    left = [row for row in rows if row not in {*goes.first, *goes.last}]
    needless = [row for row in left if not row.latest and row.version_id not in spared]
    assert needless == []
    if len(left) == 1:
        assert not left[0].marker, "a marker that hides nothing does not stay"


def test_figures_are_counted_and_added() -> None:
    swept = counted(stack(True, False, False)) + Swept(roots=2)
    assert swept == Swept(versions=2, markers=1, size=20, roots=2)
    assert not swept.nothing
    assert Swept().nothing
    assert swept.line() == (
        "2 noncurrent versions (20 B), 1 stale delete marker and 2 recorded roots for good"
    )
