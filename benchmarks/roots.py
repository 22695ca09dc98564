"""Roots of sites: made to hold one release exactly, and judged after a tool has changed them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import Headers
from crossfade.operations.journal.fan_out import fan_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.adapters.aws.s3 import Bucket, Listed

WIDTH = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a root must hold.

    Attributes:
        sha256: Digests of the build's files, by path.
        headers: The headers of each.
    """

    sha256: Mapping[str, str]
    headers: Mapping[str, Headers]


@dataclass(frozen=True, slots=True)
class Judged:
    """How a root differs from what it must hold.

    Attributes:
        wrong: Objects whose bytes are not the release's.
        headers: Objects whose Content-Type, Cache-Control or Content-Encoding is not the release's.
        missing: Files of the release that are not there.
        leftover: Objects that are not of the release.
    """

    wrong: int
    headers: int
    missing: int
    leftover: int


def fill(bucket: Bucket, source: str, root: str) -> None:
    """Copy every object below one prefix to below another, where nothing stands yet."""

    def copy(row: Listed) -> None:
        bucket.copy(
            root + row.key[len(source) :],
            source=bucket,
            source_key=row.key,
            source_etag=row.etag,
        )

    fan_out(copy, list(bucket.present(source)), width=WIDTH)


def judge(bucket: Bucket, root: str, wanted: Wanted) -> Judged:
    """Read every object of a root and compare it with what must be there."""
    there = {row.key[len(root) :] for row in bucket.present(root)}

    def look(path: str) -> tuple[bool, bool]:
        answer = bucket.client.get_object(Bucket=bucket.name, Key=root + path)
        found = hashlib.sha256(answer["Body"].read()).hexdigest()
        headers = Headers(
            answer.get("ContentType", ""),
            answer.get("CacheControl", ""),
            answer.get("ContentEncoding", ""),
        )
        return found != wanted.sha256[path], headers != wanted.headers[path]

    looked = fan_out(look, sorted(there & wanted.sha256.keys()), width=WIDTH)
    return Judged(
        wrong=sum(wrong for wrong, _ in looked),
        headers=sum(headers for _, headers in looked),
        missing=len(wanted.sha256.keys() - there),
        leftover=len(there - wanted.sha256.keys()),
    )
