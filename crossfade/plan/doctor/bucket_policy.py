"""The bucket policy that lets a CloudFront distribution read its root and nothing else.

Sources: CloudFront Developer Guide, "Restrict access to an Amazon S3 origin"; IAM User Guide, "IAM
JSON policy elements". docs/bucket-policy.md explains the choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

VERSION = "2012-10-17"
_CLOUDFRONT = {"Service": "cloudfront.amazonaws.com"}
_READ = "s3:GetObject"


@dataclass(frozen=True, slots=True)
class Reader:
    """A distribution and the root that it may read.

    Attributes:
        environment: The environment.
        root: Its root, "" or ending in `/`.
        distribution: ARN of its distribution.
    """

    environment: str
    root: str
    distribution: str


def bucket_policy(
    bucket: str, readers: Sequence[Reader], stores: Sequence[str], *, partition: str = "aws"
) -> Json:
    """Return the policy of one bucket, for all environments in it.

    Reading is allowed under each root alone. What crossfade keeps for itself is denied on top:
    a denial holds whatever else allows, as when a root is the whole bucket. ListBucket is never
    allowed: without it a missing key answers 403, and a bare address cannot list the bucket.

    Args:
        bucket: The bucket.
        readers: The environments whose root is in it.
        stores: Prefixes in it that no distribution may read: the journal's, the releases'.
        partition: The partition of the ARNs.
    """
    arn = f"arn:{partition}:s3:::{bucket}"
    statements: list[Json] = [
        {
            "Sid": f"{_sid(reader.environment)}ReadsItsRoot",
            "Effect": "Allow",
            "Principal": _CLOUDFRONT,
            "Action": _READ,
            "Resource": f"{arn}/{reader.root}*",
            "Condition": {"StringEquals": {"AWS:SourceArn": reader.distribution}},
        }
        for reader in readers
    ]
    if stores:
        statements.append(
            {
                "Sid": "NoDistributionReadsTheStores",
                "Effect": "Deny",
                "Principal": _CLOUDFRONT,
                "Action": _READ,
                "Resource": [f"{arn}/{store}*" for store in sorted(stores)],
            }
        )
    for reader in readers:
        inner = _roots_inside(reader, readers)
        if inner:
            statements.append(
                {
                    "Sid": f"{_sid(reader.environment)}ReadsNoOtherRoot",
                    "Effect": "Deny",
                    "Principal": _CLOUDFRONT,
                    "Action": _READ,
                    "Resource": [f"{arn}/{root}*" for root in inner],
                    "Condition": {"StringEquals": {"AWS:SourceArn": reader.distribution}},
                }
            )
    return {"Version": VERSION, "Statement": statements}


def _roots_inside(reader: Reader, readers: Sequence[Reader]) -> list[str]:
    roots = {other.root for other in readers}
    return sorted(root for root in roots if root != reader.root and root.startswith(reader.root))


def _sid(name: str) -> str:
    """Return a name as a statement's id may hold it: letters and digits."""
    words = "".join(one if one.isalnum() else " " for one in name).split()
    return "".join(word[0].upper() + word[1:] for word in words)
