from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.request
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from crossfade.local.stack.prefect_server import prefect_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.local.stack.prefect_server import PrefectServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with prefect_server(tmp_path_factory.mktemp("prefect") / "home") as started:
        yield started
    with pytest.raises(OSError, match="refused"):  # nothing of it is left
        answer(f"{started.api_url}/health")


def answer(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310  loopback
        body: bytes = response.read()
        return body


def test_the_api_answers(server: PrefectServer) -> None:
    assert json.loads(answer(f"{server.api_url}/health")) is True


def test_the_page_calls_the_api_of_this_server(server: PrefectServer) -> None:
    assert b"<title>Prefect Server</title>" in answer(server.ui_url)
    assert json.loads(answer(f"{server.ui_url}/ui-settings"))["api_url"] == server.api_url


def asked(
    server: PrefectServer, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer."""
    address = urlsplit(server.ui_url).netloc
    with closing(http.client.HTTPConnection(address, timeout=60)) as connection:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request(method, path, body or None, headers={"Host": address, **named})
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): text for name, text in answer.getheaders()}


WRITES = ("POST", "/api/flows/", '{"name": "made-by-a-page"}')
ASKS = [
    ("GET", "/"),
    ("GET", "/api/health"),
    ("POST", "/api/flows/filter", "{}"),
    ("OPTIONS", "/api/flows/"),
    WRITES,
]
JSON = {"Content_Type": "application/json"}


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_page_is_answered_nothing(
    server: PrefectServer, ask: tuple[str, ...], origin: str
) -> None:
    preflight = {"Access_Control_Request_Method": "POST", **JSON}
    status, headers = asked(server, *ask, Origin=origin, **preflight)
    assert status == HTTPStatus.FORBIDDEN
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("ask", ASKS)
def test_another_name_that_points_here_is_answered_nothing(
    server: PrefectServer, ask: tuple[str, ...]
) -> None:
    own = f"http://evil.example:{urlsplit(server.ui_url).port}"
    for host in ("evil.example", own.removeprefix("http://")):
        assert asked(server, *ask, Host=host, **JSON)[0] == HTTPStatus.BAD_REQUEST
        assert asked(server, *ask, Host=host, Origin=own, **JSON)[0] == HTTPStatus.BAD_REQUEST


def test_the_page_itself_may_write_under_both_names_of_this_machine(server: PrefectServer) -> None:
    port = urlsplit(server.ui_url).port
    for origin in (f"http://127.0.0.1:{port}", f"http://localhost:{port}"):
        status, headers = asked(server, *WRITES, Origin=origin, **JSON)
        assert status in (HTTPStatus.OK, HTTPStatus.CREATED)
        assert headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, HTTPStatus.FORBIDDEN),
        ({"Host": "evil.example"}, HTTPStatus.BAD_REQUEST),
        ({}, HTTPStatus.SWITCHING_PROTOCOLS),
    ],
)
def test_a_web_socket_is_opened_for_own_pages_alone(
    server: PrefectServer, headers: dict[str, str], status: HTTPStatus
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    assert asked(server, "GET", "/api/events/in", **upgrade, **headers)[0] == status


def test_its_state_is_in_the_given_folder(server: PrefectServer) -> None:
    assert (server.home / "prefect.db").is_file()


def test_a_program_with_its_variables_talks_to_it(server: PrefectServer) -> None:
    told = "from prefect.settings import PREFECT_API_URL, PREFECT_HOME"
    finished = subprocess.run(
        [sys.executable, "-c", f"{told}\nprint(PREFECT_API_URL.value(), PREFECT_HOME.value())"],
        env={**os.environ, **server.environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout.split() == [server.api_url, str(server.home)]
