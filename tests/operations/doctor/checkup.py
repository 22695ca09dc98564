"""What the tests of the doctor share: an account that is well kept, and its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.operations.doctor.doctor import diagnose
from crossfade.plan.base.finding import Finding, Level
from tests.story import FRONT, STATE

if TYPE_CHECKING:
    from tests.story import Story


def well_kept(story: Story) -> Story:
    """Publish two releases and promote the first, in buckets that are shut to the public."""
    shut(story)
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    return story


def shut(story: Story) -> None:
    """Keep the public out of the buckets, as every new bucket of AWS does."""
    s3 = story.aws.client("s3")
    for bucket in (FRONT, STATE):
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_ownership_controls(
            Bucket=bucket,
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        )


def examined(story: Story, check: str = "", **options: Any) -> list[Finding]:
    """Return the findings of one check, or of all."""
    world = options.pop("world", None) or story.world()
    return [one for one in diagnose(world, **options) if check in {"", one.code}]


def found(story: Story, check: str, **options: Any) -> Finding:
    """Return the one finding of a check that is not ok."""
    (finding,) = [one for one in examined(story, check, **options) if one.level is not Level.OK]
    return finding


def everything(story: Story) -> dict[str, Any]:
    """Return every version and delete marker in the account."""
    s3 = story.aws.client("s3")
    rows = {}
    for bucket in (FRONT, STATE):
        answer = s3.list_object_versions(Bucket=bucket)
        rows[bucket] = [answer.get("Versions"), answer.get("DeleteMarkers")]
    return rows
