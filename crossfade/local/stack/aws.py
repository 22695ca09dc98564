"""moto's server on loopback, made strict, in a thread of this process.

moto keeps its objects in module state: one server, or one `mock_aws` block, per process at a time.
"""

from __future__ import annotations

import io
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)

from crossfade.local.stack.loopback import LoopbackHandler, LoopbackServer, listening, serving
from crossfade.local.strict.strict import make_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from crossfade.local.strict.strict import Strict

REGION = "us-east-1"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AwsServer:
    """A running stand-in for AWS.

    Attributes:
        endpoint: Its address, for `AWS_ENDPOINT_URL`.
        strict: The switches of the strict rules.
    """

    endpoint: str
    strict: Strict

    def environment(self) -> dict[str, str]:
        """Return the standard AWS variables with which a process uses this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "crossfade-local",
            "AWS_SECRET_ACCESS_KEY": "crossfade-local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def aws_server(
    *,
    port: int = 0,
    invalidation_seconds: float = 0.2,
    invalidation_polls: int | None = None,
    clock: Callable[[], float] = time.time,
) -> Iterator[AwsServer]:
    """Run a strict AWS on 127.0.0.1 until the block ends; it starts and ends with empty state.

    Args:
        port: Where it listens; 0 takes a free port.
        invalidation_seconds: How long a CloudFront invalidation stays `InProgress`.
        invalidation_polls: If set, an invalidation completes at this many readings of it instead.
        clock: Seconds since 1970, by which everything there is dated and judged.

    Raises:
        BadInput: The port is taken.
    """
    server = listening(_Server, port, _Handler, what="the stand-in for AWS")
    _forget_everything()
    with (
        make_strict(
            invalidation_seconds=invalidation_seconds,
            invalidation_polls=invalidation_polls,
            clock=clock,
        ) as strict,
        serving(server),
    ):
        yield AwsServer(server.url, strict)
    _forget_everything()


def _forget_everything() -> None:
    BackendDict.reset()
    reset_model_data()


class _Server(LoopbackServer):
    """What moto's request handler asks of its server."""

    ssl_context = None
    multithread = True
    multiprocess = False
    _server_version = "crossfade-local"

    def __init__(self, port: int, handler: type[LoopbackHandler]) -> None:
        super().__init__(port, handler)
        self.app = _Application(create_backend_app)


class _Application(DomainDispatcherApplication):
    """moto's dispatcher, which would read moto's folders from disk for each request."""

    def __init__(self, create_app: Callable[..., Any]) -> None:
        super().__init__(create_app)
        self._backends: dict[str, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:  # noqa: ANN401  moto's signature
        """Return the name of the service that a host stands for, or None."""
        if host is None:
            return None
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


class _Handler(LoopbackHandler, MotoRequestHandler):
    """moto's handler, except that connections are kept and bodies are read before the call.

    werkzeug's own waits 10 ms after each request for a client that sends more than it stated, and
    then closes the connection.
    """

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return self.wfile.write

        try:
            body = b"".join(self.server.app(environ, start_response))
        except ConnectionError:
            self.close_connection = True
        except Exception:  # noqa: BLE001  whatever moto raises is the service's own failure
            _LOG.exception("%s %s failed", self.command, self.path)
            self.close_connection = True
            self._answer("500 Internal Server Error", [], b"")
        else:
            self._answer(*started[-1], body)

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            return bytes(environ["wsgi.input"].read())
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))

    def _answer(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        stated = {name.lower() for name, _ in headers}
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "date" not in stated:
            self.send_header("Date", self.date_time_string())
        bodiless = int(code) in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
        if "content-length" not in stated and not bodiless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)  # empty where HTTP allows none: the application sees to it
