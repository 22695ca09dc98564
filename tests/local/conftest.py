"""The strict AWS, in process and as a server, with clients that never retry on their own."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from crossfade.local.stack.aws import REGION, aws_server
from crossfade.local.strict.strict import make_strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

    from crossfade.local.strict.strict import Strict

BUCKET = "acme-front"
ONE_ATTEMPT = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=10,
    max_pool_connections=64,
)


@dataclass(frozen=True, repr=False)
class Aws:
    """A strict AWS with a versioned bucket."""

    s3: S3Client
    cloudfront: CloudFrontClient
    strict: Strict
    bucket: str = BUCKET

    def put(self, key: str, body: bytes = b"x") -> str:
        """Write an object and return its ETag."""
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"]

    def body(self, key: str) -> bytes:
        """Read an object."""
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def source(self, key: str) -> str:
        """Name an object of the bucket as the source of a copy, unencoded parts excluded."""
        return f"{self.bucket}/{key}"

    def keys(self) -> list[str]:
        """All keys present, in the listing's order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [row["Key"] for page in pages for row in page.get("Contents", [])]


@pytest.fixture(params=["in process", "server"])
def aws(
    request: pytest.FixtureRequest, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Aws]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    start = in_process if request.param == "in process" else on_server
    with start(session) as stack:
        stack.s3.create_bucket(Bucket=BUCKET)
        stack.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        stack.strict.faults.clear()
        yield stack


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


@contextmanager
def in_process(session: boto3.Session) -> Iterator[Aws]:
    with mock_aws(), make_strict() as strict, clients(session, None) as (s3, cloudfront):
        yield Aws(s3, cloudfront, strict)


@contextmanager
def on_server(session: boto3.Session) -> Iterator[Aws]:
    with aws_server() as server, clients(session, server.endpoint) as (s3, cloudfront):
        yield Aws(s3, cloudfront, server.strict)


@contextmanager
def clients(
    session: boto3.Session, endpoint: str | None
) -> Iterator[tuple[S3Client, CloudFrontClient]]:
    with (
        closing(session.client("s3", endpoint_url=endpoint, config=ONE_ATTEMPT)) as s3,
        closing(
            session.client("cloudfront", endpoint_url=endpoint, config=ONE_ATTEMPT)
        ) as cloudfront,
    ):
        yield s3, cloudfront
