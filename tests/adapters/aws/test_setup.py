"""Reading how buckets and distributions are set up, in forms that the stand-in for AWS lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from crossfade.adapters.aws.bucket_setup import (
    Versioning,
    ask_put,
    read_ownership,
    read_rules,
    read_versioning,
)
from crossfade.adapters.aws.cloudfront_setup import read_front
from crossfade.adapters.aws.s3 import Bucket
from crossfade.adapters.aws.s3_clock import S3Clock
from crossfade.errors import Failed
from crossfade.operations.doctor.buckets import examine_versioning
from crossfade.plan.base.finding import Level
from crossfade.plan.doctor.cloudfront import ErrorAnswer, Origin
from crossfade.plan.doctor.lifecycle import Rule
from crossfade.plan.doctor.places import Place, PlaceKind

SESSION = boto3.Session(
    aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1"
)


def answering(**answers: dict[str, Any]) -> Bucket:
    """Return a bucket whose endpoint gives these answers, one for each request."""
    client = SESSION.client("s3")
    stub = Stubber(client)
    for method, answer in answers.items():
        stub.add_response(method, answer)
    stub.activate()
    return Bucket(client, "front", S3Clock(lambda: 0.0, lambda: datetime.now(UTC)))


def test_versions_may_need_a_second_factor() -> None:
    settings = {"Status": "Enabled", "MFADelete": "Enabled"}
    bucket = answering(get_bucket_versioning=settings)
    assert read_versioning(bucket) == Versioning("Enabled", needs_mfa=True)
    bucket = answering(get_bucket_versioning=settings)
    findings = list(examine_versioning(bucket, [Place(PlaceKind.ROOT, "front", "", "production")]))
    assert [one.level for one in findings] == [Level.OK, Level.WARNING]
    assert "purge --versions" in findings[1].mend


def test_rules_for_earlier_versions_are_read_whole() -> None:
    rows = [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"ObjectSizeGreaterThan": 1000},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 20},
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": 5, "StorageClass": "STANDARD_IA"},
                {"NoncurrentDays": 9, "StorageClass": "GLACIER"},
            ],
        },
        {
            "Status": "Enabled",
            "Filter": {"Prefix": "live/"},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
            "Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}],
        },
    ]
    assert read_rules(answering(get_bucket_lifecycle_configuration={"Rules": rows})) == (
        Rule(
            "old",
            noncurrent_days=30,
            noncurrent_kept=20,
            noncurrent_archives="GLACIER after 9 days",
        ),
        Rule("", prefix="live/"),
    )


def test_ownership_may_be_the_writers() -> None:
    answer = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}
    assert read_ownership(answering(get_bucket_ownership_controls=answer)) == "ObjectWriter"


def test_an_answer_that_tells_nothing_of_rights_is_an_error() -> None:
    client = SESSION.client("s3")
    stub = Stubber(client)
    stub.add_client_error("put_object", "InvalidRequest", http_status_code=400)
    stub.activate()
    bucket = Bucket(client, "front", S3Clock(lambda: 0.0, lambda: datetime.now(UTC)))
    with pytest.raises(Failed, match="InvalidRequest"):
        ask_put(bucket, "live/x")


def test_a_distribution_is_read_with_its_groups_functions_and_errors() -> None:
    client: Any = SESSION.client("cloudfront")
    identity = "origin-access-identity/cloudfront/E2"
    origin = {"Id": "front", "DomainName": "front.s3.amazonaws.com", "OriginPath": "/live"}
    settings = {
        "CallerReference": "",
        "Comment": "",
        "Enabled": True,
        "Origins": {
            "Quantity": 2,
            "Items": [
                {**origin, "S3OriginConfig": {"OriginAccessIdentity": identity}},
                {"Id": "spare", "DomainName": "spare.example"},
            ],
        },
        "OriginGroups": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "both",
                    "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [500]}},
                    "Members": {
                        "Quantity": 2,
                        "Items": [{"OriginId": "front"}, {"OriginId": "spare"}],
                    },
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "both",
            "ViewerProtocolPolicy": "https-only",
            "MinTTL": 60,
            "FunctionAssociations": {
                "Quantity": 1,
                "Items": [{"FunctionARN": "arn:f", "EventType": "viewer-request"}],
            },
        },
        "CustomErrorResponses": {"Quantity": 1, "Items": [{"ErrorCode": 404}]},
    }
    found = {
        "Id": "E1",
        "ARN": "arn:aws:cloudfront::111122223333:distribution/E1",
        "Status": "InProgress",
        "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
        "InProgressInvalidationBatches": 0,
        "DomainName": "d1.cloudfront.net",
        "DistributionConfig": settings,
    }
    with Stubber(client) as stub:
        stub.add_response("get_distribution", {"Distribution": found}, {"Id": "E1"})
        front = read_front(client, "E1")
    assert front is not None
    assert front.targets == {"front", "spare"}
    assert front.origins[0] == Origin("front", "front.s3.amazonaws.com", "/live", identity)
    assert (front.deployed, front.rewrites, front.minimum_seconds) == (False, True, 60)
    assert front.errors == (ErrorAnswer(404, "", "", 10),)
