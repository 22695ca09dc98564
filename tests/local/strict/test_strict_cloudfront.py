from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.local.conftest import Aws

STOPPED = 1_700_000_000.0


@pytest.fixture
def distribution(aws: Aws) -> str:
    aws.strict.invalidations.seconds = math.inf
    return new_distribution(aws, "first")


def new_distribution(aws: Aws, reference: str) -> str:
    answer = aws.cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": reference,
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": "acme-front.s3.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
            },
        }
    )
    return answer["Distribution"]["Id"]


def invalidate(aws: Aws, distribution: str, *paths: str, reference: str = "op-1") -> dict[str, Any]:
    answer = aws.cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "CallerReference": reference,
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
        },
    )
    return dict(answer["Invalidation"])


def refusal(aws: Aws, distribution: str, *paths: str, reference: str = "op-1") -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        invalidate(aws, distribution, *paths, reference=reference)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def status(aws: Aws, distribution: str, invalidation: dict[str, Any]) -> str:
    answer = aws.cloudfront.get_invalidation(DistributionId=distribution, Id=invalidation["Id"])
    return answer["Invalidation"]["Status"]


def test_an_invalidation_is_in_progress_until_its_time_has_passed(aws: Aws) -> None:
    now = [STOPPED]
    aws.strict.invalidations.clock = lambda: now[0]
    aws.strict.invalidations.seconds = 60
    distribution = new_distribution(aws, "first")
    created = invalidate(aws, distribution, "/*")
    assert created["Status"] == "InProgress"
    now[0] += 59
    assert status(aws, distribution, created) == "InProgress"
    assert aws.strict.invalidations.completed() == ()
    now[0] += 2
    assert status(aws, distribution, created) == "Completed"
    (completed,) = aws.strict.invalidations.completed(distribution)
    assert (completed.invalidation_id, completed.paths) == (created["Id"], ("/*",))
    assert completed.at == STOPPED + 60
    assert aws.strict.invalidations.completed("another") == ()


def test_an_invalidation_can_complete_at_a_number_of_readings(aws: Aws) -> None:
    aws.strict.invalidations.polls = 3
    distribution = new_distribution(aws, "first")
    created = invalidate(aws, distribution, "/*")
    seen = [status(aws, distribution, created) for _ in range(4)]
    assert seen == ["InProgress", "InProgress", "Completed", "Completed"]


def test_invalidations_can_be_completed_by_hand(aws: Aws, distribution: str) -> None:
    created = invalidate(aws, distribution, "/*")
    assert status(aws, distribution, created) == "InProgress"
    aws.strict.invalidations.complete()
    assert status(aws, distribution, created) == "Completed"


def test_the_same_reference_with_the_same_paths_is_the_same_invalidation(
    aws: Aws, distribution: str
) -> None:
    first = invalidate(aws, distribution, "/a", "/b*", reference="op-1")
    aws.strict.invalidations.complete()
    again = invalidate(aws, distribution, "/a", "/b*", reference="op-1")
    assert again["Id"] == first["Id"]
    assert again["Status"] == "Completed"
    assert again["CreateTime"] == first["CreateTime"]
    assert again["InvalidationBatch"] == first["InvalidationBatch"]
    other = invalidate(aws, distribution, "/a", "/b*", reference="op-2")
    assert other["Id"] != first["Id"]
    elsewhere = invalidate(aws, new_distribution(aws, "second"), "/c", reference="op-1")
    assert elsewhere["Id"] != first["Id"]


def test_the_same_reference_with_other_paths_is_refused(aws: Aws, distribution: str) -> None:
    invalidate(aws, distribution, "/a", reference="op-1")
    assert refusal(aws, distribution, "/b", reference="op-1") == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "",
        "/a*b",
        "/a b",
        "/größe",
        "/a~b",
        "/a#b",
        "/[slug]",
        "/a%2",
        "/" + "a" * 4000,
    ],
)
def test_a_path_that_the_real_service_refuses_is_refused(
    aws: Aws, distribution: str, path: str
) -> None:
    assert refusal(aws, distribution, "/fine", path) == (400, "InvalidArgument")
    assert (
        aws.cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"][
            "Quantity"
        ]
        == 0
    )


@pytest.mark.parametrize("path", ["/", "/*", "/a%20b%C3%A9", "/a+b&c='(x)!,;:@$=.js", "/a?b=c"])
def test_an_encoded_path_is_accepted(aws: Aws, distribution: str, path: str) -> None:
    created = invalidate(aws, distribution, path)
    assert created["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": [path]}


def test_an_empty_batch_and_a_wrong_quantity_are_refused(aws: Aws, distribution: str) -> None:
    assert refusal(aws, distribution) == (400, "InvalidArgument")
    with pytest.raises(aws.cloudfront.exceptions.InconsistentQuantities):
        aws.cloudfront.create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={
                "CallerReference": "op-1",
                "Paths": {"Quantity": 2, "Items": ["/a"]},
            },
        )


def test_more_than_3000_files_in_progress_are_refused(aws: Aws, distribution: str) -> None:
    too_many = (400, "TooManyInvalidationsInProgress")
    many = [f"/{number}" for number in range(2999)]
    invalidate(aws, distribution, *many, reference="op-1")
    invalidate(aws, distribution, "/last", "/wild*", reference="op-2")
    assert refusal(aws, distribution, "/more", reference="op-3") == too_many
    invalidate(aws, distribution, "/*", reference="op-4")
    invalidate(aws, new_distribution(aws, "second"), "/more", reference="op-3")
    aws.strict.invalidations.complete()
    invalidate(aws, distribution, "/more", reference="op-3")
    assert refusal(aws, distribution, *many, "/x", "/y", reference="op-5") == too_many


def test_more_than_15_wildcards_in_progress_are_refused(aws: Aws, distribution: str) -> None:
    for number in range(15):
        invalidate(aws, distribution, f"/{number}/*", reference=f"op-{number}")
    too_many = (400, "TooManyInvalidationsInProgress")
    assert refusal(aws, distribution, "/16*", reference="op-16") == too_many
    invalidate(aws, distribution, "/a-file", reference="op-17")
    aws.strict.invalidations.complete()
    invalidate(aws, distribution, "/16*", reference="op-16")


def test_unknown_distributions_and_invalidations_are_refused(aws: Aws, distribution: str) -> None:
    assert refusal(aws, "NOSUCH", "/*") == (404, "NoSuchDistribution")
    with pytest.raises(aws.cloudfront.exceptions.NoSuchInvalidation):
        aws.cloudfront.get_invalidation(DistributionId=distribution, Id="NOSUCH")
    with pytest.raises(aws.cloudfront.exceptions.NoSuchDistribution):
        aws.cloudfront.get_invalidation(DistributionId="NOSUCH", Id="NOSUCH")
    with pytest.raises(aws.cloudfront.exceptions.NoSuchDistribution):
        aws.cloudfront.list_invalidations(DistributionId="NOSUCH")


def test_invalidations_are_listed_newest_first_in_pages(aws: Aws, distribution: str) -> None:
    created = [
        invalidate(aws, distribution, f"/{number}", reference=str(number))["Id"]
        for number in range(5)
    ]
    pages = aws.cloudfront.get_paginator("list_invalidations").paginate(
        DistributionId=distribution, PaginationConfig={"PageSize": 2}
    )
    listed = [row for page in pages for row in page["InvalidationList"].get("Items", [])]
    assert [row["Id"] for row in listed] == created[::-1]
    assert {row["Status"] for row in listed} == {"InProgress"}


@pytest.mark.parametrize("aws", ["in process"], indirect=True)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(delays=st.lists(st.integers(min_value=0, max_value=9), max_size=6))
def test_the_record_of_completed_invalidations_only_grows(aws: Aws, delays: list[int]) -> None:
    now = [STOPPED]
    aws.strict.invalidations.clock = lambda: now[0]
    distribution = new_distribution(aws, str(uuid.uuid4()))
    before = aws.strict.invalidations.completed()
    for number, delay in enumerate(delays):
        aws.strict.invalidations.seconds = delay
        invalidate(aws, distribution, "/a", reference=str(number))
        now[0] += 1
        record = aws.strict.invalidations.completed()
        assert record[: len(before)] == before
        before = record
    now[0] += 10
    assert len(aws.strict.invalidations.completed(distribution)) == len(delays)
