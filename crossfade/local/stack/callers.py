"""Who may call a server on loopback: this machine under its own names, and the server's own pages.

A browser carries what any web page asks for to any port of its own machine. It says whose page
asked (`Origin`) and under what name it found the server (`Host`): a foreign name that was made to
point here would otherwise make a foreign page the server's own.
"""

from __future__ import annotations

import re

NAMES = ("127.0.0.1", "localhost")
"""The names of this machine that servers on loopback answer to."""

_HOST = re.compile(r"(?P<name>[^:]*)(:\d+)?")


def origins(port: int) -> tuple[str, ...]:
    """Return the origins of a server's own pages."""
    return tuple(f"http://{name}:{port}" for name in NAMES)


def is_own_host(header: str) -> bool:
    """Whether a request's Host names this machine; buckets may stand before `localhost`."""
    found = _HOST.fullmatch(header.strip().lower())
    name = found["name"] if found else ""
    return name in NAMES or name.endswith(".localhost")


def is_own_origin(header: str | None, port: int) -> bool:
    """Whether a request comes from a server's own page, or from no page at all."""
    return header is None or header.strip().lower() in origins(port)
