"""What an S3 does with writes that must not happen: conditions that fail, signatures that expired.

Each is asked for on two probes that stand there already. What is written in spite of it is told, so
that it can be taken away.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crossfade.adapters.aws.bucket_setup import NO_ETAG
from crossfade.adapters.aws.fence import guarded
from crossfade.adapters.aws.session import FORBIDDEN, code, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from crossfade.adapters.aws.s3 import Bucket

LATE = timedelta(hours=1)
"""How long ago a late request is dated; its signature is good for a second."""

_FAILED = {"PreconditionFailed", "412"}
_MISSING = {"NotImplemented", "501"}
_SHA256 = base64.b64encode(hashlib.sha256(b"").digest()).decode()


class Held(StrEnum):
    """What came of a write that must not happen."""

    REFUSED = "refused"
    IGNORED = "ignored"
    """It was done all the same."""
    UNKNOWN = "not implemented"
    """The endpoint does not know such conditions, and says so (501)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried, and what came of it.

    Attributes:
        what: The write, in words.
        held: Whether it was refused.
        version_id: What it wrote in spite of that, or "".
    """

    what: str
    held: Held
    version_id: str = ""


class _Past:
    """A guard whose lease ended long ago."""

    @contextmanager
    def writing(self) -> Iterator[Callable[[], timedelta]]:
        """Allow one sending, for a second."""
        yield lambda: timedelta(seconds=1)


def try_copies(bucket: Bucket, source: str, target: str) -> Iterator[Tried]:
    """Copy one probe over another under conditions that fail, on the source and on the place."""
    copy = partial(
        bucket.client.copy_object,
        Bucket=bucket.name,
        Key=target,
        CopySource={"Bucket": bucket.name, "Key": source},
    )
    yield _tried("a copy of what was replaced", lambda: copy(CopySourceIfMatch=NO_ETAG), _FAILED)
    yield _tried("a copy to where something stands", lambda: copy(IfNoneMatch="*"), _FAILED)
    yield _tried("a copy over what was changed", lambda: copy(IfMatch=NO_ETAG), _FAILED)


def try_deletions(bucket: Bucket, target: str) -> Iterator[Tried]:
    """Delete a probe under conditions that fail, alone and in a batch."""
    client, name = bucket.client, bucket.name
    one = lambda: client.delete_object(Bucket=name, Key=target, IfMatch=NO_ETAG)  # noqa: E731
    yield _tried("the deletion of what was changed", one, _FAILED)
    rows = {"Objects": [{"Key": target, "ETag": NO_ETAG}]}
    batch: Callable[[], Any] = lambda: client.delete_objects(Bucket=name, Delete=rows)  # type: ignore[arg-type]  # noqa: E731
    yield _tried("the same in a batch", batch, _FAILED)


def try_late_writes(bucket: Bucket, source: str, target: str) -> Iterator[Tried]:
    """Send a write, a copy and a deletion whose signatures expired almost an hour ago."""
    client, name = bucket.client, bucket.name
    copied: Any = {"Bucket": name, "Key": source}
    rows: Any = {"Objects": [{"Key": target}]}
    writes: dict[str, Callable[[], Any]] = {
        "a late write": lambda: client.put_object(
            Bucket=name, Key=target, Body=b"", ChecksumSHA256=_SHA256
        ),
        "a late copy": lambda: client.copy_object(Bucket=name, Key=target, CopySource=copied),
        "a late deletion": lambda: client.delete_objects(Bucket=name, Delete=rows),
    }

    def late(write: Callable[[], Any]) -> Any:  # noqa: ANN401  boto3 types each answer apart
        with guarded(_Past(), lambda: bucket.clock.now() - LATE):
            return write()

    for what, write in writes.items():
        yield _tried(what, partial(late, write), FORBIDDEN)


def _tried(what: str, write: Callable[[], Mapping[str, Any]], refusals: set[str]) -> Tried:
    with translated(f"try {what}"):
        try:
            answer = write()
        except ClientError as error:
            if code(error) in refusals:
                return Tried(what, Held.REFUSED)
            if code(error) in _MISSING:
                return Tried(what, Held.UNKNOWN)
            raise
    errors = {row.get("Code", "") for row in answer.get("Errors", ())}
    if errors & (refusals | _MISSING):
        return Tried(what, Held.UNKNOWN if errors & _MISSING else Held.REFUSED)
    deleted = [row.get("DeleteMarkerVersionId", "") for row in answer.get("Deleted", ())]
    return Tried(what, Held.IGNORED, answer.get("VersionId", "") or "".join(deleted[:1]))
