"""Publish: a build becomes an immutable release, or nothing."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput, Failed, Refused
from crossfade.operations.releases.bucket import find_manifest
from crossfade.operations.releases.publish import Published, PublishRequest, publish
from crossfade.operations.status.status import releases
from crossfade.plan.journal.head import Head
from tests.story import BUILDS, FRONT, STATE, Killed, Story

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

FOLDER = "releases/web/1.0.0/"


def stored(story: Story) -> dict[str, str]:
    """Return the objects of the release's folder: text by path."""
    return story.serves(FOLDER)


def uploads(strict: Strict) -> list[str]:
    """Return the keys that were uploaded so far."""
    return [call.path for call in strict.faults.calls if call.operation == "PutObject"]


def test_every_file_is_uploaded_with_headers_checksum_and_tags(story: Story) -> None:
    story.publish("1.0.0")
    assert stored(story) == BUILDS["1.0.0"]
    client = story.aws.client("s3")
    key = f"{FOLDER}assets/app-a1b2c3d4.js"
    head = client.head_object(Bucket=FRONT, Key=key, ChecksumMode="ENABLED")
    assert head["ContentType"] == "text/javascript; charset=utf-8"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ChecksumSHA256"]
    tags = client.get_object_tagging(Bucket=FRONT, Key=key)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "crossfade": "release",
        "component": "web",
        "version": "1.0.0",
    }


def test_the_manifest_is_written_last(story: Story, strict: Strict) -> None:
    strict.faults.clear()
    story.publish("1.0.0")
    assert uploads(strict)[-1] == f"/{FRONT}/releases/web/1.0.0.manifest.json"


def test_the_same_content_again_is_a_success_that_uploads_nothing(
    story: Story, strict: Strict
) -> None:
    first = story.publish("1.0.0")
    strict.faults.clear()
    again = story.publish("1.0.0")
    assert (again.already, again.uploaded, again.digest) == (True, 0, first.digest)
    assert uploads(strict) == []


def test_other_content_under_a_taken_version_is_refused_and_nothing_changes(story: Story) -> None:
    story.publish("1.0.0")
    source = story.build({**BUILDS["1.0.0"], "logo.svg": "<svg>other</svg>"}, "other")
    with pytest.raises(Refused, match=r"1\.0\.0 is taken.*1 file differs: logo\.svg"):
        publish(story.world(), PublishRequest(source, "web", "1.0.0"))
    assert stored(story) == BUILDS["1.0.0"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_call_there_is_no_release_and_the_next_uploads_what_is_missing(
    story: Story, strict: Strict, moment: str
) -> None:
    nth = 0
    while True:
        nth += 1
        story.razed()
        story.founded()
        strict.faults.clear()
        arm = strict.faults.before if moment == "before" else strict.faults.after
        arm(nth=nth, times=1_000_000, effect=Killed())
        try:
            story.publish("1.0.0")
        except Killed:
            pass
        else:
            break
        strict.faults.clear()
        there = find_manifest(story.world(), "web", "1.0.0")
        left = stored(story)
        assert there is None or left == BUILDS["1.0.0"], f"killed {moment} call {nth}"
        strict.faults.clear()
        published = story.publish("1.0.0")
        assert published.uploaded == len(BUILDS["1.0.0"]) - len(left)
        assert stored(story) == BUILDS["1.0.0"]
    assert nth > len(BUILDS["1.0.0"])


def test_what_an_earlier_attempt_left_with_other_headers_is_uploaded_again(story: Story) -> None:
    client = story.aws.client("s3")
    client.put_object(Bucket=FRONT, Key=f"{FOLDER}logo.svg", Body=b"<svg>1</svg>")
    published = story.publish("1.0.0")
    assert published.uploaded == len(BUILDS["1.0.0"])


def test_what_is_not_of_the_release_is_reported_and_left_alone(story: Story) -> None:
    story.aws.client("s3").put_object(Bucket=FRONT, Key=f"{FOLDER}notes.txt", Body=b"mine")
    assert story.publish("1.0.0").strangers == ("notes.txt",)
    assert stored(story)["notes.txt"] == "mine"


def test_two_publishes_of_the_same_content_both_succeed(story: Story, strict: Strict) -> None:
    other: list[Published] = []
    strict.faults.before(
        "s3",
        "PutObject",
        path="manifest",
        effect=lambda _: other.append(story.publish("1.0.0")),
    )
    mine = story.publish("1.0.0")
    assert (mine.already, other[0].already) == (True, False)


def test_of_two_publishes_of_other_content_one_is_refused(story: Story, strict: Strict) -> None:
    source = story.build({**BUILDS["1.0.0"], "index.html": "other"}, "other")
    strict.faults.before(
        "s3",
        "PutObject",
        path="manifest",
        effect=lambda _: publish(story.world(), PublishRequest(source, "web", "1.0.0")),
    )
    with pytest.raises(Refused, match="is taken"):
        story.publish("1.0.0")


def test_a_publish_is_refused_while_a_purge_of_the_component_is_open(story: Story) -> None:
    head = (
        '{"subject": "releases/web", "state": {}, "serial": 0, "last": "", "open": {"operation":'
        '"x", "kind": "purge", "title": "purge web", "by": {"who": "ann"}, "since":'
        '"2026-01-01T00:00:00Z", "members": ["releases/web"], "lease": {"holder": "h",'
        '"expires": "2026-01-01T00:00:00Z"}}}'
    )
    story.aws.client("s3").put_object(
        Bucket=STATE, Key="journal/releases/web/head.json", Body=head.encode()
    )
    with pytest.raises(Refused, match="purge web is open"):
        story.publish("1.0.0")


def test_files_that_a_purge_took_meanwhile_leave_no_release_that_is_not_whole(
    story: Story, strict: Strict
) -> None:
    def purge(_: object) -> None:
        story.aws.client("s3").delete_object(Bucket=FRONT, Key=f"{FOLDER}logo.svg")
        story.world().journal.swap(Head("releases/web", {}, serial=1), "")

    strict.faults.before("s3", "PutObject", path="manifest", effect=purge)
    with pytest.raises(Refused, match="publish it again"):
        story.publish("1.0.0")
    assert find_manifest(story.world(), "web", "1.0.0") is None
    assert story.publish("1.0.0").uploaded == 1
    assert stored(story) == BUILDS["1.0.0"]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "s3"])
def test_archives_and_addresses_are_published_as_folders_are(story: Story, kind: str) -> None:
    folder = Path(story.build(BUILDS["1.2.0"], "whole"))
    direct = publish(story.world(), PublishRequest(str(folder), "web", "1.2.0-folder"))
    archive = story.folder / "whole.tar.gz"
    if kind == "zip":
        archive = story.folder / "whole.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            for file in folder.rglob("*"):
                packed.write(file, file.relative_to(folder))
    else:
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(folder, arcname=".")
    source = str(archive)
    if kind == "s3":
        story.aws.client("s3").upload_file(source, STATE, "builds/whole.tar.gz")
        source = f"s3://{STATE}/builds/whole.tar.gz"
    published = publish(story.world(), PublishRequest(source, "web", "1.2.0"))
    assert published.digest == direct.digest


@pytest.mark.parametrize(
    ("version", "commit", "says"),
    [("../1", "", "cannot be a version"), ("1.0.0", "a\nb", "cannot be a commit")],
)
def test_names_that_cannot_be_keys_or_tags_are_refused(
    story: Story, version: str, commit: str, says: str
) -> None:
    source = story.build(BUILDS["1.0.0"], "one")
    with pytest.raises(BadInput, match=says):
        publish(story.world(), PublishRequest(source, "web", version, commit))


def test_a_folder_without_an_entry_page_is_refused_before_anything_is_uploaded(
    story: Story, strict: Strict
) -> None:
    source = story.build({"app.js": "1"}, "pageless")
    strict.faults.clear()
    with pytest.raises(BadInput, match="none of 1 file matches entry_pages"):
        publish(story.world(), PublishRequest(source, "web", "1.0.0"))
    assert strict.faults.calls == ()


def test_a_file_that_changes_while_it_is_published_is_refused_by_its_checksum(
    story: Story, strict: Strict
) -> None:
    source = Path(story.build(BUILDS["1.0.0"], "moving"))
    strict.faults.before(
        "s3", "ListObjectsV2", effect=lambda _: _overwrite(source / "logo.svg", "<svg>9</svg>")
    )
    with pytest.raises(Failed, match=r"logo\.svg"):
        publish(story.world(), PublishRequest(str(source), "web", "1.0.0"))
    assert find_manifest(story.world(), "web", "1.0.0") is None


def _overwrite(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def test_releases_are_listed_from_their_tags(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    rows = {row.version: row for row in releases(story.world(), "web")}
    assert rows["1.0.0"].live_in == ("production",)
    assert rows["1.1.0"].files == len(BUILDS["1.1.0"])
    assert rows["1.1.0"].size == sum(len(text) for text in BUILDS["1.1.0"].values())
