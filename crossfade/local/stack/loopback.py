"""HTTP servers of this process on 127.0.0.1: a thread per connection, quiet, ended completely."""

from __future__ import annotations

import logging
import socket
import socketserver
import sys
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput
from crossfade.local.stack.callers import is_own_host, is_own_origin

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
_LOG = logging.getLogger(__name__)


class LoopbackHandler(BaseHTTPRequestHandler):
    """Keeps connections open between requests and writes each answer in one piece."""

    protocol_version = "HTTP/1.1"
    # Without these, head and body leave as two packets and the second waits for the client's
    # delayed acknowledgement: 40 ms for each request on a kept connection.
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        """Serve requests until either side ends the connection."""
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def finish(self) -> None:
        """Close the streams, whether or not the client still listens."""
        with suppress(ConnectionError, TimeoutError):
            super().finish()

    def parse_request(self) -> bool:
        """Read a request's head; what another page or under another name is asked is refused."""
        if not super().parse_request():
            return False
        if not is_own_host(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "foreign host")
            return False
        if not is_own_origin(self.headers.get("Origin"), self.connection.getsockname()[1]):
            self.send_error(HTTPStatus.FORBIDDEN, "foreign origin")
            return False
        return True

    def handle_expect_100(self) -> bool:
        """Tell the client to send its body, at once."""
        answer = super().handle_expect_100()
        self.wfile.flush()
        return answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Stay quiet: every request would be a line."""


class LoopbackServer(ThreadingHTTPServer):
    """A server that knows its open connections, so that nothing of it outlives its block."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__((HOST, port), handler)

    @property
    def url(self) -> str:
        """The address that it listens on, without a slash at the end."""
        return f"http://{HOST}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the look-up of a host name, which can take seconds without a network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  socketserver's signature
        """Close a connection and forget it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Log what a handler did not expect; a client that left is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            _LOG.exception("request from %s failed", client_address)

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def listening(
    server_class: type[LoopbackServer], port: int, handler: type[LoopbackHandler], *, what: str
) -> LoopbackServer:
    """Return a server that listens.

    Raises:
        BadInput: The port is taken.
    """
    try:
        return server_class(port, handler)
    except OSError as error:
        raise BadInput(
            f"{what} cannot listen on {HOST}:{port} ({error.strerror}): "
            "end what uses that port or choose another"
        ) from error


@contextmanager
def serving(server: LoopbackServer) -> Iterator[None]:
    """Serve in a thread until the block ends; then end every connection."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()
