"""A visitor of a root while a tool changes it: how many page loads were a mix of releases.

A load is whole if the page and everything that it refers to are the bytes of one release. Files are
read from the bucket itself, as an edge without a cache would.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crossfade.local.demo.page import of_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crossfade.adapters.aws.s3 import Bucket


@dataclass(slots=True)
class Visits:
    """What a visitor saw.

    Attributes:
        loads: Page loads.
        broken: Loads of these that were not whole.
        seconds: From the begin of the first broken load to the end of the last one.
        broken_last: Whether the last load, after the tool had ended, was broken.
    """

    loads: int = 0
    broken: int = 0
    seconds: float = 0.0
    broken_last: bool = False
    _first: float = field(default=0.0, repr=False)

    def saw(self, *, whole: bool, begun: float, ended: float) -> None:
        """Count one load."""
        self.loads += 1
        self.broken_last = not whole
        if not whole:
            self.broken += 1
            self._first = self._first or begun
            self.seconds = ended - self._first


@contextmanager
def visiting(
    bucket: Bucket, root: str, page: str, releases: Sequence[Mapping[str, str]]
) -> Iterator[Visits]:
    """Load a page again and again until the block has ended, and once more after it.

    Args:
        bucket: The bucket.
        root: The site's key prefix.
        page: Path of the page.
        releases: The digests of each release's files, by path.
    """
    visits, stop, reader = Visits(), threading.Event(), _Reader(bucket, root)

    def visit() -> None:
        last = False
        while not last:
            last = stop.is_set()
            begun = time.monotonic()
            whole = _load(reader, page, releases)
            visits.saw(whole=whole, begun=begun, ended=time.monotonic())

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield visits
    finally:
        stop.set()
        thread.join()


@dataclass(slots=True)
class _Reader:
    """Reads files as a browser does that has them and asks whether they are still the same."""

    bucket: Bucket
    root: str
    _known: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none."""
        etag, body = self._known.get(path, ("", b""))
        extra: dict[str, Any] = {"IfNoneMatch": etag} if etag else {}
        try:
            answer = self.bucket.client.get_object(
                Bucket=self.bucket.name, Key=self.root + path, **extra
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == HTTPStatus.NOT_MODIFIED:
                return body
            if status == HTTPStatus.NOT_FOUND:
                return None
            raise
        body = answer["Body"].read()
        self._known[path] = (answer["ETag"], body)
        return body


def _load(reader: _Reader, page: str, releases: Sequence[Mapping[str, str]]) -> bool:
    """Load the page with all that it refers to; say whether one release has all of it."""
    found = reader.read(page)
    if found is None:
        return False
    paths = [asset.path.removeprefix("/") for asset in of_page(found.decode(), f"/{page}").eager]
    seen = {page: _digest(found), **{path: _digest(reader.read(path)) for path in paths}}
    return any(
        all(release.get(path) == digest for path, digest in seen.items()) for release in releases
    )


def _digest(body: bytes | None) -> str:
    return "" if body is None else hashlib.sha256(body).hexdigest()
