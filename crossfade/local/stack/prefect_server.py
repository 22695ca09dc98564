"""Prefect's own server and UI as a process of its own, on SQLite in a given folder.

Prefect is started by the interpreter that runs this, and never imported.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.local.stack.processes import HOST, program, usable_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READY_SECONDS = 300
"""A first start makes the database: 8 s on two idle cores, several times that on busy ones."""

LOG_LEVEL = "PREFECT_SERVER_LOGGING_LEVEL"
"""Prefect's variable for how much the server logs; by default it logs warnings and errors."""


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A running Prefect server.

    Attributes:
        ui_url: Address of the page.
        home: Folder of its database, results and settings.
        log: Its log file.
    """

    ui_url: str
    home: Path
    log: Path

    @property
    def api_url(self) -> str:
        """Address of the API, for `PREFECT_API_URL`."""
        return f"{self.ui_url}/api"

    def environment(self) -> dict[str, str]:
        """Return the variables with which flows, workers and the `prefect` command use it."""
        return {**_quiet(self.home), "PREFECT_API_URL": self.api_url}


@contextmanager
def prefect_server(
    home: Path, *, port: int = 0, ready_seconds: float = READY_SECONDS
) -> Iterator[PrefectServer]:
    """Run a Prefect server on 127.0.0.1, guarded from other pages, until the block ends.

    Args:
        home: Folder for its database and log; made if it is not there, kept afterwards.
        port: Where it listens; 0 takes a free port.
        ready_seconds: How long it may take to answer.

    Raises:
        BadInput: Prefect is not installed, or the port is taken.
        Failed: It did not come up; the text holds the end of its log.
    """
    if importlib.util.find_spec("prefect") is None:
        raise BadInput("Prefect is not installed: install crossfade's extra `local`")
    home.mkdir(parents=True, exist_ok=True)
    port = usable_port(port, what="the Prefect server")
    server = PrefectServer(f"http://{HOST}:{port}", home, home / "server.log")
    start = [sys.executable, "-m", "crossfade.local.stack.guarded_prefect"]
    with program(
        [*start, "--port", str(port)],
        log=server.log,
        ready=lambda: _healthy(port),
        ready_seconds=ready_seconds,
        environment={**_inherited(), **server.environment()},
        folder=home,
    ):
        yield server


def _inherited() -> dict[str, str]:
    # A user's own Prefect settings, such as a Cloud workspace, must not leak into the stack.
    return {
        name: value
        for name, value in os.environ.items()
        if name == LOG_LEVEL or not name.startswith("PREFECT_")
    }


def _quiet(home: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
    }


def _healthy(port: int) -> bool:
    with closing(http.client.HTTPConnection(HOST, port, timeout=2)) as connection:
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
