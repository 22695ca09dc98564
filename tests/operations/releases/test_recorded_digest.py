"""The journal says which content a version has: nothing else of it reaches a live path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from crossfade.errors import Conflict, Failed, Refused
from crossfade.local.strict.faults import ACCESS_DENIED
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.plan.sites.rollback import Mode
from tests.operations.sites.test_rollback import forget_release
from tests.story import BUILDS, FRONT, STATE, Killed, Story
from tests.tampering import (
    BAD,
    digest_key,
    forget_digests,
    replace_bytes,
    replace_content,
    rewrite_manifest,
    without_checksums,
)

if TYPE_CHECKING:
    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"


def put_keys(strict: Strict) -> list[str]:
    return [call.path for call in strict.faults.calls if call.operation == "PutObject"]


def other_build(story: Story, version: str) -> PublishRequest:
    source = story.build({**BUILDS["1.0.0"], "logo.svg": "<svg>other</svg>"}, "other")
    return PublishRequest(source, "web", version)


def how(story: Story, version: str = "1.0.0") -> str:
    recorded = story.world().journal.digest("releases/web", version)
    return recorded.how if recorded else ""


def stopped_in_the_middle(story: Story, strict: Strict) -> None:
    """Promote 1.1.0 over 1.0.0 with a worker that dies at its second copy."""
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=Killed())
    with pytest.raises(Killed):
        story.promote("1.1.0")
    strict.faults.clear()


def test_a_publish_records_the_digest_right_before_the_manifest(
    story: Story, strict: Strict
) -> None:
    strict.faults.clear()
    published = story.publish("1.0.0")
    assert put_keys(strict)[-2:] == [
        f"/{STATE}/{digest_key('1.0.0')}",
        f"/{FRONT}/releases/web/1.0.0.manifest.json",
    ]
    recorded = story.world().journal.digest("releases/web", "1.0.0")
    assert recorded is not None
    assert (recorded.digest, recorded.how, str(recorded.by)) == (
        published.digest,
        "publish",
        "ann@desk (cli)",
    )


def test_a_publish_that_died_between_record_and_manifest_goes_on_and_keeps_others_out(
    story: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "PutObject", path="manifest", effect=Killed())
    with pytest.raises(Killed):
        story.publish("1.0.0")
    strict.faults.clear()
    with pytest.raises(Refused, match=r"web 1\.0\.0 is taken: the journal recorded other content"):
        publish(story.world(), other_build(story, "1.0.0"))
    assert put_keys(strict) == []
    assert story.publish("1.0.0").uploaded == 0
    story.promote("1.0.0")
    assert story.serves() == BUILDS["1.0.0"]


def test_of_two_publishers_of_other_content_the_second_to_record_is_refused(
    story: Story, strict: Strict
) -> None:
    request = other_build(story, "1.0.0")
    strict.faults.before(
        "s3", "PutObject", path="digest", effect=lambda _: publish(story.world(), request)
    )
    with pytest.raises(Refused, match=r"web 1\.0\.0 is taken"):
        story.publish("1.0.0")
    manifest_writes = [key for key in put_keys(strict) if "manifest" in key]
    assert len(manifest_writes) == 1


def test_a_record_whose_answer_was_lost_is_the_publishers_own(story: Story, strict: Strict) -> None:
    strict.faults.lost_answer("s3", "PutObject", path="digest")
    assert not story.publish("1.0.0").already
    assert how(story) == "publish"


def test_the_same_build_is_published_again_after_its_release_was_deleted(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    forget_release(story, "1.0.0")
    with pytest.raises(Refused, match="purged since"):
        publish(story.world(), other_build(story, "1.0.0"))
    story.publish("1.0.0")
    story.rollback(mode=Mode.REDEPLOY)
    assert story.live() == "1.0.0"


def test_a_manifest_that_is_not_as_recorded_stops_a_promote_before_anything_happens(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    replace_content(story, "1.1.0", "logo.svg")
    strict.faults.clear()
    with pytest.raises(Failed, match=r"is not what was published as web 1\.1\.0") as refused:
        story.promote("1.1.0")
    assert "aws s3api list-object-versions --bucket acme-front --prefix" in str(refused.value)
    assert put_keys(strict) == []
    assert story.serves() == BUILDS["1.0.0"]
    with pytest.raises(Failed, match="is not what was published"):
        story.publish("1.1.0")


def test_a_release_from_before_is_recorded_by_its_first_promote_and_not_by_a_dry_run(
    story: Story,
) -> None:
    story.published("1.0.0")
    forget_digests(story)
    story.promote("1.0.0", dry_run=True)
    assert how(story) == ""
    story.promote("1.0.0")
    assert how(story) == "promote"
    assert any("had no record of its digest" in line for line in story.said)
    replace_content(story, "1.0.0", "logo.svg")
    with pytest.raises(Failed, match="is not what was published"):
        story.promote("1.0.0", environment="staging")


def test_publishing_a_release_from_before_again_records_it(story: Story) -> None:
    story.published("1.0.0")
    forget_digests(story)
    assert story.publish("1.0.0").already
    assert how(story) == "publish"


def test_a_rollback_records_a_release_from_before_and_goes_on_where_it_may_not(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    forget_digests(story)
    strict.faults.before("s3", "PutObject", path="digest", effect=ACCESS_DENIED)
    story.rollback(mode=Mode.REDEPLOY)
    assert (story.live(), how(story)) == ("1.0.0", "")
    assert any("gets none: " in line for line in story.said)
    strict.faults.before("s3", "PutObject", path="digest", effect=ACCESS_DENIED)
    with pytest.raises(Failed, match="access denied"):
        story.promote("1.1.0")
    strict.faults.clear()
    story.promote("1.1.0")
    story.rollback(to="1.0.0", mode=Mode.REDEPLOY)
    assert how(story) == "rollback"


def test_a_rollback_to_what_was_replaced_restores_the_roots_own_versions(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    replace_content(story, "1.0.0", "logo.svg")
    with pytest.raises(Failed, match="is not what was published"):
        story.rollback(mode=Mode.REDEPLOY)
    assert story.live() == "1.1.0"
    story.rollback()
    root = story.serves()
    assert {path: root[path] for path in BUILDS["1.0.0"]} == BUILDS["1.0.0"]
    assert any("is not deployed again but restored: " in line for line in story.said)


def test_a_restore_asks_nothing_of_the_releases(story: Story, strict: Strict) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    strict.faults.clear()
    story.rollback(mode=Mode.RESTORE)
    assert not [call for call in strict.faults.calls if "/releases/" in call.path]


def test_a_resumption_goes_on_with_the_release_that_it_began_with_and_no_other(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    stopped_in_the_middle(story, strict)
    forget_digests(story)
    replace_content(story, "1.1.0", "logo.svg")
    with pytest.raises(Failed, match="has other content than when"):
        resume(story.world(), SITE, take_over=True)
    reverse_open(story.world(), SITE, take_over=True)
    assert story.serves() == BUILDS["1.0.0"]


def test_a_resumption_records_a_release_from_before(story: Story, strict: Strict) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    stopped_in_the_middle(story, strict)
    forget_digests(story)
    resume(story.world(), SITE, take_over=True)
    assert how(story, "1.1.0") == "resume"


@pytest.mark.parametrize("then", ["gone", "replaced"])
def test_a_reversal_needs_no_release(story: Story, strict: Strict, then: str) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    stopped_in_the_middle(story, strict)
    if then == "gone":
        forget_release(story, "1.1.0")
    else:
        replace_content(story, "1.1.0", "logo.svg")
    reverse_open(story.world(), SITE, take_over=True)
    assert story.serves() == BUILDS["1.0.0"]


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("checksums", [True, False])
def test_bytes_that_are_not_the_manifests_are_copied_nowhere(
    story: Story, strict: Strict, *, recorded: bool, checksums: bool
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    replace_bytes(story, "1.1.0", "logo.svg")
    if not recorded:
        forget_digests(story)
    aws = story.aws if checksums else without_checksums(boto3.Session())
    strict.faults.clear()
    with pytest.raises(Failed, match=r"1 file of web 1\.1\.0 cannot be copied.*nothing was"):
        story.promote("1.1.0", world=story.world(aws=aws))
    operations = {call.operation for call in strict.faults.calls}
    assert "CopyObject" not in operations
    assert put_keys(strict) == []
    assert ("GetObject" in operations, story.serves()) == (True, BUILDS["1.0.0"])


def test_a_resumption_copies_no_bytes_that_are_not_the_manifests(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    stopped_in_the_middle(story, strict)
    forget_digests(story)
    replace_bytes(story, "1.1.0", "logo.svg")
    with pytest.raises((Failed, Conflict)):
        resume(story.world(), SITE, take_over=True)
    assert BAD.decode() not in story.serves().values()


def test_where_s3_keeps_no_checksums_each_file_is_read_before_it_is_copied(
    story: Story, strict: Strict
) -> None:
    poor = without_checksums(boto3.Session())
    story.publish("1.0.0", world=story.world(aws=poor))
    strict.faults.clear()
    story.promote("1.0.0", world=story.world(aws=poor))
    calls = [(call.operation, call.path) for call in strict.faults.calls]
    for path in BUILDS["1.0.0"]:
        read = calls.index(("GetObject", f"/{FRONT}/releases/web/1.0.0/{path}"))
        assert read < calls.index(("CopyObject", f"/{FRONT}/live/{path}"))


def test_what_was_published_whole_takes_one_request_more_than_its_manifest(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    world = story.world()
    story.promote("1.1.0", world=world)
    reads_of_the_release = {"GetObject": 2, "HeadObject": 0}
    journal_reads = 2  # the head and the root's record
    pages = 1
    removed = 1
    assert world.tally.requests["GetObject"] == reads_of_the_release["GetObject"] + journal_reads
    assert world.tally.requests["HeadObject"] <= pages + removed


def test_a_manifest_that_names_other_etags_with_the_right_bytes_is_looked_at_and_taken(
    story: Story, strict: Strict
) -> None:
    story.published("1.0.0")
    rewrite_manifest(story, "1.0.0", lambda manifest: manifest)
    forget_digests(story)
    story.promote("1.0.0")
    strict.faults.clear()
    story.promote("1.0.0", environment="staging")
    looked = [call for call in strict.faults.calls if "/releases/web/1.0.0/" in call.path]
    assert len([call for call in looked if call.operation == "HeadObject"]) == 5
    assert story.serves("staging/") == BUILDS["1.0.0"]


def test_a_record_that_cannot_be_read_stops_a_promote_and_not_the_way_back(story: Story) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    story.aws.client("s3").put_object(Bucket=STATE, Key=digest_key("1.0.0"), Body=b'{"subj')
    with pytest.raises(Failed, match=r"1\.0\.0\.digest cannot be read"):
        story.promote("1.0.0")
    story.rollback()
    assert story.live() == "1.0.0"
    story.aws.client("s3").copy_object(
        Bucket=STATE,
        Key=digest_key("1.0.0"),
        CopySource={"Bucket": STATE, "Key": digest_key("1.1.0")},
    )
    with pytest.raises(Failed, match=r"is the record of releases/web 1\.1\.0"):
        story.promote("1.0.0")


@pytest.mark.seaweed
def test_on_a_real_s3_replaced_bytes_are_copied_nowhere(seaweed_story: Story) -> None:
    story = seaweed_story
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    replace_bytes(story, "1.1.0", "logo.svg")
    with pytest.raises(Failed, match="cannot be copied"):
        story.promote("1.1.0")
    assert story.serves() == BUILDS["1.0.0"]
    replace_content(story, "1.1.0", "logo.svg")
    with pytest.raises(Failed, match="is not what was published"):
        story.promote("1.1.0")
    world = story.world()
    story.publish("1.2.0", world=world)
    story.promote("1.2.0", world=(second := story.world()))
    assert second.tally.requests.get("HeadObject", 0) <= 4
