"""The whole life of a release on a real S3 server: conditions, versions, tags, copies."""

from __future__ import annotations

import hashlib

import pytest

from crossfade.errors import Conflict, Refused
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.releases.bucket import read_manifest
from crossfade.operations.sites.rollback import reverse_done
from crossfade.operations.status.status import history, releases
from crossfade.plan.journal.head import Head
from crossfade.plan.sites.rollback import Mode
from tests.story import BUILDS, FRONT, Killed, Story

SITE = "sites/production/web"
pytestmark = pytest.mark.seaweed


def exact(story: Story, version: str) -> None:
    """See that every path of a release has its bytes, headers and tags in the root."""
    client = story.aws.client("s3")
    for file in read_manifest(story.world(), "web", version).files:
        key = f"live/{file.path}"
        found = client.get_object(Bucket=FRONT, Key=key)
        assert hashlib.sha256(found["Body"].read()).hexdigest() == file.sha256
        assert (found["ContentType"], found["CacheControl"]) == (
            file.content_type,
            file.cache_control,
        )
        tags = client.get_object_tagging(Bucket=FRONT, Key=key)["TagSet"]
        assert {"Key": "component", "Value": "web"} in tags


def test_publish_promote_roll_back_both_ways_and_reverse(seaweed_story: Story) -> None:
    story = seaweed_story
    story.published("1.0.0", "1.1.0", "1.2.0")
    assert story.publish("1.0.0").already
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        story.promote(version, world=story.world(connections=8))
        exact(story, version)
    story.rollback(mode=Mode.RESTORE)
    exact(story, "1.1.0")
    story.rollback(to="1.0.0", mode=Mode.REDEPLOY)
    exact(story, "1.0.0")
    reverse_done(story.world(), SITE)
    exact(story, "1.1.0")
    assert story.live() == "1.1.0"
    rows = releases(story.world(), "web")
    assert {row.version: row.live_in for row in rows} == {
        "1.0.0": (),
        "1.1.0": ("production",),
        "1.2.0": (),
    }
    assert len(history(story.world(), SITE)) == 6


def test_other_content_under_a_taken_version_is_refused(seaweed_story: Story) -> None:
    seaweed_story.published("1.0.0")
    BUILDS["1.0.0-other"] = {**BUILDS["1.0.0"], "logo.svg": "other"}
    source = seaweed_story.build(BUILDS["1.0.0-other"], "web-other")
    from crossfade.operations.releases.publish import PublishRequest, publish  # noqa: PLC0415

    with pytest.raises(Refused, match=r"1 file differs: logo\.svg"):
        publish(seaweed_story.world(), PublishRequest(source, "web", "1.0.0"))


def test_a_head_is_swapped_by_one_of_two_writers(seaweed_story: Story) -> None:
    journal = seaweed_story.world().journal
    first = journal.swap(Head(SITE, {"n": 1}), "")
    with pytest.raises(Conflict):
        journal.swap(Head(SITE, {"n": 2}), "")
    second = journal.swap(Head(SITE, {"n": 2}), first)
    with pytest.raises(Conflict):
        journal.swap(Head(SITE, {"n": 3}), first)
    assert journal.head(SITE) == (Head(SITE, {"n": 2}), second)


@pytest.mark.parametrize("nth", [1, 3, 5])
@pytest.mark.parametrize("settle", [resume, reverse_open])
def test_a_promote_that_died_is_settled(seaweed_story: Story, nth: int, settle: object) -> None:
    story = seaweed_story
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    world = story.world()
    calls = iter(range(1, 1000))

    def die(**_: object) -> None:
        if next(calls) >= nth:
            raise Killed

    world.s3.meta.events.register("before-call.s3.CopyObject", die)
    world.s3.meta.events.register("before-call.s3.DeleteObjects", die)
    with pytest.raises(Killed):
        story.promote("1.1.0", world=world)
    assert story.broken_pages() == []
    assert callable(settle)
    settle(story.world(), SITE, take_over=True)
    exact(story, "1.1.0" if settle is resume else "1.0.0")
    assert ("about.html" in story.serves()) == (settle is reverse_open)
