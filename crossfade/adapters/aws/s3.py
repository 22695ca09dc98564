"""S3: one bucket, with exactly the requests that crossfade makes.

`boto3`'s managed transfers (`upload_file`, `copy`) accept no conditions and drop metadata and tags
from 8 MiB on, so the plain requests are used.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from crossfade.adapters.aws.fence import guarded
from crossfade.adapters.aws.session import code, translated
from crossfade.errors import Conflict, Failed, Unavailable
from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from crossfade.adapters.aws.fence import Fence
    from crossfade.adapters.aws.s3_clock import S3Clock

DELETE_BATCH = 1000
"""Keys that one DeleteObjects request may name."""

LAST = "\U0010ffff"
"""Sorts after every character of a key: `prefix + LAST` ends a prefix in S3's byte order."""


@dataclass(frozen=True, slots=True)
class Written:
    """What S3 answered to a write: the object as it stands now.

    Attributes:
        etag: Its ETag.
        version_id: Its version id, or "" where the bucket keeps none.
        proven: Whether S3 itself says that it has the bytes of the SHA-256 that was asked for.
    """

    etag: str
    version_id: str
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object as read, with the identity that a later compare-and-swap needs."""

    body: bytes
    etag: str
    version_id: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a plain listing."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One row of a listing of versions; `marker` is a delete marker."""

    key: str
    version_id: str
    etag: str
    size: int
    latest: bool
    marker: bool


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers under which an object is stored; `encoding` "" means none."""

    content_type: str
    cache_control: str
    encoding: str = ""


@dataclass(frozen=True)
class Bucket:
    """One bucket, seen through one client.

    Attributes:
        client: boto3's S3 client.
        name: The bucket's name.
        clock: Told of the Date of every answer of a read or conditional write.
        fence: Guards the writes, so that S3 refuses one that comes too late; None guards nothing.
    """

    client: S3Client
    name: str
    clock: S3Clock
    fence: Fence | None = None

    def fenced(self, fence: Fence) -> Bucket:
        """Return the bucket with its writes guarded."""
        return replace(self, fence=fence)

    def url(self, key: str) -> str:
        """Return the object's s3:// address, for messages."""
        return f"s3://{self.name}/{key}"

    def get(self, key: str, *, version_id: str = "") -> Fetched | None:
        """Read an object whole, or None where there is none."""
        extra: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        try:
            with translated(f"read {self.url(key)}"):
                try:
                    answer = self.client.get_object(Bucket=self.name, Key=key, **extra)
                    body = answer["Body"].read()
                except ClientError as error:
                    self.clock.observe(error.response)
                    if code(error) in {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed"}:
                        return None
                    raise
        except OSError as error:  # the body's connection broke in mid-answer
            raise Unavailable(f"could not read {self.url(key)}: {error}") from error
        self.clock.observe(answer)
        return Fetched(body, _bare(answer["ETag"]), answer.get("VersionId", ""))

    def download(self, key: str, target: Path) -> None:
        """Write an object's bytes to a local file.

        Raises:
            Failed: There is no such object.
        """
        with translated(f"read {self.url(key)}"):
            try:
                answer = self.client.get_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if code(error) in {"NoSuchKey", "404"}:
                    raise Failed(f"{self.url(key)} does not exist: correct the address") from error
                raise
            with target.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)

    def put(
        self,
        key: str,
        body: bytes | IO[bytes],
        headers: Headers,
        *,
        sha256: str = "",
        tags: Mapping[str, str] | None = None,
        only_if_absent: bool = False,
        only_if_etag: str = "",
    ) -> Written:
        """Write an object; S3 refuses bytes that do not match `sha256` (hex).

        Raises:
            Conflict: `only_if_absent` or `only_if_etag` did not hold.
        """
        extra: dict[str, Any] = {}
        if headers.encoding:
            extra["ContentEncoding"] = headers.encoding
        if headers.cache_control:
            extra["CacheControl"] = headers.cache_control
        if self.fence is not None and not sha256 and isinstance(body, bytes):
            # botocore's own checksum would trail the body, which a query signature cannot announce.
            sha256 = hashlib.sha256(body).hexdigest()
        if sha256:
            extra["ChecksumSHA256"] = _base64(sha256)
        if tags:
            extra["Tagging"] = urlencode(tags)
        extra |= _condition(only_if_absent=only_if_absent, only_if_etag=only_if_etag)
        with guarded(self.fence, self.clock.now), translated(f"write {self.url(key)}"):
            try:
                answer = self.client.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ContentType=headers.content_type,
                    **extra,
                )
            except ClientError as error:
                self.clock.observe(error.response)
                if only_if_etag and code(error) in {"NoSuchKey", "404"}:
                    raise Conflict(f"could not write {self.url(key)}: it is gone") from error
                raise
        self.clock.observe(answer)
        proven = bool(sha256) and answer.get("ChecksumSHA256") == extra["ChecksumSHA256"]
        return Written(_bare(answer["ETag"]), answer.get("VersionId", ""), proven)

    def copy(
        self,
        key: str,
        *,
        source: Bucket,
        source_key: str,
        source_etag: str,
        source_version: str = "",
        sha256: str = "",
        only_if_absent: bool = False,
        only_if_etag: str = "",
    ) -> Written:
        """Copy one object inside S3 with its headers and tags, and verify it from the answer.

        Args:
            key: Where to, in this bucket.
            source: The bucket to copy from.
            source_key: What to copy.
            source_etag: The copy is made only if the source has this ETag.
            source_version: The version to copy, or "" for the present one.
            sha256: Hex digest that the copy must have, or "" where it is not known.
            only_if_absent: The copy is made only if nothing stands there.
            only_if_etag: The copy is made only if an object with this ETag stands there.

        Raises:
            Conflict: The source changed, or something else stands there.
            Failed: The answer shows other bytes than `sha256` says.
        """
        copy_source: Any = {"Bucket": source.name, "Key": source_key}
        if source_version:
            copy_source["VersionId"] = source_version
        what = f"copy {source.url(source_key)} to {self.url(key)}"
        with guarded(self.fence, self.clock.now), translated(what):
            try:
                answer = self.client.copy_object(
                    Bucket=self.name,
                    Key=key,
                    CopySource=copy_source,
                    CopySourceIfMatch=source_etag,
                    MetadataDirective="COPY",
                    TaggingDirective="COPY",
                    ChecksumAlgorithm="SHA256",
                    **_condition(only_if_absent=only_if_absent, only_if_etag=only_if_etag),
                )
            except ClientError as error:
                if only_if_etag and code(error) in {"NoSuchKey", "404"} and not self.head(key):
                    raise Conflict(f"could not {what}: what stood there is gone") from error
                if code(error) == "NotImplemented":
                    raise Failed(
                        f"could not {what}: this S3 takes no conditions on copies (501), so that "
                        "a late write could not be kept out: use one that does, as AWS does"
                    ) from error
                raise
        result = answer["CopyObjectResult"]
        written = Written(_bare(result["ETag"]), answer.get("VersionId", ""))
        stored = result.get("ChecksumSHA256", "")
        known = bool(sha256 and stored)
        if stored != _base64(sha256) if known else written.etag != source_etag:
            raise Failed(
                f"could not {what}: the copy has checksum {stored or written.etag}, "
                f"expected {sha256 or source_etag}; the release's object was damaged or replaced: "
                "publish it again under a new version"
            )
        return written

    def whole(self, key: str, headers: Headers, sha256: str) -> Written | None:
        """Return an object that has this checksum and these headers, or None."""
        with translated(f"look at {self.url(key)}"):
            try:
                answer = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if code(error) in {"NoSuchKey", "404"}:
                    return None
                raise
        found = Headers(
            answer.get("ContentType", ""),
            answer.get("CacheControl", ""),
            answer.get("ContentEncoding", ""),
        )
        stored = answer.get("ChecksumSHA256", "")
        if found != headers or stored != _base64(sha256):
            return None
        return Written(_bare(answer["ETag"]), answer.get("VersionId", ""), proven=True)

    def has_bytes(self, key: str, etag: str, sha256: str) -> bool:
        """Whether an object has an ETag and the bytes of a SHA-256; not where it is gone.

        S3's checksum tells it; where it keeps none, the object is read. A copy on the condition of
        that ETag copies what was seen.
        """
        with translated(f"look at {self.url(key)}"):
            try:
                answer = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if code(error) in {"NoSuchKey", "404"}:
                    return False
                raise
        if _bare(answer["ETag"]) != etag:
            return False
        stored = answer.get("ChecksumSHA256", "")
        if stored and "-" not in stored:  # that of an upload in parts is not one of the bytes
            return bool(stored == _base64(sha256))
        return self._hashed(key) == (etag, sha256)

    def _hashed(self, key: str) -> tuple[str, str]:
        """Read an object and return its ETag and its SHA-256."""
        digest = hashlib.sha256()
        try:
            with translated(f"read {self.url(key)}"):
                answer = self.client.get_object(Bucket=self.name, Key=key)
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    digest.update(chunk)
        except OSError as error:  # the body's connection broke in mid-answer
            raise Unavailable(f"could not read {self.url(key)}: {error}") from error
        return _bare(answer["ETag"]), digest.hexdigest()

    def present(self, prefix: str) -> Iterator[Listed]:
        """List the present objects under a prefix in key order, page by page."""
        extra: dict[str, Any] = {}
        while True:
            with translated(f"list {self.url(prefix)}"):
                answer = self.client.list_objects_v2(Bucket=self.name, Prefix=prefix, **extra)
            self.clock.observe(answer)
            for row in answer.get("Contents", ()):
                yield _listed(row)
            if not answer.get("IsTruncated"):
                return
            extra = {"ContinuationToken": answer["NextContinuationToken"]}

    def level(self, prefix: str) -> tuple[list[str], list[Listed]]:
        """List one level under a prefix: its folders, whole and ending in `/`, and its objects."""
        folders: list[str] = []
        objects: list[Listed] = []
        extra: dict[str, Any] = {}
        while True:
            with translated(f"list {self.url(prefix)}"):
                answer = self.client.list_objects_v2(
                    Bucket=self.name, Prefix=prefix, Delimiter="/", **extra
                )
            self.clock.observe(answer)
            folders += [row["Prefix"] for row in answer.get("CommonPrefixes", ())]
            objects += [_listed(row) for row in answer.get("Contents", ())]
            if not answer.get("IsTruncated"):
                return folders, objects
            extra = {"ContinuationToken": answer["NextContinuationToken"]}

    def versions(self, prefix: str, *, skip: Sequence[str] = ()) -> Iterator[Version]:
        """List all versions under a prefix in key order, newest first for each key.

        Args:
            prefix: The prefix.
            skip: Prefixes to leave out. The listing jumps over each of them, so that what stands
                there costs at most one page, however much it is.
        """
        markers: dict[str, Any] = {}
        while True:
            page = self._version_page(prefix, markers)
            for version in sorted_page(page):
                if not version.key.startswith(tuple(skip)):
                    yield version
            if not page.get("IsTruncated"):
                return
            key = page["NextKeyMarker"]
            inside = next((part for part in skip if key.startswith(part)), None)
            if inside is None:
                markers = {"KeyMarker": key, "VersionIdMarker": page["NextVersionIdMarker"]}
            else:
                markers = {"KeyMarker": inside + LAST}

    def head(self, key: str) -> Written | None:
        """Return the identity of the present object, or None where there is none."""
        with translated(f"look at {self.url(key)}"):
            try:
                answer = self.client.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if code(error) in {"NoSuchKey", "404"}:
                    return None
                raise
        return Written(_bare(answer["ETag"]), answer.get("VersionId", ""))

    def _version_page(self, prefix: str, markers: dict[str, Any]) -> dict[str, Any]:
        with translated(f"list versions of {self.url(prefix)}"):
            answer = self.client.list_object_versions(Bucket=self.name, Prefix=prefix, **markers)
        self.clock.observe(answer)
        return dict(answer)

    def delete(self, keys: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Delete up to 1000 objects in one request.

        Args:
            keys: Pairs of key and version id. With version id "" a delete marker is added; with a
                version id that version (or delete marker) is gone for good.

        Returns:
            The version id of the delete marker by key, where one was added.

        Raises:
            Failed: S3 refused some of them; the message names the first.
        """
        objects: list[Any] = [
            {"Key": key, "VersionId": version} if version else {"Key": key} for key, version in keys
        ]
        if not objects:
            return {}
        what = f"delete {count(len(objects), 'object')} from s3://{self.name}"
        with guarded(self.fence, self.clock.now), translated(what):
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": objects, "Quiet": False}
            )
        self.clock.observe(answer)
        errors = answer.get("Errors", [])
        if errors:
            first = errors[0]
            text = (
                f"could not delete {len(errors)} of {count(len(objects), 'object')} from "
                f"s3://{self.name}: "
                f"{first.get('Key')} answered {first.get('Code')} ({first.get('Message')})"
            )
            if first.get("Code") in {"SlowDown", "InternalError", "ServiceUnavailable"}:
                raise Unavailable(text)
            raise Failed(text)
        return {
            row["Key"]: row.get("DeleteMarkerVersionId", "")
            for row in answer.get("Deleted", ())
            if row.get("DeleteMarker")
        }

    def delete_as_read(self, etags: Mapping[str, str]) -> None:
        """Add delete markers to up to 1000 objects that are still as they were read.

        Args:
            etags: ETag by key, as read. What is gone already is passed over.

        Raises:
            Conflict: Something else stands in the place of one of them.
        """
        objects: list[Any] = [{"Key": key, "ETag": etag} for key, etag in etags.items() if etag]
        if not objects:
            return
        what = f"delete {count(len(objects), 'object')} from s3://{self.name}"
        with guarded(self.fence, self.clock.now), translated(what):
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": objects, "Quiet": True}
            )
        self.clock.observe(answer)
        for row in answer.get("Errors", ()):
            key, answered = row.get("Key", ""), row.get("Code", "")
            if answered in {"PreconditionFailed", "NoSuchKey", "404", "412"}:
                if self.head(key) is not None:
                    raise Conflict(f"could not delete {self.url(key)}: it was changed meanwhile")
            elif answered in {"SlowDown", "InternalError", "ServiceUnavailable"}:
                raise Unavailable(f"could not {what}: {key} answered {answered}")
            else:
                detail = row.get("Message", "")
                raise Failed(f"could not {what}: {key} answered {answered} ({detail})")

    def delete_if(self, key: str, etag: str) -> None:
        """Add a delete marker to an object that still has this ETag; nothing where there is none.

        Raises:
            Conflict: Something else stands there.
        """
        with guarded(self.fence, self.clock.now), translated(f"delete {self.url(key)}"):
            try:
                answer = self.client.delete_object(Bucket=self.name, Key=key, IfMatch=etag)
            except ClientError as error:
                self.clock.observe(error.response)
                # S3 answers 404 where there is no object, SeaweedFS that the condition failed.
                gone = code(error) == "PreconditionFailed" and self.head(key) is None
                if gone or code(error) in {"NoSuchKey", "404"}:
                    return
                raise
        self.clock.observe(answer)

    def tags(self, key: str) -> dict[str, str]:
        """Read an object's tags; empty where there is no such object."""
        with translated(f"read the tags of {self.url(key)}"):
            try:
                answer = self.client.get_object_tagging(Bucket=self.name, Key=key)
            except ClientError as error:
                if code(error) in {"NoSuchKey", "404", "MethodNotAllowed"}:
                    return {}
                raise
        return {row["Key"]: row["Value"] for row in answer["TagSet"]}

    def versioned(self) -> bool:
        """Whether versioning is turned on (neither off nor suspended)."""
        with translated(f"read the versioning of s3://{self.name}"):
            answer = self.client.get_bucket_versioning(Bucket=self.name)
        return answer.get("Status") == "Enabled"


def sorted_page(page: Mapping[str, Any]) -> list[Version]:
    """Merge the two lists of one ListObjectVersions answer into key order.

    The order among one key's versions does not matter to callers: `latest` says which is present.
    """
    rows = [
        Version(
            row["Key"],
            row["VersionId"],
            _bare(row["ETag"]),
            row["Size"],
            latest=row["IsLatest"],
            marker=False,
        )
        for row in page.get("Versions", ())
    ]
    rows += [
        Version(row["Key"], row["VersionId"], "", 0, latest=row["IsLatest"], marker=True)
        for row in page.get("DeleteMarkers", ())
    ]
    return sorted(rows, key=lambda version: version.key)


def _condition(*, only_if_absent: bool, only_if_etag: str) -> dict[str, Any]:
    """Return the condition on what stands where something is going to be written."""
    if only_if_etag:
        return {"IfMatch": only_if_etag}
    return {"IfNoneMatch": "*"} if only_if_absent else {}


def _listed(row: Mapping[str, Any]) -> Listed:
    return Listed(row["Key"], _bare(row["ETag"]), row["Size"], row["LastModified"])


def _base64(sha256: str) -> str:
    """Return a hex digest the way S3 writes it."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _bare(etag: str) -> str:
    """Drop the quotes, which some answers carry and others do not."""
    return etag.strip('"')
