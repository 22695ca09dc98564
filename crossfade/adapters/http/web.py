"""The site as a browser gets it: files fetched through its address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from crossfade.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 10
_ATTEMPTS = 3


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
