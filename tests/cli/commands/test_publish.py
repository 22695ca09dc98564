"""`crossfade publish`: what it answers to people and to scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.story import BUILDS

if TYPE_CHECKING:
    from tests.cli.desk import Desk
    from tests.story import Story


def test_it_says_what_is_published_and_tells_progress_apart(story: Story, desk: Desk) -> None:
    story.build(BUILDS["1.0.0"], "web-1.0.0")
    typed = desk.does("publish", desk.build("1.0.0"), "--component", "web", "--version", "1.0.0")
    assert typed.out.startswith("web 1.0.0 is published (5 files, 110 B, digest ")
    assert typed.out.endswith("uploaded 5 files, 110 B\n")
    assert "upload 5 files of web 1.0.0\n" in typed.err


def test_publishing_the_same_again_says_that_nothing_was_to_do(story: Story, desk: Desk) -> None:
    story.published("1.0.0")
    typed = desk.does("publish", desk.build("1.0.0"), "--component", "web", "--version", "1.0.0")
    assert "was published before with this content" in typed.out
    assert typed.out.endswith("nothing to upload\n")


def test_other_content_under_a_taken_version_is_refused(story: Story, desk: Desk) -> None:
    story.published("1.0.0")
    story.build(BUILDS["1.1.0"], "web-1.1.0")
    typed = desk.types("publish", desk.build("1.1.0"), "--component", "web", "--version", "1.0.0")
    assert (typed.code, typed.out) == (3, "")
    assert "refused: web 1.0.0 is taken" in typed.err


def test_its_document_has_counts_and_digest(story: Story, desk: Desk) -> None:
    story.build(BUILDS["1.0.0"], "web-1.0.0")
    options = ["--component", "web", "--version", "1.0.0", "--commit", "abc123", "--json"]
    document = desk.does("publish", desk.build("1.0.0"), *options).document
    assert len(document.pop("digest")) == 64
    assert document == {
        "component": "web",
        "version": "1.0.0",
        "files": 5,
        "bytes": 110,
        "uploaded": 5,
        "uploaded_bytes": 110,
        "already": False,
        "strangers": [],
    }
    assert desk.does("releases", "web", "--json").document["releases"][0]["commit"] == "abc123"


def test_objects_that_crossfade_did_not_write_are_told(story: Story, desk: Desk) -> None:
    story.aws.client("s3").put_object(Bucket="acme-front", Key="releases/web/1.0.0/notes.txt")
    story.build(BUILDS["1.0.0"], "web-1.0.0")
    typed = desk.does("publish", desk.build("1.0.0"), "--component", "web", "--version", "1.0.0")
    assert "its folder also holds 1 object that crossfade did not write" in typed.out
    assert "notes.txt" in typed.out
