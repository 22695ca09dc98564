"""`purge --versions`: what nothing needs goes for good; every kept checkpoint still comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.plan.sites.rollback import Mode
from tests.operations.purge.depot import RELEASES, SITE, Depot, Template, asset, contents, template
from tests.story import FRONT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Six releases that were promoted one after the other."""
    with template(tmp_path_factory.mktemp("six"), *"123456") as told:
        yield told


@pytest.fixture
def depot(six: Template) -> Depot:
    """Six releases, the last one live; only the newest change can be taken back."""
    return six.begin(keep_checkpoints=1, asset_grace=1)


def rows(depot: Depot, key: str) -> list[str]:
    """Return the versions and delete markers of one key."""
    return depot.everything().get(key, [])


def test_versions_that_no_kept_checkpoint_needs_are_gone_for_good(depot: Depot) -> None:
    page = "live/index.html"
    assert len(rows(depot, page)) == 6
    depot.purge(keep=6, versions=True)
    assert len(rows(depot, page)) == 2, "what stands there, and what the last promote replaced"
    assert depot.serves()["index.html"] == contents("6")["index.html"]


def test_nothing_that_is_there_changes(depot: Depot) -> None:
    depot.purge(keep=6)
    before = depot.shown()
    depot.purge(keep=6, versions=True)
    assert depot.shown() == before


@pytest.mark.parametrize("kept", [1, 2, 4, 9])
def test_every_checkpoint_that_is_kept_is_restored_exactly(six: Template, kept: int) -> None:
    depot = six.begin(keep_checkpoints=kept, asset_grace=1)
    promotes = [record.id for record in depot.told(SITE)]
    then = {"6": dict(depot.serves())}
    depot.released("7")
    depot.purge(keep=1)
    depot.released("8")
    promotes = [record.id for record in depot.told(SITE) if record.kind == "promote"]
    depot.purge(keep=1, versions=True)
    for number, identifier in enumerate(promotes[:kept]):
        version = str(7 - number)
        if version == "0":
            break
        depot.rollback(to=identifier, mode=Mode.RESTORE)
        assert depot.live() == version
        assert contents(version).items() <= depot.serves().items()
        assert then.get(version, {}).items() <= depot.serves().items()
        assert depot.broken_pages() == []


def test_a_checkpoint_that_is_no_longer_kept_is_refused_in_clear_words(depot: Depot) -> None:
    oldest = depot.told(SITE)[-2].id
    depot.purge(keep=6, versions=True)
    before = depot.shown()
    with pytest.raises(Refused, match=r"is no longer recorded.*purge --versions.*redeploy"):
        depot.rollback(to=oldest, mode=Mode.RESTORE)
    assert depot.shown() == before
    depot.rollback(to=oldest, mode=Mode.REDEPLOY)
    assert depot.live() == "1"


def test_what_crossfade_never_wrote_stays_with_all_its_versions(depot: Depot) -> None:
    for key in ("live/robots.txt", "live/gone.txt", f"{RELEASES}/1/notes.txt", "other/x"):
        depot.put(key, "one")
        depot.put(key, "two")
    depot.delete("live/gone.txt")
    depot.purge(keep=1)
    depot.purge(keep=1, versions=True)
    assert len(rows(depot, "live/robots.txt")) == 2
    assert len(rows(depot, "live/gone.txt")) == 3
    assert len(rows(depot, f"{RELEASES}/1/notes.txt")) == 2
    assert len(rows(depot, "other/x")) == 2


def test_another_site_inside_the_root_is_not_touched(six: Template) -> None:
    """The configuration's other roots and its releases may lie inside a root."""
    depot = six.begin(keep_checkpoints=1, asset_grace=1)
    depot.overrides = {**depot.overrides, "root": ""}
    depot.released("7", "8", "9")
    before = {
        key: found for key, found in depot.everything().items() if key.startswith(("live", "sta"))
    }
    depot.purge(keep=9, versions=True)
    assert before.items() <= depot.everything().items()
    assert len(rows(depot, "index.html")) == 2


def test_retired_assets_go_for_good_with_their_delete_markers(depot: Depot) -> None:
    depot.purge(keep=6)
    retired = f"live/{asset('1')}"
    assert sorted(map(len, rows(depot, retired))) == [6, 32], "hidden by a delete marker"
    depot.released("7")
    depot.purge(keep=7, versions=True)
    assert rows(depot, retired) == []


def test_releases_of_earlier_purges_go_for_good_and_those_of_this_one_can_come_back(
    depot: Depot,
) -> None:
    depot.purge(keep=4)
    depot.purge(keep=2, versions=True)
    assert rows(depot, f"{RELEASES}/1/index.html") == []
    assert rows(depot, f"{RELEASES}/1.manifest.json") == []
    assert len(rows(depot, f"{RELEASES}/3/index.html")) == 2
    reverse_purge(depot.world(), "web")
    assert depot.versions() == ["3", "4", "5", "6"]
    with pytest.raises(Refused, match=r"1 cannot come back: 2 of its 2 files were deleted"):
        reverse_purge(depot.world(), "web")


def test_earlier_purges_are_looked_at_back_to_the_last_that_swept(depot: Depot) -> None:
    depot.purge(keep=5)
    depot.purge(keep=4, versions=True)
    depot.purge(keep=3)
    assert depot.strict is not None
    depot.strict.faults.clear()
    depot.purge(keep=2, versions=True)
    left = [version for version in "12345" if rows(depot, f"{RELEASES}/{version}/index.html")]
    assert left == ["4", "5"]
    read = {call.path for call in depot.strict.faults.calls if call.operation == "GetObject"}
    assert f"/{FRONT}/{RELEASES}/3.manifest.json" in read
    assert f"/{FRONT}/{RELEASES}/1.manifest.json" not in read


def test_a_release_that_was_published_again_stays_and_can_be_purged_and_reversed_again(
    depot: Depot,
) -> None:
    depot.purge(keep=4)
    depot.publish("1")
    before = depot.objects(f"{RELEASES}/1")
    depot.purge(keep=5, versions=True)
    assert depot.objects(f"{RELEASES}/1") == before
    assert len(rows(depot, f"{RELEASES}/1/index.html")) == 1
    depot.publish("7")
    depot.publish("8")
    depot.purge(keep=1, versions=True)
    assert "1" not in depot.versions()
    reverse_purge(depot.world(), "web")
    assert depot.objects(f"{RELEASES}/1") == before


def test_recorded_roots_that_nothing_needs_are_dropped(depot: Depot) -> None:
    journal = depot.world().journal
    assert len(journal.roots(SITE)) == 6
    depot.purge(keep=6, versions=True)
    head, _ = journal.head(SITE)
    assert head.state["root"] in journal.roots(SITE)
    assert len(journal.roots(SITE)) == 3, "before the last change, before this purge, and now"


def test_the_plan_counts_what_goes_before_it_goes(depot: Depot) -> None:
    depot.purge(keep=5)
    (plan,) = depot.purge(keep=5, versions=True, apply=False).plans
    assert plan.swept is not None
    assert not plan.nothing
    before = sum(map(len, depot.everything().values()))
    outcome = depot.purge(keep=5, versions=True)
    after = sum(map(len, depot.everything().values()))
    assert before - after == plan.swept.versions + plan.swept.markers
    figures = outcome.operations["web"].figures
    assert figures["noncurrent_versions"] == plan.swept.versions > 0
    assert figures["delete_markers"] == plan.swept.markers > 0
    assert figures["noncurrent_bytes"] == plan.swept.size > 0
    assert figures["roots"] == plan.swept.roots > 0


def test_again_there_is_nothing_left_to_do(depot: Depot) -> None:
    depot.purge(keep=2, versions=True)
    depot.purge(keep=2, versions=True)
    before = depot.everything()
    assert depot.purge(keep=2, versions=True).operations == {}
    assert depot.everything() == before
