"""The policies that are shipped allow what the procedures do, and nothing else.

Every procedure runs on the in-process AWS while its requests are recorded. What each request needs
follows from AWS's own table ("Required permissions for Amazon S3 API operations"), written down
here a second time, apart from the code that renders the policies. `python -m tests.test_policies`
writes the files in deployments/policies anew and prints the table of docs/permissions.md.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from crossfade.adapters.aws.bucket_setup import NO_ETAG
from crossfade.adapters.aws.route53_rights import NO_CHANGE
from crossfade.errors import BadInput, Refused
from crossfade.local.strict.strict import make_strict
from crossfade.operations.doctor.doctor import diagnose, diagnose_journal
from crossfade.operations.doctor.policies import grounds_of
from crossfade.operations.doctor.probe_rights import PROBES
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.pins import pin, unpin
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.sites.rollback import reverse_done
from crossfade.operations.status.status import history, releases, status
from crossfade.plan.doctor.bucket_policy import Reader, bucket_policy
from crossfade.plan.doctor.rights import RIGHTS, Procedure, Where, rights_policy
from crossfade.plan.sites.rollback import Mode
from crossfade.settings import Settings
from tests.operations.sites.test_crash import distribution
from tests.story import Killed, Story
from tests.tampering import forget_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SITE = "sites/production/web"
FOLDER = Path(__file__).parent.parent / "deployments" / "policies"
DOCS = Path(__file__).parent.parent / "docs"
OTHER = boto3.Session()
RECORDED = boto3.Session()
"""One session for those who prepare, one for those who are recorded: they keep service models."""


@dataclass(frozen=True)
class Need:
    """What one request needs to be allowed.

    Attributes:
        action: The IAM action.
        arn: The ARN that it is about.
        given: Condition keys of the request with each of their values.
    """

    action: str
    arn: str
    given: frozenset[tuple[str, str]] = frozenset()


Needs = set[Need]

BUCKET_ACTIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
}


ROUTE53_ACTIONS = {"ListResourceRecordSets", "ChangeResourceRecordSets", "GetChange"}
WHOLE_SERVICES = {
    "cloudwatch": {"GetMetricData", "DescribeAlarms"},
    "elasticloadbalancing": {"DescribeLoadBalancers", "DescribeLoadBalancerAttributes"},
}
"""Services whose reading a policy cannot narrow."""

OBJECT_ACTIONS = {
    "GetObject": ("s3:GetObject{version}",),
    "HeadObject": ("s3:GetObject{version}",),
    "GetObjectTagging": ("s3:GetObject{version}Tagging",),
    "PutObject": ("s3:PutObject",),
    "CopyObject": ("s3:PutObject", "s3:PutObjectTagging"),
    "DeleteObject": ("s3:DeleteObject{version}",),
}


def needed(operation: str, given: Mapping[str, Any], status_code: int) -> Needs:
    """Return what one request needs to be allowed."""
    if operation == "GetCallerIdentity" or _asks_for_rights(given):
        return set()  # every identity may ask that
    if "Bucket" in given:
        return _of_s3(operation, given, status_code)
    if operation in ROUTE53_ACTIONS:
        return {_of_route53(operation, given)}
    for service, actions in WHOLE_SERVICES.items():
        if operation in actions:
            return {Need(f"{service}:{operation}", f"arn:aws:{service}:eu-west-1:123456789012:any")}
    name = given.get("DistributionId") or given["Id"]
    arn = f"arn:aws:cloudfront::123456789012:distribution/{name}"
    return {Need(f"cloudfront:{operation}", arn)}


def _of_s3(operation: str, given: Mapping[str, Any], status_code: int) -> Needs:
    bucket = f"arn:aws:s3:::{given['Bucket']}"
    if operation in BUCKET_ACTIONS:
        return {Need(BUCKET_ACTIONS[operation], bucket)}
    if operation == "DeleteObjects":
        keys = given["Delete"]["Objects"]
        return {Need(f"s3:DeleteObject{_version(one)}", f"{bucket}/{one['Key']}") for one in keys}
    return _of_object(operation, given, bucket, status_code)


def _asks_for_rights(given: Mapping[str, Any]) -> bool:
    """Whether a request was made to learn whether it is allowed, and can do nothing."""
    if given.get("IfMatch") == NO_ETAG:
        return PROBES not in given["Key"]
    changes = given.get("ChangeBatch", {}).get("Changes", ())
    named = [one["ResourceRecordSet"].get("SetIdentifier", "") for one in changes]
    return given.get("Id") == NO_CHANGE or any(one.startswith("crossfade-doctor") for one in named)


def _of_route53(operation: str, given: Mapping[str, Any]) -> Need:
    if operation == "GetChange":
        return Need("route53:GetChange", f"arn:aws:route53:::change/{given['Id']}")
    told = set()
    for change in given.get("ChangeBatch", {}).get("Changes", ()):
        record = change["ResourceRecordSet"]
        name = record["Name"].lower().rstrip(".").replace("*", r"\052")
        told |= {("NormalizedRecordNames", name), ("RecordTypes", record["Type"])}
        told.add(("Actions", change["Action"]))
    keys = {(f"route53:ChangeResourceRecordSets{key}", value) for key, value in told}
    zone = f"arn:aws:route53:::hostedzone/{given['HostedZoneId']}"
    return Need(f"route53:{operation}", zone, frozenset(keys))


def _of_object(operation: str, given: Mapping[str, Any], bucket: str, status_code: int) -> Needs:
    this = f"{bucket}/{given['Key']}"
    actions = [action.format(version=_version(given)) for action in OBJECT_ACTIONS[operation]]
    needs = {Need(action, this) for action in actions}
    if "IfMatch" in given:
        needs.add(Need("s3:GetObject", this))
    if "Tagging" in given:
        needs.add(Need("s3:PutObjectTagging", this))
    if "CopySource" in given:
        source = given["CopySource"]
        there = f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
        read = f"s3:GetObject{_version(source)}"
        needs |= {Need(read, there), Need(f"{read}Tagging", there)}
    if status_code == 404:  # else it would be 403, and could not be told from a denial
        needs.add(Need("s3:ListBucket", bucket))
    return needs


def _version(given: Mapping[str, Any]) -> str:
    return "Version" if given.get("VersionId") else ""


@contextmanager
def recorded(aws: boto3.Session) -> Iterator[Needs]:
    """Gather what the requests of a session's new clients need, until the block ends."""
    needs: Needs = set()

    def given(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context["given"] = dict(params)

    def answered(http_response: Any, model: Any, context: Mapping[str, Any], **_: object) -> None:
        needs.update(needed(model.name, context["given"], http_response.status_code))

    aws.events.register("provide-client-params.*.*", given)
    aws.events.register("after-call.*.*", answered)
    try:
        yield needs
    finally:
        aws.events.unregister("provide-client-params.*.*", given)
        aws.events.unregister("after-call.*.*", answered)


def lost(story: Story, intruder: Callable[[], object], operation: Callable[[], object]) -> None:
    """Let somebody else change the subject right before it is opened."""
    assert story.strict is not None

    def strike(_: object) -> None:
        intruder()

    story.strict.faults.before("s3", "PutObject", path="head.json", effect=strike)
    with pytest.raises(Refused):
        operation()
    story.strict.faults.clear()


def killed(story: Story, operation: str, nth: int, work: Callable[[], object]) -> None:
    """Let a worker die at a call."""
    assert story.strict is not None
    story.strict.faults.before("s3", operation, nth=nth, times=1000, effect=Killed())
    with pytest.raises(Killed):
        work()
    story.strict.faults.clear()


@dataclass(frozen=True)
class Cast:
    """Who takes part: the recorded worker, and another one who prepares and interferes."""

    worker: Story
    other: Story


def reads(cast: Cast) -> None:
    cast.other.published("1.0.0").promote("1.0.0")
    status(cast.worker.world())
    history(cast.worker.world(), SITE)
    releases(cast.worker.world(), "web")


def publishes(cast: Cast) -> None:
    killed(cast.worker, "PutObject", 3, lambda: cast.worker.publish("1.0.0"))
    cast.worker.publish("1.0.0")


def promotes(cast: Cast) -> None:
    cast.other.published("1.0.0", "1.1.0", "1.2.0")
    forget_digests(cast.other)
    cast.worker.promote("1.0.0")
    cast.worker.promote("1.1.0")
    with pytest.raises(BadInput):
        cast.worker.promote("9.9.9")
    lost(cast.worker, lambda: cast.other.promote("1.0.0"), lambda: cast.worker.promote("1.2.0"))


def rolls_back(cast: Cast) -> None:
    cast.other.published("1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        cast.other.promote(version)
    forget_digests(cast.other)
    cast.worker.rollback(mode=Mode.REDEPLOY)
    cast.other.promote("1.2.0")
    cast.worker.rollback(mode=Mode.RESTORE)
    cast.other.promote("1.2.0")
    lost(cast.worker, lambda: cast.other.promote("1.1.0"), cast.worker.rollback)
    first = history(cast.other.world(), SITE)[-1].id
    cast.worker.rollback(to=first)


def settles(cast: Cast) -> None:
    cast.other.published("1.0.0", "1.1.0").promote("1.0.0")
    killed(cast.other, "CopyObject", 3, lambda: cast.other.promote("1.1.0"))
    reverse_open(cast.worker.world(), SITE, take_over=True)
    killed(cast.other, "CopyObject", 3, lambda: cast.other.promote("1.1.0"))
    forget_digests(cast.other)
    resume(cast.worker.world(), SITE, take_over=True)
    lost(
        cast.worker,
        lambda: cast.other.promote("1.0.0"),
        lambda: reverse_done(cast.worker.world(), SITE),
    )
    reverse_done(cast.worker.world(), SITE)
    first = history(cast.other.world(), SITE)[-1].id
    reverse_done(cast.worker.world(), SITE, to=first)


def pins(cast: Cast) -> None:
    cast.other.published("1.0.0", "1.1.0")
    pin(cast.worker.world(), "web", "1.0.0", "the last one before the move")
    lost(
        cast.worker,
        lambda: pin(cast.other.world(), "web", "1.1.0", "a customer"),
        lambda: unpin(cast.worker.world(), "web", "1.0.0"),
    )
    with pytest.raises(BadInput):
        unpin(cast.worker.world(), "web", "9.9.9")


def purged(cast: Cast, *, versions: bool = False) -> Callable[[Story], object]:
    """Leave something to purge: a release, a half-published one, assets that left, versions."""
    cast.other.published("1.0.0", "1.1.0", "1.2.0")
    killed(cast.other, "PutObject", 2, lambda: cast.other.publish("1.0.0", component="checkout"))
    for version in ("1.0.0", "1.1.0", "1.2.0", "1.1.0", "1.2.0"):
        cast.other.promote(version)
    request = PurgeRequest("web", keep=1, apply=True, versions=versions)
    return lambda story: purge(story.world(), request)


def purges(cast: Cast) -> None:
    work = purged(cast)
    lost(cast.worker, lambda: cast.other.promote("1.1.0"), lambda: work(cast.worker))
    work(cast.worker)


def purges_for_good(cast: Cast) -> None:
    purges(cast)
    purge(cast.worker.world(), PurgeRequest("web", keep=1, apply=True, versions=True))
    cast.other.promote("1.1.0")
    cast.other.promote("1.2.0")
    purge(cast.worker.world(), PurgeRequest("web", keep=1, apply=True, versions=True))


def settles_purges(cast: Cast) -> None:
    work = purged(cast)
    killed(cast.other, "PutObject", 7, lambda: work(cast.other))  # all is gone; it closes
    reverse_open(cast.worker.world(), "releases/web", take_over=True)
    killed(cast.other, "DeleteObjects", 1, lambda: work(cast.other))
    resume(cast.worker.world(), "releases/web", take_over=True)
    lost(
        cast.worker,
        lambda: pin(cast.other.world(), "web", "1.2.0", "a customer"),
        lambda: reverse_purge(cast.worker.world(), "web"),
    )
    reverse_purge(cast.worker.world(), "web")


def adopts(cast: Cast) -> None:
    cast.other.published("1.0.0", "1.1.0").promote("1.0.0")
    pin(cast.other.world(), "web", "1.0.0", "the last one before the move")
    forget_digests(cast.other)
    diagnose_journal(cast.worker.world(), adopt=True)


def examines(cast: Cast) -> None:
    cast.other.published("1.0.0").promote("1.0.0")
    diagnose(cast.worker.world())


SCENES: dict[Procedure, Callable[[Cast], None]] = {
    Procedure.READ: reads,
    Procedure.PUBLISH: publishes,
    Procedure.PROMOTE: promotes,
    Procedure.ROLLBACK: rolls_back,
    Procedure.SETTLE: settles,
    Procedure.PIN: pins,
    Procedure.PURGE: purges,
    Procedure.PURGE_VERSIONS: purges_for_good,
    Procedure.SETTLE_PURGE: settles_purges,
    Procedure.ADOPT: adopts,
    Procedure.DOCTOR: examines,
}


def performed(procedure: Procedure, folder: Path) -> tuple[Needs, dict[str, Any]]:
    """Perform a procedure and return what it needed, and the policy for its configuration."""
    with mock_aws(), make_strict(invalidation_polls=2) as strict:
        other = Story(OTHER, folder, strict).founded()
        other.overrides = {
            "distribution_id": distribution(other),
            "runtime": {"api": "x"},
            "keep_checkpoints": 1,
            "asset_grace": 1,
        }
        worker = Story(RECORDED, folder, strict, overrides=other.overrides)
        with recorded(RECORDED) as needs:
            SCENES[procedure](Cast(worker, other))
        settings = worker.settings()
    grounds = grounds_of(settings, sorted(settings.environments), account="123456789012")
    return needs, rights_policy(procedure, grounds.places)


@dataclass(frozen=True)
class Grant:
    """One action that a statement allows."""

    statement: str
    action: str
    resources: tuple[str, ...]
    condition: Mapping[str, Any]

    def covers(self, need: Need) -> bool:
        """Whether it allows what is needed."""
        limits = self.condition.get("ForAllValues:StringEquals", {})
        return (
            self.action == need.action
            and any(fnmatchcase(need.arn, pattern) for pattern in self.resources)
            and all(value in limits.get(key, [value]) for key, value in need.given)
        )


def grants(policy: Mapping[str, Any]) -> list[Grant]:
    """Return everything that a policy allows."""
    return [
        Grant(
            statement["Sid"], action, tuple(statement["Resource"]), statement.get("Condition", {})
        )
        for statement in policy["Statement"]
        for action in statement["Action"]
    ]


def denied(needs: Needs, given: list[Grant]) -> list[Need]:
    """Return what is needed and not allowed."""
    return [need for need in needs if not any(grant.covers(need) for grant in given)]


def idle(needs: Needs, given: list[Grant]) -> list[Grant]:
    """Return what is allowed and not needed."""
    return [grant for grant in given if not any(grant.covers(need) for need in needs)]


@pytest.mark.parametrize("procedure", list(SCENES))
def test_a_policy_allows_exactly_what_its_procedure_does(
    procedure: Procedure, tmp_path: Path
) -> None:
    needs, policy = performed(procedure, tmp_path)
    given = grants(policy)
    assert denied(needs, given) == []
    assert idle(needs, given) == []


def samples() -> dict[str, dict[str, Any]]:
    """Return the files of deployments/policies, for the names that docs/permissions.md uses."""
    settings = Settings(
        state={"bucket": "acme-state"},
        releases={"bucket": "acme-releases"},
        components={"web": {}},
        environments={
            "production": {"bucket": "acme-site", "root": "live", "distribution_id": "E1PRODUCTION"}
        },
        migrations={
            "shop": {
                "zone": "Z1SHOP",
                "records": ["shop.acme.example"],
                "legacy": {"target": "legacy-lb.example", "load_balancer": "app/legacy/1"},
                "new": {"target": "k8s-lb.example", "load_balancer": "app/k8s/1"},
                "stages": [{"name": "all", "share": 100}],
            }
        },
    )
    grounds = grounds_of(settings, ["production"], ["shop"], account="111122223333")
    distribution_arn = "arn:aws:cloudfront::111122223333:distribution/E1PRODUCTION"
    files = {
        "bucket-policy.json": bucket_policy(
            "acme-site", [Reader("production", "live/", distribution_arn)], []
        ),
        "bucket-policy-shared.json": bucket_policy(
            "acme-front", [Reader("production", "", distribution_arn)], ["journal/", "releases/"]
        ),
    }
    return files | {
        f"{one.value}.json": rights_policy(one, grounds.places, grounds.records)
        for one in Procedure
    }


def text(document: Mapping[str, Any]) -> str:
    """Write a policy the way the files are written."""
    return json.dumps(document, indent=2) + "\n"


def test_the_files_are_what_the_doctor_prints_for_the_sample_names() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert there == {name: text(document) for name, document in samples().items()}


def matrix() -> str:
    """Return all rights as the table of docs/permissions.md."""
    procedures = list(Procedure)
    granted = {
        (right.where, action, procedure)
        for procedure in procedures
        for right in RIGHTS[procedure]
        for action in right.actions
    }
    rows = sorted({(list(Where).index(where), action) for where, action, _ in granted})
    lines = [
        f"| statement | action | {' | '.join(procedures)} |",
        f"|---|---|{':-:|' * len(procedures)}",
    ]
    for number, action in rows:
        where = list(Where)[number]
        marks = ["x" if (where, action, one) in granted else "" for one in procedures]
        lines.append(f"| {where} | `{action}` | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def test_the_documents_show_the_rights_and_the_bucket_policies_as_they_are() -> None:
    assert matrix() in (DOCS / "permissions.md").read_text(encoding="utf-8")
    page = (DOCS / "bucket-policy.md").read_text(encoding="utf-8")
    for name in ("bucket-policy.json", "bucket-policy-shared.json"):
        assert text(samples()[name]) in page, name


def test_policies_fit_into_iam_and_name_no_wildcard_action() -> None:
    for name, document in samples().items():
        compact = re.sub(r"\s", "", json.dumps(document))
        assert len(compact) <= 6144, name
        assert all("*" not in str(statement["Action"]) for statement in document["Statement"])
        names = [statement["Sid"] for statement in document["Statement"]]
        assert len(set(names)) == len(names)


if __name__ == "__main__":
    print(matrix())  # noqa: T201  for docs/permissions.md
    for file_name, policy_document in samples().items():
        (FOLDER / file_name).write_text(text(policy_document), encoding="utf-8")
