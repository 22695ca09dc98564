"""The doctor's look at a bucket: where it is, what it keeps, what it deletes, who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.adapters.aws.bucket_setup import (
    DOORS,
    read_open_doors,
    read_ownership,
    read_rules,
    read_versioning,
)
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.words import about
from crossfade.plan.doctor.lifecycle import CHECK as LIFECYCLE
from crossfade.plan.doctor.lifecycle import examine_lifecycle
from crossfade.plan.doctor.places import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.doctor.places import Place
    from crossfade.settings import Settings

BUCKET = "bucket"
VERSIONING = "versioning"
PUBLIC = "public access"
OWNERSHIP = "ownership"
CLOCK = "clock"

__all__ = ["BUCKET", "CLOCK", "LIFECYCLE", "OWNERSHIP", "PUBLIC", "VERSIONING", "VISIBILITY"]

SKEW_SECONDS = 30
"""A host's clock that differs by less than this needs no attention."""

REFUSED_SECONDS = 600
"""S3 refuses requests that are signed 15 minutes off; nearer than five to that is a problem."""


def examine_reach(bucket: Bucket, region: str | None, here: Sequence[Place]) -> Iterator[Finding]:
    """Judge whether a bucket is there and where.

    Args:
        bucket: The bucket.
        region: Its region, "" where it is not told, or None where there is no such bucket.
        here: What stands in it.
    """
    subject, asked = f"s3://{bucket.name}", bucket.client.meta.region_name
    if region is None:
        where = (
            ""
            if asked == "us-east-1"
            else f" --create-bucket-configuration LocationConstraint={asked}"
        )
        yield problem(
            BUCKET,
            subject,
            "there is no such bucket",
            f"correct its name in crossfade.toml, or create it: `aws s3api create-bucket --bucket "
            f"{bucket.name} --region {asked}{where}`",
        )
    elif region and region != asked:
        yield warning(
            BUCKET,
            subject,
            f"it is in {region} and requests are sent to {asked}, from where they are redirected; "
            "copies between regions are slow and are paid for",
            f"set AWS_REGION={region}, and keep releases and sites in one region",
        )
    else:
        kinds = ", ".join(sorted({place.kind.value for place in here}))
        yield ok(BUCKET, subject, f"there{f', in {region}' if region else ''} ({kinds})")


def examine_versioning(bucket: Bucket, here: Sequence[Place]) -> Iterator[Finding]:
    """Judge whether a bucket keeps what is overwritten."""
    subject, found = f"s3://{bucket.name}", read_versioning(bucket)
    kept = [place for place in here if place.kind is not PlaceKind.JOURNAL]
    mend = (
        f"`aws s3api put-bucket-versioning --bucket {bucket.name} "
        "--versioning-configuration Status=Enabled`"
    )
    state = found.status.lower() or "off"
    if found.status == "Enabled":
        yield ok(VERSIONING, subject, "enabled")
    elif kept:
        yield problem(
            VERSIONING,
            subject,
            f"versioning is {state}: nothing in it could be taken back, so promotes and purges "
            "are refused",
            mend,
        )
    else:
        yield warning(
            VERSIONING,
            subject,
            f"versioning is {state}: a damaged document of the journal could not be restored",
            mend,
        )
    if found.needs_mfa and kept:
        yield warning(
            VERSIONING,
            subject,
            "versions can be deleted only with a second factor",
            "do without `crossfade purge --versions` and `crossfade reverse` of purges, or turn "
            "MFA delete off",
        )


def examine_rules(bucket: Bucket, here: Sequence[Place], settings: Settings) -> Iterator[Finding]:
    """Judge the lifecycle rules of a bucket, for each place in it."""
    rules = read_rules(bucket)
    deepest = max((one.keep_checkpoints for one in settings.environments.values()), default=0)
    for place in here:
        known = settings.environments.get(place.environment)
        checkpoints = known.keep_checkpoints if known else deepest
        yield from examine_lifecycle(rules, place, checkpoints=checkpoints)


def examine_public_access(bucket: Bucket) -> Iterator[Finding]:
    """Judge whether the public is kept out whatever a policy or an ACL says."""
    subject, missing = f"s3://{bucket.name}", read_open_doors(bucket)
    if not missing:
        yield ok(PUBLIC, subject, "blocked")
        return
    settings = ",".join(f"{name}=true" for name in DOORS)
    yield warning(
        PUBLIC,
        subject,
        f"it does not block public access by itself ({', '.join(missing)} not set)",
        f"`aws s3api put-public-access-block --bucket {bucket.name} "
        f"--public-access-block-configuration {settings}`, unless the account blocks it",
    )


def examine_ownership(bucket: Bucket) -> Iterator[Finding]:
    """Judge whether ACLs are off, so that the bucket's policy alone decides."""
    subject, found = f"s3://{bucket.name}", read_ownership(bucket)
    if found == "BucketOwnerEnforced":
        yield ok(OWNERSHIP, subject, "the bucket's owner owns every object; ACLs are off")
        return
    yield warning(
        OWNERSHIP,
        subject,
        f"object ownership is {found or 'not set'}: an object's ACL can let others read it, and "
        "objects of another account's writing cannot be read by CloudFront",
        f"`aws s3api put-bucket-ownership-controls --bucket {bucket.name} --ownership-controls "
        "'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`",
    )


VISIBILITY: Mapping[str, Callable[[Bucket], Iterable[Finding]]] = {
    PUBLIC: examine_public_access,
    OWNERSHIP: examine_ownership,
}
"""Who may see a bucket; not every identity may ask, and not every endpoint answers."""


def examine_clock(world: World) -> Iterator[Finding]:
    """Compare the host's clock with S3's, which has answered by now."""
    off = (world.host_clock() - world.clock.now()).total_seconds()
    saw = f"{about(abs(off))} {'ahead of' if off > 0 else 'behind'} S3's clock"
    mend = "set the host's clock by NTP"
    if abs(off) >= REFUSED_SECONDS:
        yield problem(
            CLOCK, "this host", f"{saw}; S3 refuses requests that are 15 minutes off", mend
        )
    elif abs(off) >= SKEW_SECONDS:
        yield warning(CLOCK, "this host", f"{saw}; leases go by S3's clock, cron jobs do not", mend)
    else:
        yield ok(CLOCK, "this host", "agrees with S3's clock")
