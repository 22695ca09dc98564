"""How a bucket is set up: where it is, what it keeps, what it deletes, who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crossfade.adapters.aws.session import code, translated
from crossfade.plan.base.words import count
from crossfade.plan.doctor.lifecycle import ARCHIVES, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.adapters.aws.s3 import Bucket

NO_ETAG = "0" * 32
"""An ETag that no object has: a write that asks for it never happens."""

DOORS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
"""The settings of Block Public Access; each keeps one way of going public shut."""


@dataclass(frozen=True, slots=True)
class Versioning:
    """Whether a bucket keeps what is overwritten.

    Attributes:
        status: `Enabled`, `Suspended`, or "" where it was never turned on.
        needs_mfa: Whether versions can be deleted only with a second factor.
    """

    status: str
    needs_mfa: bool


class Asked(StrEnum):
    """What came of a write that was asked for under a condition that cannot hold."""

    ALLOWED = "allowed"
    """The condition was looked at, so the right to write is there; nothing was written."""
    DENIED = "denied"
    IGNORED = "ignored"
    """The endpoint wrote in spite of the condition; what it wrote was taken away again."""


def read_region(bucket: Bucket) -> str | None:
    """Return a bucket's region ("" where the endpoint does not say), or None where it is not.

    Raises:
        Failed: It may not be listed.
        Unavailable: Nothing answered.
    """
    with translated(f"look at s3://{bucket.name}"):
        try:
            answer = bucket.client.head_bucket(Bucket=bucket.name)
        except ClientError as error:
            if code(error) in {"404", "NoSuchBucket"}:
                return None
            raise
    bucket.clock.observe(answer)
    return str(answer.get("BucketRegion", ""))


def read_versioning(bucket: Bucket) -> Versioning:
    """Read whether a bucket keeps versions."""
    with translated(f"read the versioning of s3://{bucket.name}"):
        answer = bucket.client.get_bucket_versioning(Bucket=bucket.name)
    return Versioning(str(answer.get("Status", "")), answer.get("MFADelete") == "Enabled")


def read_rules(bucket: Bucket) -> tuple[Rule, ...]:
    """Read the lifecycle rules of a bucket that are turned on."""
    with translated(f"read the lifecycle rules of s3://{bucket.name}"):
        try:
            answer = bucket.client.get_bucket_lifecycle_configuration(Bucket=bucket.name)
        except ClientError as error:
            if code(error) == "NoSuchLifecycleConfiguration":
                return ()
            raise
    return tuple(_rule(row) for row in answer.get("Rules", ()) if row["Status"] == "Enabled")


def _rule(row: Mapping[str, Any]) -> Rule:
    chosen = row.get("Filter", {})
    chosen = {**chosen, **chosen.get("And", {})}
    tags = [*chosen.get("Tags", ()), *([chosen["Tag"]] if "Tag" in chosen else [])]
    noncurrent = row.get("NoncurrentVersionExpiration", {})
    return Rule(
        name=row.get("ID", ""),
        prefix=chosen.get("Prefix", row.get("Prefix", "")),
        tags=frozenset(tag["Key"] for tag in tags),
        expires=_when(row.get("Expiration", {})),
        archives=_archived(row.get("Transitions", ()), "Days"),
        noncurrent_days=noncurrent.get("NoncurrentDays"),
        noncurrent_kept=noncurrent.get("NewerNoncurrentVersions", 0),
        noncurrent_archives=_archived(
            row.get("NoncurrentVersionTransitions", ()), "NoncurrentDays"
        ),
    )


def _when(expiration: Mapping[str, Any]) -> str:
    """Say when present objects go; a rule for stale delete markers deletes none."""
    if "Days" in expiration:
        return f"after {count(expiration['Days'], 'day')}"
    if "Date" in expiration:
        return f"on {expiration['Date']:%Y-%m-%d}"
    return ""


def _archived(transitions: Any, days: str) -> str:  # noqa: ANN401  boto3 types both lists apart
    for one in transitions:
        if one.get("StorageClass") in ARCHIVES:
            after = f" after {count(one[days], 'day')}" if days in one else ""
            return f"{one['StorageClass']}{after}"
    return ""


def read_open_doors(bucket: Bucket) -> tuple[str, ...]:
    """Return the settings of Block Public Access that the bucket does not have turned on."""
    with translated(f"read the public access settings of s3://{bucket.name}"):
        try:
            answer = bucket.client.get_public_access_block(Bucket=bucket.name)
        except ClientError as error:
            if code(error) == "NoSuchPublicAccessBlockConfiguration":
                return DOORS
            raise
    settings: Mapping[str, Any] = answer["PublicAccessBlockConfiguration"]
    return tuple(name for name in DOORS if not settings.get(name))


def read_ownership(bucket: Bucket) -> str:
    """Return a bucket's object ownership: `BucketOwnerEnforced` means that ACLs are off."""
    with translated(f"read the object ownership of s3://{bucket.name}"):
        try:
            answer = bucket.client.get_bucket_ownership_controls(Bucket=bucket.name)
        except ClientError as error:
            if code(error) == "OwnershipControlsNotFoundError":
                return ""
            raise
    rules = answer["OwnershipControls"]["Rules"]
    return str(rules[0]["ObjectOwnership"]) if rules else ""


def ask_put(bucket: Bucket, key: str) -> Asked:
    """Ask to write an object, with a tag, if the present one has an ETag that none has.

    S3 looks at the rights first and at the condition second, so that its refusal tells which of
    them it was; there is never anything written.

    Args:
        bucket: The bucket.
        key: A key under which nothing stands.
    """
    with translated(f"write {bucket.url(key)}"):
        try:
            answer = bucket.client.put_object(
                Bucket=bucket.name, Key=key, Body=b"", IfMatch=NO_ETAG, Tagging="crossfade=doctor"
            )
        except ClientError as error:
            return _asked(error)
    _take_away(bucket, key, answer.get("VersionId", ""))
    return Asked.IGNORED


def ask_delete(bucket: Bucket, key: str) -> Asked:
    """Ask to delete an object under the same condition; arguments as for `ask_put`."""
    with translated(f"delete {bucket.url(key)}"):
        try:
            answer = bucket.client.delete_object(Bucket=bucket.name, Key=key, IfMatch=NO_ETAG)
        except ClientError as error:
            return _asked(error)
    _take_away(bucket, key, answer.get("VersionId", ""))
    return Asked.IGNORED


def _asked(error: ClientError) -> Asked:
    answer = code(error)
    if answer in {"PreconditionFailed", "412", "NoSuchKey", "404"}:
        return Asked.ALLOWED
    if answer in {"AccessDenied", "403"}:
        return Asked.DENIED
    raise error


def _take_away(bucket: Bucket, key: str, version_id: str) -> None:
    bucket.delete([(key, version_id)])
