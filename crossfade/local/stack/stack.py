"""The embedded stack as one thing: AWS, memcached, Prefect's server and an edge, all on loopback.

Everything lives in one folder and ends with the block that started it.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from crossfade.local.stack.aws import REGION, AwsServer, aws_server
from crossfade.local.stack.edge import Edge, Object, edge
from crossfade.local.stack.memcached import Memcached, memcached
from crossfade.local.stack.prefect_server import PrefectServer, prefect_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

FRONT = "acme-front"
STATE = "acme-state"
CONFIG = "crossfade.toml"
CONNECTIONS = 20


@dataclass(frozen=True)
class Ports:
    """Where the parts listen on 127.0.0.1; 0 takes a free port."""

    aws: int = 0
    edge: int = 0
    prefect: int = 0
    memcached: int = 0


@dataclass(frozen=True)
class Stack:
    """A running stack.

    Attributes:
        folder: Where its files are.
        aws: S3, CloudFront and the other services.
        edge: What stands for CloudFront's edge in front of production.
        memcached: The lock server.
        prefect: Prefect's server and UI.
        distribution: Id of the distribution whose cache the edge is.
        config: The configuration that fits the stack.
    """

    folder: Path
    aws: AwsServer
    edge: Edge
    memcached: Memcached
    prefect: PrefectServer
    distribution: str
    config: Path

    def environment(self) -> dict[str, str]:
        """Return the variables with which crossfade, flows and AWS's own tools use the stack."""
        return {
            **self.aws.environment(),
            **self.prefect.environment(),
            "CROSSFADE_CONFIG": str(self.config),
        }

    def process_environment(self) -> dict[str, str]:
        """Return this process's environment with the stack's in place of anybody else's."""
        foreign = ("AWS_", "CROSSFADE_", "PREFECT_")
        own = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
        return {**own, **self.environment()}


@contextmanager
def stack(folder: Path, *, ports: Ports | None = None) -> Iterator[Stack]:
    """Run the whole stack until the block ends.

    Args:
        folder: For the configuration, Prefect's database and logs; made if it is not there.
        ports: Where the parts listen.

    Raises:
        BadInput: A part is not installed, or a port is taken.
        Failed: A part did not come up.
    """
    ports = ports or Ports()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as parts:
        aws = parts.enter_context(aws_server(port=ports.aws, invalidation_seconds=0.5))
        lock = parts.enter_context(memcached(port=ports.memcached))
        session = boto3.Session(
            aws_access_key_id="crossfade-local",
            aws_secret_access_key="crossfade-local",  # noqa: S106  the emulator takes any
            region_name=REGION,
        )
        s3: S3Client = session.client("s3", endpoint_url=aws.endpoint)
        for name in (FRONT, STATE):
            s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerEnforced")
            s3.put_public_access_block(
                Bucket=name,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
            )
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        distribution = _distribution(session.client("cloudfront", endpoint_url=aws.endpoint))
        front = parts.enter_context(
            edge(
                fetch=lambda key: _fetch(s3, key),
                completed=lambda: [
                    one.paths for one in aws.strict.invalidations.completed(distribution)
                ],
                port=ports.edge,
            )
        )
        prefect = parts.enter_context(prefect_server(folder / "prefect", port=ports.prefect))
        config = folder / CONFIG
        running = Stack(folder, aws, front, lock, prefect, distribution, config)
        config.write_text(_configuration(running), encoding="utf-8")
        yield running


def _fetch(s3: S3Client, key: str) -> Object | None:
    try:
        found = s3.get_object(Bucket=FRONT, Key=f"live/{key}")
    except ClientError:
        return None
    return Object(
        body=found["Body"].read(),
        content_type=found["ContentType"],
        cache_control=found.get("CacheControl", ""),
        etag=found["ETag"],
        encoding=found.get("ContentEncoding", ""),
    )


def _distribution(client: CloudFrontClient) -> str:
    answer = client.create_distribution(
        DistributionConfig={
            "CallerReference": "local",
            "Comment": "the embedded stack",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "front",
                        "DomainName": f"{FRONT}.s3.{REGION}.amazonaws.com",
                        "OriginPath": "/live",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "front",
                "ViewerProtocolPolicy": "redirect-to-https",
            },
        }
    )
    return answer["Distribution"]["Id"]


def _configuration(running: Stack) -> str:
    return f"""\
# The configuration of an embedded stack: everything in it is on 127.0.0.1 and goes with it.

[state]
bucket = "{STATE}"

[releases]
bucket = "{FRONT}"

[components.web]
entry_pages = ["index.html"]

[environments.production]
bucket = "{FRONT}"
root = "live"
distribution_id = "{running.distribution}"
url = "{running.edge.url}"
keep_releases = 2
keep_checkpoints = 3
asset_grace = 1

[environments.production.runtime]
greeting = "rendered at promote"

[lock]
servers = ["{running.memcached.address}"]

[crons.hello]
schedule = "* * * * *"
on = "document"
document = "s3://{STATE}/crons.json"
"""
