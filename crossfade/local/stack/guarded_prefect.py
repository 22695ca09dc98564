"""Prefect's server and page on 127.0.0.1, for nobody but this machine and the page itself.

    python -m crossfade.local.stack.guarded_prefect --port 4200

Prefect without a password answers whoever reaches it, and any web page that its user's browser has
open does. Its settings can only hide answers from other pages; here their requests, WebSockets
included, end before they reach it.
"""

from __future__ import annotations

import argparse
import os
from http import HTTPStatus
from typing import TYPE_CHECKING

import uvicorn
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from uvicorn.importer import import_from_string

from crossfade.local.stack.callers import NAMES, is_own_origin, origins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
PORT = 4200
_CREATE = "prefect.server.api.server:create_app"
"""By name, as uvicorn takes it: crossfade never imports Prefect."""


class OwnPagesOnly:
    """Refuses what another page sends: 403, before anything is done."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a foreign page; hand everything else on."""
        asks = scope["type"] in ("http", "websocket")
        if asks and not is_own_origin(Headers(scope=scope).get("origin"), self._port):
            refusal = PlainTextResponse("foreign origin", status_code=HTTPStatus.FORBIDDEN)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def guarded(app: ASGIApp, port: int) -> ASGIApp:
    """Return an application that answers to this machine's names and to its own pages alone."""
    return TrustedHostMiddleware(OwnPagesOnly(app, port), allowed_hosts=NAMES, www_redirect=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__, prog=f"python -m {__spec__.name}")
    parser.add_argument("--port", type=int, default=PORT)
    port: int = parser.parse_args(arguments).port
    os.environ["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] = ",".join(origins(port))
    uvicorn.run(
        lambda: guarded(import_from_string(_CREATE)(final=True), port),
        factory=True,
        host=HOST,
        port=port,
        log_level="info",
        access_log=False,
    )


if __name__ == "__main__":
    main()
