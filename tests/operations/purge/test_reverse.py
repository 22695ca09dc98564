"""Taking back a finished purge: what it deleted is there again, exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.kinds import reverse_open
from crossfade.operations.purge.pins import pin
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.sites.rollback import reverse_done
from tests.operations.purge.depot import RELEASES, SITE, Depot, Template, asset, template
from tests.story import FRONT, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Four releases that were promoted one after the other."""
    with template(tmp_path_factory.mktemp("four"), *"1234") as told:
        yield told


@pytest.fixture
def depot(four: Template) -> Depot:
    """Four releases, the last one live; only the newest change can be taken back."""
    return four.begin(keep_checkpoints=1, asset_grace=1)


def test_releases_come_back_as_they_were(depot: Depot) -> None:
    before = depot.objects(RELEASES)
    purged = depot.purge(keep=1).operations["web"]
    back = reverse_purge(depot.world(), "web")
    assert depot.objects(RELEASES) == before
    assert back.line() == "reverse the purge of web: bring back 1, 2"
    assert back.purges == (purged.id,)
    record = depot.told()[0]
    assert (record.kind, record.status, record.title) == ("reverse", "done", back.line())
    assert record.request["purges"] == [purged.id]
    document = json.loads(json.dumps(back.document()))
    assert [one["version"] for one in document["releases"]] == ["1", "2"]
    assert document["operation"] == record.id


def test_half_published_releases_come_back_too(depot: Depot) -> None:
    depot.half_published("5")
    depot.calendar.days(3)
    before = depot.objects(RELEASES)
    depot.purge(keep=4)
    assert depot.objects(RELEASES) != before
    back = reverse_purge(depot.world(), "web")
    assert depot.objects(RELEASES) == before
    assert back.document()["leftovers"][0]["version"] == "5"


def test_a_dry_run_says_what_would_come_back_and_changes_nothing(depot: Depot) -> None:
    depot.purge(keep=1)
    before = depot.everything()
    back = reverse_purge(depot.world(), "web", dry_run=True)
    assert [one.version for one in back.releases] == ["1", "2"]
    assert back.document()["dry_run"]
    assert depot.everything() == before
    assert len(depot.told()) == 1


def test_what_was_brought_back_is_not_brought_back_twice(depot: Depot) -> None:
    depot.purge(keep=1)
    reverse_purge(depot.world(), "web")
    with pytest.raises(Refused, match="there is no purge that deleted releases and was not taken"):
        reverse_purge(depot.world(), "web")


def test_the_newest_purge_comes_back_first_then_the_one_before(depot: Depot) -> None:
    before = depot.objects(RELEASES)
    depot.purge(keep=3)
    depot.purge(keep=2)
    reverse_purge(depot.world(), "web")
    assert depot.versions() == ["2", "3", "4"]
    reverse_purge(depot.world(), "web")
    assert depot.objects(RELEASES) == before


def test_all_purges_back_to_one_come_back_together(depot: Depot) -> None:
    before = depot.objects(RELEASES)
    first = depot.purge(keep=3).operations["web"].id
    depot.purge(keep=2)
    back = reverse_purge(depot.world(), "web", to=first)
    assert depot.objects(RELEASES) == before
    assert len(back.purges) == 2
    with pytest.raises(Refused, match="there is no purge 2020 that"):
        reverse_purge(depot.world(), "web", to="2020")


def test_a_purge_that_only_retired_assets_is_passed_over(depot: Depot) -> None:
    depot.purge(keep=3)
    depot.released("5")
    depot.purge(keep=4)
    assert len(depot.told()) == 2
    assert reverse_purge(depot.world(), "web", dry_run=True).releases[0].version == "1"


def test_its_retired_assets_come_back_with_their_site(depot: Depot) -> None:
    before = depot.serves()
    depot.purge(keep=1)
    assert asset("1") not in depot.serves()
    reverse_done(depot.world(), SITE)
    assert depot.serves() == before


def test_pins_stay_as_they_are(depot: Depot) -> None:
    depot.purge(keep=1)
    pin(depot.world(), "web", "4", "for the auditors")
    reverse_purge(depot.world(), "web")
    assert depot.state(RELEASES)["pins"] == {"4": "for the auditors"}


def test_a_version_that_was_published_again_since_is_left_alone(depot: Depot) -> None:
    depot.purge(keep=1)
    depot.publish("1")
    mine = depot.objects(f"{RELEASES}/1")
    back = reverse_purge(depot.world(), "web")
    assert back.published == ("1",)
    assert back.line().endswith("bring back 2; published again since and left alone: 1")
    assert depot.objects(f"{RELEASES}/1") == mine
    assert depot.versions() == ["1", "2", "3", "4"]


def test_where_everything_was_published_again_it_is_refused(depot: Depot) -> None:
    depot.purge(keep=3)
    depot.publish("1")
    with pytest.raises(Refused, match="all that the purge took was published again since: 1"):
        reverse_purge(depot.world(), "web")


def test_a_version_that_is_published_again_while_it_comes_back_is_left_alone(depot: Depot) -> None:
    depot.purge(keep=3)
    assert depot.strict is not None
    key = f"{RELEASES}/1.manifest.json"
    depot.strict.faults.before(
        "s3", "HeadObject", path=key, nth=2, effect=lambda _: depot.put(key, "another")
    )
    reverse_purge(depot.world(), "web")
    assert depot.objects(f"{RELEASES}/1/") == {}
    assert depot.told()[0].notes[-1].what == "1 was published again meanwhile; left alone"


def test_files_that_are_gone_for_good_are_refused_before_anything_changes(depot: Depot) -> None:
    depot.purge(keep=1)
    client = depot.aws.client("s3")
    key = f"{RELEASES}/1/index.html"
    for row in client.list_object_versions(Bucket=FRONT, Prefix=key)["Versions"]:
        client.delete_object(Bucket=FRONT, Key=key, VersionId=row["VersionId"])
    before = depot.everything()
    with pytest.raises(Refused, match=r"1 cannot come back: 1 of its 2 files were deleted"):
        reverse_purge(depot.world(), "web")
    assert depot.everything() == before


def test_a_manifest_that_is_gone_for_good_in_the_middle_of_a_purge_is_told(depot: Depot) -> None:
    assert depot.strict is not None
    key = f"{RELEASES}/1.manifest.json"
    client = depot.aws.client("s3")

    def clean(_: object) -> None:
        for row in client.list_object_versions(Bucket=FRONT, Prefix=key)["Versions"]:
            client.delete_object(Bucket=FRONT, Key=key, VersionId=row["VersionId"])

    depot.strict.faults.after("s3", "DeleteObject", path=key, effect=clean)
    with pytest.raises(Failed, match=r"the manifest of web 1 is gone for good.*publish that build"):
        depot.purge(keep=3)


def test_deletions_that_were_tried_twice_are_taken_back_whole(depot: Depot) -> None:
    """An answer that was lost is asked for again: two delete markers stand on each file then."""
    before = depot.objects(RELEASES)
    assert depot.strict is not None
    depot.strict.faults.lost_answer("s3", "DeleteObjects")
    depot.purge(keep=3)
    assert depot.everything()[f"{RELEASES}/1/index.html"][1:] == ["marker", "marker"]
    reverse_purge(depot.world(), "web")
    assert depot.objects(RELEASES) == before


def test_while_something_is_open_it_is_refused(depot: Depot) -> None:
    depot.purge(keep=3)
    assert depot.strict is not None
    depot.strict.faults.before("s3", "DeleteObjects", effect=Killed())
    with pytest.raises(Killed):
        depot.purge(keep=2)
    depot.strict.faults.clear()
    with pytest.raises(Refused, match="purge web: 1 release is open since"):
        reverse_purge(depot.world(), "web")
    reverse_open(depot.world(), RELEASES, take_over=True)
    assert reverse_purge(depot.world(), "web").releases[0].version == "1"


def test_an_unknown_component_is_bad_input(depot: Depot) -> None:
    with pytest.raises(BadInput, match="there is no component"):
        reverse_purge(depot.world(), "wbe")
