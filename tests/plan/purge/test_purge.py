"""P6: nothing needed is purged, whatever the releases, pins and checkpoints are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.plan.purge.purge import (
    Delete,
    Gone,
    Keep,
    Leftover,
    PurgeWork,
    Release,
    Selection,
    ordinal,
    over_limit,
    plan_purge,
    release_of,
)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = {
    "crossfade": "manifest",
    "component": "web",
    "version": "1.4.2",
    "published-at": "2026-01-01T00:00:00.000Z",
    "files": "3",
    "bytes": "120",
    "digest": "abc",
    "commit": "f00",
}


def release(version: str, *, day: int = 0) -> Release:
    return Release(version, (FIRST + timedelta(days=day)).isoformat(), files=2, size=10)


def fleet(count: int) -> list[Release]:
    """Releases 1 to `count`, each a day after the one before."""
    return [release(str(number), day=number) for number in range(1, count + 1)]


def why(selection: Selection) -> dict[str, str]:
    verdicts: list[Keep | Delete] = [*selection.keep, *selection.delete]
    return {one.release.version: one.why for one in verdicts}


def deleted(selection: Selection) -> list[str]:
    return [one.release.version for one in selection.delete]


def test_the_newest_stay_and_each_verdict_says_why() -> None:
    selection = plan_purge(fleet(4), depth=2, live={}, pins={}, needed={})
    assert why(selection) == {
        "4": "1st newest of 2 kept",
        "3": "2nd newest of 2 kept",
        "2": "3rd newest, depth 2",
        "1": "4th newest, depth 2",
    }
    assert deleted(selection) == ["2", "1"]


def test_what_is_live_pinned_or_needed_by_a_checkpoint_stays_however_old_it_is() -> None:
    selection = plan_purge(
        fleet(5),
        depth=1,
        live={"1": ["production", "demo"]},
        pins={"2": "long-term support"},
        needed={"3": "checkpoint x of sites/production/web", "1": "checkpoint y"},
    )
    assert why(selection) == {
        "5": "1st newest of 1 kept",
        "4": "2nd newest, depth 1",
        "3": "checkpoint x of sites/production/web",
        "2": "pinned: long-term support",
        "1": "live in demo and production; checkpoint y",
    }


def test_newest_is_by_the_instant_of_publishing_and_not_by_name_or_time_zone() -> None:
    early = Release("9", "2026-01-01T12:00:00+02:00", 1, 1)
    late = Release("10", "2026-01-01T11:00:00Z", 1, 1)
    assert deleted(plan_purge([early, late], depth=1, live={}, pins={}, needed={})) == ["9"]


versions = st.sampled_from([str(number) for number in range(12)])
names = st.sampled_from(["production", "staging"])


@given(
    days=st.dictionaries(versions, st.integers(0, 5)),
    depth=st.integers(1, 12),
    live=st.dictionaries(versions, st.lists(names, min_size=1)),
    pins=st.dictionaries(versions, st.just("a reason")),
    needed=st.dictionaries(versions, st.just("checkpoint x")),
)
def test_nothing_live_pinned_needed_or_within_the_depth_is_ever_deleted(
    days: dict[str, int],
    depth: int,
    live: dict[str, list[str]],
    pins: dict[str, str],
    needed: dict[str, str],
) -> None:
    releases = [release(version, day=day) for version, day in days.items()]
    selection = plan_purge(releases, depth=depth, live=live, pins=pins, needed=needed)
    gone = set(deleted(selection))
    assert gone.isdisjoint({*live, *pins, *needed})
    for version in gone:
        assert sum(days[other] >= days[version] for other in days if other != version) >= depth
    kept = {one.release.version for one in selection.keep}
    assert kept | gone == set(days)
    assert len(kept) + len(gone) == len(days)
    assert len(kept) >= min(depth, len(days))
    assert all(why(selection).values())
    for version in set(days) - {*live, *pins, *needed} - gone:
        assert sum(days[other] > days[version] for other in days) < depth, "and no more is kept"


def test_a_release_is_read_from_its_tags() -> None:
    assert release_of(TAGS, component="web", version="1.4.2") == Release(
        "1.4.2", "2026-01-01T00:00:00.000Z", files=3, size=120, digest="abc", commit="f00"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"crossfade": "release"},
        {"component": "checkout"},
        {"version": "1.4.3"},
        {"published-at": "yesterday"},
        {"published-at": "2026-01-01T00:00:00"},
        {"files": "many"},
        {"bytes": ""},
    ],
)
def test_tags_that_are_not_crossfades_are_no_release(change: dict[str, str]) -> None:
    assert release_of({**TAGS, **change}, component="web", version="1.4.2") is None


@pytest.mark.parametrize("name", ["crossfade", "published-at", "files", "bytes"])
def test_a_manifest_without_its_tags_is_no_release(name: str) -> None:
    tags = {key: value for key, value in TAGS.items() if key != name}
    assert release_of(tags, component="web", version="1.4.2") is None


def test_the_limit_refuses_with_the_numbers_and_the_way_out() -> None:
    assert over_limit("web", going=20, there=48, limit=20) == ""
    assert over_limit("web", going=41, there=48, limit=20) == (
        "purge would delete 41 of 48 releases of web (limit 20 per run): raise purge.max_deletes, "
        "or purge in parts with a larger --keep"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (111, "111th")],
)
def test_ranks_are_written_as_people_write_them(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_half_published_releases_are_a_part_of_what_goes() -> None:
    gone = Gone("1", "k", "v", "e", "2026-01-01T00:00:00Z", 1, 1, "old")
    half = Leftover("2", ("a",), 1, "old")
    assert PurgeWork((gone,), (half,)).all == (gone, half)
