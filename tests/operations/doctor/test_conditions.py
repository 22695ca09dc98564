"""Doctor: what an S3 promises about writes that must not happen, on four kinds of S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from crossfade.local.strict.faults import Answer
from crossfade.operations.doctor.probe_conditions import (
    CHECKSUMS,
    COPIES,
    DELETIONS,
    LATE,
    examine_promises,
)
from crossfade.plan.base.finding import Finding, Level
from tests.operations.doctor.checkup import everything
from tests.story import STATE, Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crossfade.local.strict.strict import Strict

NOT_IMPLEMENTED = Answer(501, "NotImplemented", "A header you provided is not implemented")
ALL = {COPIES, DELETIONS, LATE, CHECKSUMS}
OK = dict.fromkeys(ALL, Level.OK)


def promises(story: Story, **changes: Any) -> dict[str, Finding]:
    return {one.code: one for one in examine_promises(story.world(**changes))}


def levels(found: dict[str, Finding]) -> dict[str, Level]:
    return {code: finding.level for code, finding in found.items()}


def test_an_s3_that_keeps_its_promises_is_ok_and_keeps_nothing_of_the_probes(
    story: Story,
) -> None:
    before = everything(story)
    assert levels(promises(story)) == OK
    assert everything(story) == before


@pytest.mark.seaweed
def test_seaweedfs_keeps_them_all(seaweed_story: Story) -> None:
    before = everything(seaweed_story)
    assert levels(promises(seaweed_story)) == OK
    assert everything(seaweed_story) == before


def test_moto_alone_keeps_few_and_still_nothing_of_the_probes(tmp_path: Path) -> None:
    with mock_aws():
        story = Story(boto3.Session(), tmp_path).founded()
        before = everything(story)
        found = promises(story)
        assert levels(found) == {
            COPIES: Level.PROBLEM,
            DELETIONS: Level.PROBLEM,
            LATE: Level.WARNING,
            CHECKSUMS: Level.WARNING,
        }
        assert "the deletion of what was changed" not in found[DELETIONS].saw
        assert "the same in a batch (ignored)" in found[DELETIONS].saw
        assert "reads every file before it copies it, which is slower" in found[CHECKSUMS].saw
        assert everything(story) == before


def without(*names: str) -> Callable[..., None]:
    """Stand for an endpoint that does not know some headers."""

    def drop(params: dict[str, Any], **_: object) -> None:
        for name in names:
            params["headers"].pop(name, None)

    return drop


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("x-amz-copy-source-if-match", "a copy of what was replaced (ignored)"),
        ("If-None-Match", "a copy to where something stands (ignored)"),
        ("If-Match", "a copy over what was changed (ignored)"),
    ],
)
def test_each_condition_of_a_copy_is_tried(story: Story, header: str, what: str) -> None:
    before = everything(story)
    aws = boto3.Session()
    aws.events.register("before-call.s3.CopyObject", without(header))
    found = promises(story, aws=aws)
    assert levels(found) == OK | {COPIES: Level.PROBLEM}
    assert what in found[COPIES].saw
    assert everything(story) == before


def test_an_s3_that_answers_501_to_conditional_copies_is_told_of(
    story: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "CopyObject", effect=NOT_IMPLEMENTED, times=3)
    found = promises(story)
    assert levels(found) == OK | {COPIES: Level.PROBLEM}
    assert found[COPIES].saw.count("(not implemented)") == 3
    assert "501, every promote fails" in found[COPIES].saw


def test_an_s3_that_looks_at_no_expiry_is_told_of(story: Story) -> None:
    before = everything(story)
    aws = boto3.Session()

    def in_time(request: Any, **_: object) -> None:
        request.url = request.url.replace("X-Amz-Expires=1&", "X-Amz-Expires=604800&")

    aws.events.register("before-send.s3", in_time)
    found = promises(story, aws=aws)
    assert levels(found) == OK | {LATE: Level.WARNING}
    assert "a late write (ignored), a late copy (ignored), a late deletion" in found[LATE].saw
    assert everything(story) == before


def test_a_bucket_without_versions_is_asked_all_the_same(story: Story) -> None:
    s3 = story.aws.client("s3")
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Suspended"})
    assert levels(promises(story)) == OK
    assert "Contents" not in s3.list_objects_v2(Bucket=STATE, Prefix="journal/doctor/")
