"""The S3 server that every tool is measured on: SeaweedFS on loopback, which counts requests."""

from __future__ import annotations

import os
import re
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import urllib3

from crossfade.local.stack.processes import HOST, usable_port
from tests.seaweed import KEYS, seaweed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FRONT, STATE = "bench-front", "bench-state"
REGION = "us-east-1"
SETTLE_SECONDS = 0.1
"""The server counts a request when it has been answered: a reading waits this long for the last."""

_COUNTER = re.compile(r'^SeaweedFS_s3_request_total\{.*type="(\w+)"\} ([0-9.e+]+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """A running S3 server.

    Attributes:
        endpoint: Its address.
        metrics: Where it tells its counters.
        folder: A folder for whoever measures; it is gone afterwards.
    """

    endpoint: str
    metrics: str
    folder: Path

    def requests(self) -> dict[str, int]:
        """Return the requests that it has answered so far, by kind, whoever sent them."""
        time.sleep(SETTLE_SECONDS)
        text = urllib3.request("GET", self.metrics, timeout=10).data.decode()
        counted: dict[str, int] = {}
        for kind, number in _COUNTER.findall(text):
            counted[kind] = counted.get(kind, 0) + int(float(number))
        return counted


def since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return the requests between two readings, by kind."""
    return {kind: more for kind, n in after.items() if (more := n - before.get(kind, 0))}


@contextmanager
def running() -> Iterator[Server]:
    """Run the server, with two buckets that keep versions, and point this process at it.

    The AWS variables of this process are changed, and profiles of this machine kept out.
    """
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as name:
        data, scratch = Path(name, "data"), Path(name, "scratch")
        data.mkdir()
        scratch.mkdir()
        port = usable_port(0, what="the server's counters")
        with seaweed(data, metrics_port=port) as endpoint:
            os.environ.update(_variables(endpoint))
            s3 = boto3.client("s3")
            for bucket in (FRONT, STATE):
                s3.create_bucket(Bucket=bucket)
                s3.put_bucket_versioning(
                    Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
                )
            yield Server(endpoint, f"http://{HOST}:{port}/metrics", scratch)


def _variables(endpoint: str) -> dict[str, str]:
    return {
        **KEYS,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "S3_ENDPOINT_URL": endpoint,  # s5cmd knows no other name for it
        **private(),
    }


def private() -> dict[str, str]:
    """Return variables that keep this machine's AWS profiles and proxies out of a measurement."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": HOST,
    }
