"""A release that was just published is offered in the run forms, and never waited for."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.adapters.http.prefect_api import PrefectApi, named_in
from crossfade.adapters.http.run_forms import offer_version
from crossfade.local.stack.loopback import LoopbackHandler, LoopbackServer, listening, serving
from crossfade.plan.base.forms import suggesting

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = suggesting({"type": "string"}, ["1.0"], kind="version")
DEPLOYMENTS = [
    {"id": "promote", "parameter_openapi_schema": {"properties": {"version": VERSION}}},
    {"id": "settle", "parameter_openapi_schema": {"properties": {}}},
    {"id": "by-hand", "parameter_openapi_schema": None},
]


@pytest.fixture
def busy() -> int:
    """How many writes are answered as a server on SQLite does while somebody else writes."""
    return 0


@pytest.fixture
def server(busy: int) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Something that answers as Prefect's API does, and what was written to it."""
    written: list[tuple[str, Any]] = []

    class Handler(LoopbackHandler, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self._asked()
            assert asked["deployments"] == {"tags": {"all_": ["crossfade"]}}
            self._answer(DEPLOYMENTS)

        def do_PATCH(self) -> None:
            written.append((self.path, self._asked()))
            self._answer(None, 503 if len(written) <= busy else 200)

        def _asked(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["content-length"])))

        def _answer(self, body: object, status: int = 200) -> None:
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    api = listening(LoopbackServer, 0, Handler, what="the API")
    with serving(api):
        yield f"{api.url}/api", written


def test_it_is_offered_first_where_versions_are_and_nothing_else_is_written(
    server: tuple[str, list[tuple[str, Any]]],
) -> None:
    url, written = server
    assert offer_version(PrefectApi(url), "1.1") == ""
    ((path, body),) = written
    assert path == "/api/deployments/promote"
    offered = body["parameter_openapi_schema"]["properties"]["version"]["anyOf"][0]["enum"]
    assert offered == ["1.1", "1.0"]


@pytest.mark.parametrize("busy", [1])
def test_a_server_that_is_busy_is_asked_again(server: tuple[str, list[tuple[str, Any]]]) -> None:
    url, written = server
    assert offer_version(PrefectApi(url), "1.1") == ""
    assert len(written) == 2


def test_a_server_that_is_away_is_a_word_and_no_error() -> None:
    why = offer_version(PrefectApi("http://127.0.0.1:9/api", seconds=0.5), "1.1")
    assert why.startswith("the run forms do not offer 1.1 yet: Prefect's API at http://127.0.0.1:9")


def test_the_standard_variables_name_the_server() -> None:
    named = {"PREFECT_API_URL": "http://there/api", "PREFECT_API_AUTH_STRING": "a:b"}
    assert named_in({}) is None
    assert named_in(named) == PrefectApi("http://there/api", "a:b")
