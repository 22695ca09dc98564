"""S3's listings: ordered by the key's bytes, in pages of at most 1000 that never skip or repeat.

moto orders versions by the clock, so that two writes within its tick can change places, copies
every object of a bucket for each page of versions, and does not encode their keys.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidContinuationToken
from moto.s3.models import FakeDeleteMarker, FakeKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.s3.models import FakeBucket, S3Backend
    from moto.s3.responses import S3Response

PAGE = 1000
_OWNER = {
    "DisplayName": "owner",
    "ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A version, a delete marker, or, with nothing stored, a common prefix."""

    name: str
    stored: FakeKey | FakeDeleteMarker | None
    latest: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a listing asks for; "" means unset."""

    prefix: str
    delimiter: str
    key_marker: str
    version_marker: str


def list_objects_v2(  # noqa: PLR0917  moto's signature
    _: S3Backend,
    bucket: FakeBucket,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> tuple[list[FakeKey | str], bool, str | None]:
    """Return one page of present objects and common prefixes, and the token of the next."""
    after = _key_of(continuation_token) if continuation_token else start_after or ""
    wanted = _Wanted(prefix or "", delimiter or "", after, "")
    size = min(max_keys, PAGE)
    rows = (row for row in _rows(bucket, wanted) if _present(row))
    page = list(islice(rows, size + 1)) if size else []
    entries = [row.stored if isinstance(row.stored, FakeKey) else row.name for row in page[:size]]
    truncated = len(page) > size
    return entries, truncated, _token_of(page[size - 1].name) if truncated else None


def list_object_versions(self: S3Response) -> Any:  # noqa: ANN401  moto's own answer
    """Answer one page of versions and delete markers, newest first within a key."""
    asked = {name: values[0] for name, values in self.querystring.items() if values}
    wanted = _Wanted(
        asked.get("prefix", ""),
        asked.get("delimiter", ""),
        asked.get("key-marker", ""),
        asked.get("version-id-marker", ""),
    )
    size = min(int(asked.get("max-keys", PAGE)), PAGE)
    bucket = self.backend.get_bucket(self.bucket_name)
    page = list(islice(_rows(bucket, wanted), size + 1)) if size else []
    self.data["Action"] = "ListObjectVersions"
    result = _versions(page, size, wanted, encoding=asked.get("encoding-type", ""))
    return self.serialized(ActionResult({"Name": bucket.name, **result}))


def _versions(page: list[_Row], size: int, wanted: _Wanted, *, encoding: str) -> dict[str, Any]:
    encoded: Callable[[str], str] = quote if encoding == "url" else str
    shown = page[:size]
    result: dict[str, Any] = {
        "Prefix": encoded(wanted.prefix),
        "KeyMarker": encoded(wanted.key_marker),
        "VersionIdMarker": wanted.version_marker,
        "MaxKeys": size,
        "IsTruncated": len(page) > size,
        "Versions": [
            {
                **_entry(row, encoded),
                "ETag": row.stored.etag,
                "Size": row.stored.size,
                "StorageClass": row.stored.storage_class,
            }
            for row in shown
            if isinstance(row.stored, FakeKey)
        ],
        "DeleteMarkers": [
            _entry(row, encoded) for row in shown if isinstance(row.stored, FakeDeleteMarker)
        ],
        "CommonPrefixes": [{"Prefix": encoded(row.name)} for row in shown if row.stored is None],
    }
    if wanted.delimiter:
        result["Delimiter"] = encoded(wanted.delimiter)
    if encoding:
        result["EncodingType"] = encoding
    if len(page) > size:
        result["NextKeyMarker"] = encoded(shown[-1].name)
        if shown[-1].stored is not None:
            result["NextVersionIdMarker"] = shown[-1].stored.version_id
    return result


def _entry(row: _Row, encoded: Callable[[str], str]) -> dict[str, Any]:
    assert row.stored is not None  # noqa: S101  common prefixes have no entry
    return {
        "Key": encoded(row.name),
        "VersionId": row.stored.version_id,
        "IsLatest": row.latest,
        "LastModified": row.stored.last_modified,
        "Owner": _OWNER,
    }


def _rows(bucket: FakeBucket, wanted: _Wanted) -> Iterator[_Row]:
    """Yield everything after the markers; Python's order of text is that of its UTF-8 bytes."""
    folder = ""
    for name in sorted(
        name
        for name in list(bucket.keys)
        if name.startswith(wanted.prefix) and name >= wanted.key_marker
    ):
        above = _common_prefix(name, wanted)
        if not above:
            yield from _versions_of(bucket, name, wanted)
        elif above != folder:
            folder = above
            if folder > wanted.key_marker:
                yield _Row(folder, None, latest=False)


def _versions_of(bucket: FakeBucket, name: str, wanted: _Wanted) -> Iterator[_Row]:
    newest_first = bucket.keys.getlist(name, [])[::-1]
    start = 0
    if name == wanted.key_marker:
        ids = [stored.version_id for stored in newest_first]
        if wanted.version_marker not in ids:
            return
        start = ids.index(wanted.version_marker) + 1
    for number, stored in enumerate(newest_first[start:], start):
        yield _Row(name, stored, latest=number == 0)


def _common_prefix(name: str, wanted: _Wanted) -> str:
    if not wanted.delimiter:
        return ""
    head, found, _ = name[len(wanted.prefix) :].partition(wanted.delimiter)
    return wanted.prefix + head + found if found else ""


def _present(row: _Row) -> bool:
    return row.stored is None or (row.latest and isinstance(row.stored, FakeKey))


def _token_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _key_of(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidContinuationToken from error
