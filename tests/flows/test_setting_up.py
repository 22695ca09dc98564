"""`python -m deployments` against a server that is not there, or refuses: one sentence."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest
from click.testing import CliRunner
from prefect.settings import PREFECT_API_URL, temporary_settings

from crossfade.local.stack.loopback import LoopbackHandler, LoopbackServer, listening, serving
from deployments.__main__ import main


@pytest.mark.usefixtures("_configuration", "story")
class TestAServer:
    def test_that_is_away(self) -> None:
        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
            ended = CliRunner().invoke(main, [])
        assert ended.exit_code == 1
        assert "Prefect's server at http://127.0.0.1:9/api does not answer" in ended.output

    def test_that_refuses_the_password(self) -> None:
        class Handler(LoopbackHandler, BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(401)
                self.send_header("content-length", "0")
                self.end_headers()

        server = listening(LoopbackServer, 0, Handler, what="the server")
        with serving(server), temporary_settings({PREFECT_API_URL: f"{server.url}/api"}):
            ended = CliRunner().invoke(main, [])
        assert ended.exit_code == 1
        assert "refuses the password: set PREFECT_API_AUTH_STRING" in ended.output
