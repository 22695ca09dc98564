"""The least rights of each procedure, as IAM policies.

Which action a request needs: Amazon S3 User Guide, "Required permissions for Amazon S3 API
operations", and the Service Authorization Reference of Amazon CloudFront, Amazon Route 53, Amazon
CloudWatch and Elastic Load Balancing V2.

ListBucket goes with every reading: without it S3 answers 403 for a key that is not there, and
crossfade could not tell "there is no such head" from "you may not". It is not narrowed to a prefix
for the same reason: a condition on the prefix never holds when a single object is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crossfade.plan.doctor.bucket_policy import VERSION
from crossfade.plan.doctor.rights_migrations import statements_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.plan.doctor.rights_migrations import Records

Json = dict[str, Any]


class Procedure(StrEnum):
    """What somebody is to be allowed."""

    READ = "read"
    """`status`, `history`, `releases` and `cron history`."""
    PUBLISH = "publish"
    """`publish` from a local folder or archive."""
    PROMOTE = "promote"
    """`promote`."""
    ROLLBACK = "rollback"
    """`rollback`, in both modes."""
    SETTLE = "settle"
    """`resume` and `reverse` of sites."""
    PIN = "pin"
    """`releases pin` and `unpin`."""
    PURGE = "purge"
    """`purge` without `--versions`: nothing goes for good."""
    PURGE_VERSIONS = "purge-versions"
    """`purge --versions`."""
    SETTLE_PURGE = "settle-purge"
    """`resume` and `reverse` of purges."""
    ADVANCE = "advance"
    """`advance` and `migrate`, with the way back that a failing gate asks for."""
    BACK = "back"
    """`back` and `abort`; `resume` and `reverse` of migrations."""
    CONSENT = "consent"
    """`hold`, `approve` and `override`: words that change no record."""
    FORETELL = "foretell"
    """`migrate --dry-run`, `advance --dry-run` and `gate check`."""
    GATHER = "gather"
    """`cron gather`."""
    MOVE_CRON = "move-cron"
    """`move-cron`; `resume` and `reverse` of cron jobs."""
    REPORT = "report"
    """`report`, and its flow, which puts the page into the bucket of the configuration."""
    ADOPT = "adopt"
    """`doctor --journal --adopt`."""
    DOCTOR = "doctor"
    """`doctor`, also with `--journal`; what it asks of the others' rights needs none of its own."""


class Where(StrEnum):
    """What a right is about; the value names its statement."""

    RELEASES_BUCKET = "ReleasesBucket"
    SITE_BUCKETS = "SiteBuckets"
    STATE_BUCKET = "StateBucket"
    RELEASES = "Releases"
    ROOTS = "Roots"
    JOURNAL_OF_SITES = "JournalOfSites"
    JOURNAL_OF_RELEASES = "JournalOfReleases"
    DIGESTS = "Digests"
    """The records of which content a version has."""
    PROBES = "Probes"
    DISTRIBUTIONS = "Distributions"
    JOURNAL_OF_MIGRATIONS = "JournalOfMigrations"
    ZONES = "Zones"
    RECORDS = "Records"
    """The records of each migration, by a condition on their names and types."""
    CHANGES = "Changes"
    METRICS = "Metrics"
    """All: CloudWatch narrows neither metrics nor the alarms that are composed of others."""
    BALANCERS = "Balancers"
    """All: Elastic Load Balancing narrows no Describe action."""
    JOURNAL_OF_CRONS = "JournalOfCrons"
    TICKS = "Ticks"
    """The gathered record of who ran which tick."""
    JOURNAL_OF_TANDEMS = "JournalOfTandems"
    LIST_BUCKETS = "ListBuckets"
    LISTS = "Lists"
    """The documents that say which cron jobs the new platform schedules."""
    PAGE = "Page"
    """The page for everybody."""


@dataclass(frozen=True, slots=True)
class Right:
    """Some actions on some things."""

    where: Where
    actions: tuple[str, ...]


def _right(where: Where, *actions: str) -> Right:
    return Right(where, actions)


_LIST = "s3:ListBucket"
_LIST_VERSIONS = "s3:ListBucketVersions"
_GET, _GET_VERSION = "s3:GetObject", "s3:GetObjectVersion"
_TAGS, _TAGS_VERSION = "s3:GetObjectTagging", "s3:GetObjectVersionTagging"
_PUT, _PUT_TAGS = "s3:PutObject", "s3:PutObjectTagging"
_DELETE, _DELETE_VERSION = "s3:DeleteObject", "s3:DeleteObjectVersion"
_VERSIONING = "s3:GetBucketVersioning"
_SETUP = (
    _VERSIONING,
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetLifecycleConfiguration",
)
_INVALIDATE = ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation")

_LISTING = (
    _right(Where.STATE_BUCKET, _LIST),
    _right(Where.RELEASES_BUCKET, _LIST),
)
_SITE_CHANGE = (
    *_LISTING,
    _right(Where.SITE_BUCKETS, _VERSIONING, _LIST, _LIST_VERSIONS),
    _right(Where.JOURNAL_OF_SITES, _GET, _PUT, _DELETE),
    _right(Where.DIGESTS, _GET, _PUT),
    _right(Where.DISTRIBUTIONS, *_INVALIDATE),
)
_PURGE = (
    _right(Where.STATE_BUCKET, _LIST),
    _right(Where.SITE_BUCKETS, _VERSIONING, _LIST, _LIST_VERSIONS),
    _right(Where.JOURNAL_OF_RELEASES, _GET, _PUT, _DELETE),
)

_FOLLOW = (
    _right(Where.STATE_BUCKET, _LIST),
    _right(Where.ZONES, "route53:ListResourceRecordSets"),
)
_METRICS = ("cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms")
_BALANCERS = (
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
)
_MOVE = (
    _right(Where.JOURNAL_OF_CRONS, _GET, _PUT, _DELETE),
    _right(Where.TICKS, _GET),
    _right(Where.LIST_BUCKETS, _LIST),
    _right(Where.LISTS, _GET, _PUT),
)
_RETURN = (
    *_FOLLOW,
    *_MOVE,
    _right(Where.JOURNAL_OF_MIGRATIONS, _GET, _PUT, _DELETE),
    _right(Where.RECORDS, "route53:ChangeResourceRecordSets"),
    _right(Where.CHANGES, "route53:GetChange"),
)

_JOURNAL = tuple(
    _right(where, _GET)
    for where in (
        *(Where.JOURNAL_OF_SITES, Where.JOURNAL_OF_RELEASES, Where.JOURNAL_OF_MIGRATIONS),
        *(Where.JOURNAL_OF_CRONS, Where.JOURNAL_OF_TANDEMS),
    )
)
"""Who reads what is said of everything."""

RIGHTS: Mapping[Procedure, tuple[Right, ...]] = {
    Procedure.READ: (
        *_LISTING,
        *_JOURNAL,
        _right(Where.TICKS, _GET),
        _right(Where.RELEASES, _TAGS),
    ),
    Procedure.PUBLISH: (
        *_LISTING,
        _right(Where.JOURNAL_OF_RELEASES, _GET),
        _right(Where.DIGESTS, _PUT),
        _right(Where.RELEASES, _GET, _PUT, _PUT_TAGS),
    ),
    Procedure.PROMOTE: (
        *_SITE_CHANGE,
        _right(Where.RELEASES, _GET, _TAGS),
        _right(Where.ROOTS, _GET, _PUT, _PUT_TAGS, _DELETE),
    ),
    Procedure.ROLLBACK: (
        *_SITE_CHANGE,
        _right(Where.RELEASES, _GET, _TAGS),
        _right(Where.ROOTS, _GET, _GET_VERSION, _TAGS_VERSION, _PUT, _PUT_TAGS, _DELETE),
    ),
    Procedure.SETTLE: (
        *_SITE_CHANGE,
        _right(Where.RELEASES, _GET, _TAGS),
        _right(Where.ROOTS, _GET, _GET_VERSION, _TAGS_VERSION, _PUT, _PUT_TAGS, _DELETE),
    ),
    Procedure.PIN: (
        *_LISTING,
        _right(Where.JOURNAL_OF_RELEASES, _GET, _PUT, _DELETE),
        _right(Where.RELEASES, _GET),
    ),
    Procedure.PURGE: (
        *_PURGE,
        _right(Where.JOURNAL_OF_SITES, _GET, _PUT, _DELETE),
        _right(Where.RELEASES_BUCKET, _VERSIONING, _LIST),
        _right(Where.RELEASES, _GET, _GET_VERSION, _TAGS, _DELETE),
        _right(Where.ROOTS, _GET, _DELETE),
    ),
    Procedure.PURGE_VERSIONS: (
        *_PURGE,
        _right(Where.JOURNAL_OF_SITES, _GET, _PUT, _DELETE),
        _right(Where.RELEASES_BUCKET, _VERSIONING, _LIST, _LIST_VERSIONS),
        _right(Where.RELEASES, _GET, _GET_VERSION, _TAGS, _DELETE, _DELETE_VERSION),
        _right(Where.ROOTS, _GET, _DELETE, _DELETE_VERSION),
    ),
    Procedure.SETTLE_PURGE: (
        *_PURGE,
        _right(Where.JOURNAL_OF_SITES, _GET, _PUT),
        _right(Where.RELEASES_BUCKET, _LIST, _LIST_VERSIONS),
        _right(Where.RELEASES, _GET, _GET_VERSION, _DELETE, _DELETE_VERSION),
        _right(Where.ROOTS, _GET_VERSION, _TAGS_VERSION, _PUT, _PUT_TAGS, _DELETE),
    ),
    Procedure.ADVANCE: (
        *_RETURN,
        _right(Where.JOURNAL_OF_TANDEMS, _GET),
        _right(Where.METRICS, *_METRICS),
        _right(Where.BALANCERS, *_BALANCERS),
    ),
    Procedure.BACK: (*_RETURN, _right(Where.METRICS, "cloudwatch:GetMetricData")),
    Procedure.CONSENT: (*_FOLLOW, _right(Where.JOURNAL_OF_MIGRATIONS, _GET, _PUT, _DELETE)),
    Procedure.FORETELL: (
        *_FOLLOW,
        _right(Where.JOURNAL_OF_MIGRATIONS, _GET),
        _right(Where.JOURNAL_OF_CRONS, _GET),
        _right(Where.JOURNAL_OF_TANDEMS, _GET),
        _right(Where.METRICS, *_METRICS),
    ),
    Procedure.GATHER: (
        _right(Where.STATE_BUCKET, _LIST),
        _right(Where.TICKS, _GET, _PUT),
    ),
    Procedure.MOVE_CRON: (_right(Where.STATE_BUCKET, _LIST), *_MOVE),
    Procedure.REPORT: (
        _right(Where.STATE_BUCKET, _LIST),
        *_JOURNAL,
        _right(Where.METRICS, "cloudwatch:GetMetricData"),
        _right(Where.PAGE, _PUT),
    ),
    Procedure.ADOPT: (
        *_LISTING,
        *_JOURNAL,
        _right(Where.DIGESTS, _PUT),
        _right(Where.RELEASES, _GET),
    ),
    Procedure.DOCTOR: (
        _right(Where.STATE_BUCKET, _LIST, *_SETUP),
        _right(Where.RELEASES_BUCKET, _LIST, *_SETUP),
        _right(Where.SITE_BUCKETS, _LIST, _LIST_VERSIONS, *_SETUP),
        _right(Where.JOURNAL_OF_SITES, _GET),
        _right(Where.JOURNAL_OF_RELEASES, _GET),
        _right(Where.PROBES, _GET, _TAGS, _PUT, _PUT_TAGS, _DELETE, _DELETE_VERSION),
        _right(Where.RELEASES, _GET, _TAGS),
        _right(Where.ROOTS, _GET),
        _right(Where.DISTRIBUTIONS, "cloudfront:GetDistribution"),
        _right(Where.JOURNAL_OF_MIGRATIONS, _GET),
        _right(Where.JOURNAL_OF_CRONS, _GET),
        _right(Where.JOURNAL_OF_TANDEMS, _GET),
        _right(Where.ZONES, "route53:ListResourceRecordSets"),
        _right(Where.METRICS, *_METRICS),
        _right(Where.BALANCERS, *_BALANCERS),
    ),
}


def rights_policy(
    procedure: Procedure,
    grounds: Mapping[Where, Sequence[str]],
    records: Sequence[Records] = (),
) -> Json:
    """Return the IAM policy that allows a procedure, and nothing that it does not need.

    Args:
        procedure: The procedure.
        grounds: The ARNs that each kind of thing stands for; kinds without one are left out.
        records: The records that migrations may change.
    """
    statements: list[Json] = []
    for right in RIGHTS[procedure]:
        if right.where is Where.RECORDS:
            statements += statements_on(right.where.value, right.actions, records)
        elif grounds.get(right.where):
            statements.append(
                {
                    "Sid": right.where.value,
                    "Effect": "Allow",
                    "Action": sorted(right.actions),
                    "Resource": sorted(set(grounds[right.where])),
                }
            )
    return {"Version": VERSION, "Statement": statements}
