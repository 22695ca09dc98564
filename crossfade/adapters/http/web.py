"""The site as a browser gets it: files fetched through its address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from crossfade.errors import Failed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 10
_ATTEMPTS = 3
_OK = 200


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered.

    Attributes:
        status: HTTP status.
        sha256: Hex digest of the body as sent, content encoding not undone.
        headers: Headers, names in lower case.
    """

    status: int
    sha256: str
    headers: Mapping[str, str]


MOST_BYTES = 1 << 20
"""No answer that tells a version is longer."""


def ask(address: str) -> bytes:
    """Get an address and return what it answers, once and without following anybody elsewhere.

    Raises:
        Unavailable: Nothing answered, or not with 200.
        Failed: It answered more than anybody would to say what runs.
    """
    try:
        with urllib3.PoolManager(timeout=_SECONDS, retries=False) as pool:
            answer = pool.request(
                "GET",
                address,
                headers={"user-agent": "crossfade", "cache-control": "no-cache"},
                preload_content=False,
                redirect=False,
            )
            body = answer.read(MOST_BYTES + 1, decode_content=True)
            answer.release_conn()
    except HTTPError as error:
        raise Unavailable(f"could not ask {address}: {' '.join(str(error).split())}") from error
    if answer.status != _OK:
        raise Unavailable(f"could not ask {address}: it answered {answer.status}")
    if len(body) > MOST_BYTES:
        raise Failed(f"{address} answers more than {MOST_BYTES} bytes: name what tells the version")
    return body


def fetch(url: str, path: str) -> Page:
    """Fetch one path below an address.

    Raises:
        Unavailable: Nothing answered.
    """
    address = f"{url.rstrip('/')}/{quote(path)}"
    retries = urllib3.Retry(total=_ATTEMPTS, backoff_factor=0.3, redirect=False)
    digest = hashlib.sha256()
    try:
        with urllib3.PoolManager(timeout=_SECONDS, retries=retries) as pool:
            answer = pool.request(
                "GET",
                address,
                headers={"accept-encoding": "identity", "user-agent": "crossfade"},
                preload_content=False,
                redirect=False,
            )
            for chunk in answer.stream(1 << 16, decode_content=False):
                digest.update(chunk)
            answer.release_conn()
    except HTTPError as error:
        raise Unavailable(f"could not fetch {address}: {' '.join(str(error).split())}") from error
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Page(answer.status, digest.hexdigest(), headers)
