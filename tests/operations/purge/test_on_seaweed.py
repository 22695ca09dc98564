"""The life of a purge on a real S3 server: conditional deletes, delete markers, versions."""

from __future__ import annotations

import time

import pytest

from crossfade.adapters.aws.s3 import Headers
from crossfade.errors import Conflict
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.status.status import releases
from crossfade.plan.sites.rollback import Mode
from tests.story import BUILDS, FRONT, Story

pytestmark = pytest.mark.seaweed
A_SECOND = 1.1
"""S3 tells whole seconds; releases need one between them to be told apart by age."""


@pytest.fixture
def story(seaweed_story: Story) -> Story:
    """Three releases that were promoted one after the other."""
    seaweed_story.overrides = {"keep_checkpoints": 1, "asset_grace": 1}
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        seaweed_story.published(version).promote(version)
        time.sleep(A_SECOND)
    return seaweed_story


def standing(story: Story) -> dict[str, str]:
    return {row.key: row.etag for row in story.world().bucket(FRONT).present("releases/")}


def rows(story: Story, prefix: str) -> list[bool]:
    """Return the versions under a prefix; True stands for a delete marker."""
    return [row.marker for row in story.world().bucket(FRONT).versions(prefix)]


def test_a_purge_is_taken_back_and_done_again_and_swept(story: Story) -> None:
    before = standing(story)
    outcome = purge(story.world(connections=8), PurgeRequest("web", 1, apply=True))
    assert [row.version for row in releases(story.world(), "web")] == ["1.2.0", "1.1.0"]
    assert {"assets/app-a1b2c3d4.js", "assets/lazy-0f1e2d3c.js"}.isdisjoint(story.serves())
    assert story.broken_pages() == []
    assert outcome.plans[0].delete[0].release.files == len(BUILDS["1.0.0"])

    reverse_purge(story.world(), "web")
    assert standing(story) == before
    purge(story.world(), PurgeRequest("web", 1, apply=True))
    assert True in rows(story, "releases/web/1.0.0")

    swept = purge(story.world(), PurgeRequest("web", 1, apply=True, versions=True))
    assert rows(story, "releases/web/1.0.0") == []
    assert swept.operations["web"].figures["noncurrent_versions"] > 0
    again = purge(story.world(), PurgeRequest("web", 1, apply=True, versions=True))
    assert again.operations == {}

    story.rollback(mode=Mode.RESTORE)
    assert BUILDS["1.1.0"].items() <= story.serves().items()


def test_an_object_is_deleted_only_while_it_is_what_was_read(story: Story) -> None:
    bucket = story.world().releases
    written = bucket.put("x", b"one", Headers("text/plain", ""))
    with pytest.raises(Conflict):
        bucket.delete_if("x", "0" * 32)
    assert bucket.head("x") is not None
    bucket.delete_if("x", written.etag)
    assert bucket.head("x") is None
    bucket.delete_if("never", written.etag)
    assert bucket.get("x", version_id=written.version_id) is not None
