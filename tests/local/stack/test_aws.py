from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from crossfade.errors import BadInput
from crossfade.local.stack.aws import aws_server

if TYPE_CHECKING:
    import boto3

    from tests.local.conftest import Aws

SERVER_ONLY = pytest.mark.parametrize("aws", ["server"], indirect=True)


@SERVER_ONLY
def test_64_clients_at_once_are_served(aws: Aws) -> None:
    aws.put("from", b"bytes" * 1000)

    def copy(number: int) -> str:
        answer = aws.s3.copy_object(
            Bucket=aws.bucket, Key=f"to/{number:03}", CopySource=aws.source("from")
        )
        return answer["CopyObjectResult"]["ETag"]

    with ThreadPoolExecutor(64) as pool:
        etags = set(pool.map(copy, range(256)))
    assert len(etags) == 1
    assert aws.keys() == ["from", *(f"to/{number:03}" for number in range(256))]


@SERVER_ONLY
@pytest.mark.parametrize("size", [0, 1, 1_000_000, 12_000_000])
def test_bodies_of_every_size_arrive_whole(aws: Aws, size: int) -> None:
    body = os.urandom(size)
    aws.put("k", body)
    assert aws.body("k") == body


@SERVER_ONLY
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "acme-front.evil.example"}, 421),
    ],
)
def test_foreign_pages_and_foreign_names_are_refused(
    aws: Aws, headers: dict[str, str], status: int
) -> None:
    address = urlsplit(aws.s3.meta.endpoint_url).netloc
    with closing(http.client.HTTPConnection(address, timeout=5)) as connection:
        connection.request("PUT", f"/{aws.bucket}/made", b"by a page", headers=headers)
        answer = connection.getresponse()
        assert answer.status == status
        assert answer.getheader("Access-Control-Allow-Origin") is None
    assert aws.keys() == []


@SERVER_ONLY
def test_a_connection_is_kept_between_requests(aws: Aws) -> None:
    address = urlsplit(aws.s3.meta.endpoint_url).netloc
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        sockets = set()
        for method, path in (("GET", "/"), ("HEAD", "/acme-front"), ("GET", "/acme-front/none")):
            connection.request(method, path)
            connection.getresponse().read()
            sockets.add(connection.sock)
        assert len(sockets) == 1
        assert None not in sockets
    finally:
        connection.close()


def test_a_program_of_its_own_uses_the_server_by_the_standard_variables() -> None:
    program = (
        "import boto3; s3 = boto3.client('s3'); s3.create_bucket(Bucket='made-by-child');"
        "print([b['Name'] for b in s3.list_buckets()['Buckets']])"
    )
    with aws_server() as server:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        finished = subprocess.run(
            [sys.executable, "-c", program],
            env={**inherited, **server.environment()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (finished.stdout, finished.stderr) == ("['made-by-child']\n", "")
        assert [call.operation for call in server.strict.faults.calls] == [
            "CreateBucket",
            "ListBuckets",
        ]


def test_a_server_starts_empty(session: boto3.Session) -> None:
    for _ in range(2):
        with (
            aws_server() as server,
            closing(session.client("s3", endpoint_url=server.endpoint)) as s3,
        ):
            assert s3.list_buckets()["Buckets"] == []
            s3.create_bucket(Bucket="left-over")


def ask(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse().read()


def test_a_server_ends_with_the_connections_that_its_clients_keep_open() -> None:
    before = set(threading.enumerate())
    with aws_server() as server:
        connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=5)
        ask(connection)
    with closing(connection):
        deadline = time.monotonic() + 5
        while set(threading.enumerate()) - before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert set(threading.enumerate()) - before == set()
        with pytest.raises(ConnectionError):
            ask(connection)
    with pytest.raises(ConnectionRefusedError):
        connection.connect()


def test_a_taken_port_is_named() -> None:
    with aws_server() as server:
        port = urlsplit(server.endpoint).port
        assert port is not None
        with (
            pytest.raises(BadInput, match=f"cannot listen on 127.0.0.1:{port}"),
            aws_server(port=port),
        ):
            pass
