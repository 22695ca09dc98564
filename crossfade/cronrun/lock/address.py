"""Addresses of memcached, checked before anything is asked of them.

What is no address would otherwise look like a memcached that is away, at every tick and for good.
"""

from __future__ import annotations

import socket

from crossfade.errors import BadInput

PORT = 11211
"""memcached's own, where an address names none."""

UNIX = "unix:"
_LARGEST_PORT = 65_535
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_OCTETS = 4

Address = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""


def read_address(text: str, *, source: str) -> Address:
    """Read the address of one memcached.

    Args:
        text: `host:port`, `host`, `[v6]:port`, `[v6]`, `unix:/path` or `/path`.
        source: Where it stands, for the message.

    Raises:
        BadInput: It is none.
    """
    wrong = _wrong(text)
    if wrong:
        raise BadInput(
            f"{source} is {text!r}, which {wrong}: it must be one memcached as HOST:PORT, "
            f"such as 10.0.0.5:{PORT} or [fd00::5]:{PORT}"
        )
    path = text.removeprefix(UNIX)
    if path.startswith("/"):
        return path
    host, port = _split(text)
    return host.strip("[]"), int(port) if port else PORT


def _wrong(text: str) -> str:
    """Say what is wrong with an address; "" for nothing."""
    host, port = _split(text)
    found = {
        "is empty": not text,
        "has a blank or a control character in it": any(
            letter.isspace() or not letter.isprintable() for letter in text
        ),
        "names more than one": "," in text or ";" in text,
        "is a URL": "://" in text,
    }
    said = next((sentence for sentence, is_so in found.items() if is_so), "")
    if said or text.removeprefix(UNIX).startswith("/"):
        return said
    if text.startswith(UNIX):
        return "names no absolute path"
    if port is not None and not _is_port(port):
        return f"has no port from 1 to {_LARGEST_PORT}"
    if host.startswith("["):
        return "" if is_v6(host) else "has no IPv6 address in its brackets"
    if ":" in host:
        return "has several colons: an IPv6 address stands in brackets"
    return "" if _is_name(host) else "has no host name or IPv4 address before its port"


def _split(text: str) -> tuple[str, str | None]:
    """Split into host and port; None for no port."""
    if ":" not in text or text.endswith("]"):
        return text, None
    host, _, port = text.rpartition(":")
    return host, port


def _is_port(port: str) -> bool:
    return port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= _LARGEST_PORT


def is_v6(host: str) -> bool:
    """Whether it is an IPv6 address in brackets."""
    if not (host.startswith("[") and host.endswith("]")):
        return False
    try:
        socket.inet_pton(socket.AF_INET6, host[1:-1].partition("%")[0])
    except (OSError, ValueError):
        return False
    return True


def _is_name(host: str) -> bool:
    """Whether it can be a host's name, or is an IPv4 address."""
    labels = host.removesuffix(".").split(".")
    if labels[-1].isdecimal():  # no top-level domain is a number
        return len(labels) == _OCTETS and all(_is_octet(label) for label in labels)
    return len(host) <= _LONGEST_NAME and all(
        label.replace("-", "").replace("_", "").isalnum() and len(label) <= _LONGEST_LABEL
        for label in labels
    )


def _is_octet(label: str) -> bool:
    return label.isascii() and label.isdecimal() and len(label) <= 3 and int(label) <= 255  # noqa: PLR2004
