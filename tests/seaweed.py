"""A real S3 server for the tests: SeaweedFS on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30
KEYS = {"AWS_ACCESS_KEY_ID": "crossfade-test", "AWS_SECRET_ACCESS_KEY": "crossfade-test-secret"}


GRPC_OFFSET = 10_000
"""SeaweedFS serves gRPC on each of its ports plus this."""


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on, nor on their gRPC twins."""
    found: list[int] = []
    candidates = iter(range(11_000 + os.getpid() % 4000 * 4, 32_000, 7))
    while len(found) < count:
        port = next(candidates)
        if _free(port) and _free(port + GRPC_OFFSET):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def seaweed(folder: Path, *, metrics_port: int = 0) -> Iterator[str]:
    """Run SeaweedFS and give its S3 endpoint; with a port, it tells its counters there."""
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    assert program, "weed is missing: run `make setup`"
    port, master, volume, filer, webdav, admin = free_ports(6)
    command = [
        program,
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={port}",
        f"-master.port={master}",
        f"-volume.port={volume}",
        f"-filer.port={filer}",
        f"-webdav.port={webdav}",
        f"-admin.port={admin}",
        "-master.telemetry=false",
        *([f"-metricsPort={metrics_port}"] if metrics_port else ()),
    ]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **KEYS}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait(endpoint, process, folder / "weed.log")
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _wait(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=2),
    )
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            client.list_buckets()
        except (BotoCoreError, ClientError):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < until, log.read_text()[-2000:]
            time.sleep(0.1)
        else:
            client.close()
            return
