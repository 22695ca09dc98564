"""Where the page may be put: a place in a bucket that is nobody else's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LONGEST_KEY = 1024
"""Bytes, of S3."""


@dataclass(frozen=True, slots=True)
class Place:
    """One key of a bucket."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """Its s3:// address."""
        return f"s3://{self.bucket}/{self.key}"


def checked_place(place: Place, grounds: Mapping[str, tuple[str, str]]) -> Place:
    """Return a place if a page can stand there, and overwrites nothing of crossfade's.

    Args:
        place: The place.
        grounds: What is somebody's: bucket and key prefix, by what is there.

    Raises:
        BadInput: It cannot; the text says why.
    """
    if not place.bucket:
        raise BadInput(
            "there is no bucket for the page: name one, or set bucket under [report] in "
            "crossfade.toml"
        )
    if not _BUCKET.fullmatch(place.bucket):
        raise BadInput(
            f"{place.bucket!r} is no bucket's name: write it as S3 does, like acme-pages"
        )
    parts = place.key.split("/")
    if not place.key.endswith(".html") or not all(parts) or {".", ".."} & {*parts}:
        raise BadInput(
            f"{place.key!r} is no key for the page: write it like status/crossfade.html, with "
            ".html at its end and no empty parts, `.` or `..`"
        )
    if not place.key.isprintable() or len(place.key.encode()) > _LONGEST_KEY:
        raise BadInput(
            f"{place.key[:60]!r} is no key for the page: S3 takes up to {_LONGEST_KEY} bytes, and "
            "crossfade none that cannot be printed"
        )
    for what, (bucket, prefix) in grounds.items():
        if place.bucket == bucket and place.key.startswith(prefix):
            raise BadInput(
                f"{place.url} lies where {what} is (s3://{bucket}/{prefix}): name another key, or "
                "another bucket"
            )
    return place
