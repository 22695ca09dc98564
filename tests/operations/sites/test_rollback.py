"""Rollback: back to what was live before, by redeploying a release or restoring versions."""

from __future__ import annotations

import pytest

from crossfade.errors import Refused
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.operations.sites.rollback import reverse_done
from crossfade.operations.status.status import history
from crossfade.plan.sites.rollback import Mode
from tests.story import BUILDS, FRONT, Story
from tests.tampering import forget_digests

SITE = "sites/production/web"


def forget_release(story: Story, version: str) -> None:
    """Delete a release's folder and manifest, as somebody with the console would."""
    client = story.aws.client("s3")
    prefix = f"releases/web/{version}"
    for row in client.list_objects_v2(Bucket=FRONT, Prefix=prefix)["Contents"]:
        client.delete_object(Bucket=FRONT, Key=row["Key"])


@pytest.mark.parametrize("mode", list(Mode))
def test_it_goes_back_to_what_was_live_before(story: Story, mode: Mode) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    story.rollback(mode=mode)
    root = story.serves()
    assert story.live() == "1.0.0"
    assert {path: root[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]
    assert root["assets/lazy-1f2e3d4c.js"] == "two", "pages of the bad release may be open"


@pytest.mark.parametrize("mode", list(Mode))
def test_a_rollback_of_a_rollback_asks_where_to(story: Story, mode: Mode) -> None:
    story.published("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        story.promote(version)
    story.rollback(mode=mode)
    assert story.live() == "1.1.0"
    with pytest.raises(Refused, match=r"by a way back itself .*--to"):
        story.rollback(mode=mode)
    assert story.live() == "1.1.0"
    story.rollback(to="1.0.0", mode=mode)
    assert story.live() == "1.0.0"


def test_two_alarms_about_one_release_go_back_once(story: Story) -> None:
    story.published("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0"):
        story.promote(version)
    assert story.rollback(if_live="1.1.0").operations
    again = story.rollback(if_live="1.1.0")
    assert again.operations == ()
    assert "1.1.0 is not live, nothing to do" in again.note
    assert story.live() == "1.0.0"


def publish_again(story: Story, version: str) -> None:
    """Publish other content under the name of a release from before digests were recorded."""
    forget_release(story, version)
    forget_digests(story)
    source = story.build({"index.html": "another"}, "another")
    publish(story.world(), PublishRequest(source, "web", version))


def test_a_release_that_was_published_again_with_other_content_is_not_redeployed(
    story: Story,
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    publish_again(story, "1.0.0")
    with pytest.raises(Refused, match="published again with other content since it was live"):
        story.rollback(mode=Mode.REDEPLOY)
    story.rollback()
    root = story.serves()
    assert {path: root[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]


@pytest.mark.parametrize("edit", ["deleted", "replaced"])
@pytest.mark.parametrize("when", ["before the promote", "after it"])
def test_a_restored_release_is_whole_whatever_a_hand_did_to_its_files(
    story: Story, edit: str, when: str
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    s3 = story.aws.client("s3")

    def by_hand() -> None:
        for path in ("logo.svg", "about.html", "assets/lazy-0f1e2d3c.js"):
            if edit == "deleted":
                s3.delete_object(Bucket=FRONT, Key=f"live/{path}")
            else:
                s3.put_object(Bucket=FRONT, Key=f"live/{path}", Body=b"by hand")

    if when == "before the promote":
        by_hand()
    story.promote("1.1.0")
    if when == "after it":
        by_hand()
    story.rollback(mode=Mode.RESTORE)
    root = story.serves()
    assert {path: root[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]


def test_restore_works_after_the_folder_was_purged(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    forget_release(story, "1.0.0")
    with pytest.raises(Refused, match="use --mode restore"):
        story.rollback(mode=Mode.REDEPLOY)
    outcome = story.rollback()
    assert outcome.operations[0].request["mode"] == "restore"
    assert {path: story.serves()[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]


def test_restore_touches_only_what_the_bad_promote_touched(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    bad = story.promote("1.1.0")
    touched = {action.path for action in bad.plans[0].work.actions}
    outcome = story.rollback(mode=Mode.RESTORE)
    assert {action.path for action in outcome.plans[0].work.actions} <= touched


def test_restore_brings_back_headers_and_tags(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    client = story.aws.client("s3")
    before = client.head_object(Bucket=FRONT, Key="live/logo.svg")
    tags = client.get_object_tagging(Bucket=FRONT, Key="live/logo.svg")["TagSet"]
    story.promote("1.1.0")
    story.rollback(mode=Mode.RESTORE)
    after = client.head_object(Bucket=FRONT, Key="live/logo.svg")
    for header in ("ContentType", "CacheControl", "ETag"):
        assert after[header] == before[header]
    assert client.get_object_tagging(Bucket=FRONT, Key="live/logo.svg")["TagSet"] == tags


def test_to_a_version_that_was_live_long_ago(story: Story) -> None:
    story.published("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        story.promote(version)
    story.rollback(to="1.0.0", mode=Mode.RESTORE)
    assert story.live() == "1.0.0"
    assert {path: story.serves()[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]


def test_to_a_checkpoint(story: Story) -> None:
    story.published("1.0.0", "1.1.0", "1.2.0")
    outcomes = [story.promote(version) for version in ("1.0.0", "1.1.0", "1.2.0")]
    story.rollback(to=outcomes[1].operations[0].id)
    assert story.live() == "1.0.0"


@pytest.mark.parametrize(
    ("to", "says"),
    [("9.9.9", "neither an operation there nor a version"), ("1.0.0", "is live already")],
)
def test_where_there_is_no_way_it_says_so(story: Story, to: str, says: str) -> None:
    story.published("1.0.0").promote("1.0.0")
    with pytest.raises(Refused, match=says):
        story.rollback(to=to)


def test_before_the_first_promote_there_is_nothing_to_go_back_to(story: Story) -> None:
    with pytest.raises(Refused, match="nothing was live before"):
        story.rollback()


def test_the_first_promote_can_be_taken_back_and_leaves_no_page(story: Story) -> None:
    promoted = story.published("1.0.0").promote("1.0.0").operations[0]
    with pytest.raises(Refused, match=r"would take the site down.*--to"):
        story.rollback()
    assert story.live() == "1.0.0"
    story.rollback(to=promoted.id)
    assert story.live() == ""
    assert not any(path.endswith(".html") for path in story.serves())


def test_a_finished_operation_is_reversed_to_exactly_what_was_there(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.aws.client("s3").put_object(Bucket=FRONT, Key="live/logo.svg", Body=b"by hand")
    story.promote("1.1.0")
    reverse_done(story.world(), SITE)
    assert story.live() == "1.0.0"
    assert story.serves()["logo.svg"] == "by hand", "the checkpoint recorded what stood there"


def test_a_rollback_can_be_taken_back_too(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    story.rollback()
    reverse_done(story.world(), SITE)
    assert story.live() == "1.1.0"
    assert {path: story.serves()[path] for path in BUILDS["1.1.0"]} == BUILDS["1.1.0"]


def test_after_a_rollback_the_next_promote_copies_what_differs(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    story.rollback(mode=Mode.RESTORE)
    outcome = story.promote("1.1.0")
    assert {action.path for action in outcome.plans[0].work.actions} == {
        "index.html",
        "logo.svg",
        "about.html",
    }
    assert outcome.plans[0].work.drift == ()


def test_every_operation_is_in_the_history_with_who_when_and_what(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    story.rollback()
    told = [(one.kind, one.title, one.by.who, one.status) for one in history(story.world(), SITE)]
    assert told == [
        ("rollback", "rollback web 1.1.0 -> 1.0.0 in production", "ann@desk", "done"),
        ("promote", "promote web 1.0.0 -> 1.1.0 in production", "ann@desk", "done"),
        ("promote", "promote web nothing -> 1.0.0 in production", "ann@desk", "done"),
    ]
