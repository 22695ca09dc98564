"""Hosts of two platforms that pull their version from a parameter, and tell what they run."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = "1.0"
"""What both run at first."""


class Hosts(ThreadingHTTPServer):
    """Answers under each platform's name with what that platform's parameter says."""

    def __init__(self, ssm: Any) -> None:
        self.ssm = ssm
        super().__init__(("127.0.0.1", 0), _Answer)
        for platform in ("legacy", "new"):
            order = json.dumps({"version": FIRST, "configuration": "c"})
            ssm.put_parameter(Name=parameter(platform), Value=order, Type="String")

    def url(self, platform: str) -> str:
        """Where a platform tells what it runs."""
        return f"http://127.0.0.1:{self.server_address[1]}/{platform}"

    def order(self, platform: str) -> str:
        """Return what a platform is told."""
        found = self.ssm.get_parameter(Name=parameter(platform))
        return str(found["Parameter"]["Value"])

    def runs(self, platform: str) -> str:
        """Return the version that a platform runs."""
        return str(json.loads(self.order(platform))["version"])

    @contextmanager
    def up(self) -> Iterator[None]:
        """Answer until the block ends."""
        thread = Thread(target=self.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Answer(BaseHTTPRequestHandler):
    server: Hosts

    def do_GET(self) -> None:
        """Tell what the platform of this path runs."""
        body = self.server.order(self.path.strip("/")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def parameter(platform: str) -> str:
    """Return the name of a platform's parameter."""
    return f"/shop/{platform}"
