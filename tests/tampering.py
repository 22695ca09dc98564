"""What somebody who may write the releases can do to them, and what an older crossfade left."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.journal import DIGEST
from crossfade.plan.releases.manifest import content_digest, from_json, to_json
from tests.story import FRONT, STATE

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from crossfade.plan.releases.manifest import File, Manifest
    from tests.story import Story

BAD = b"somebody else's"


def digest_key(version: str) -> str:
    """Return where the journal keeps the digest of a version of `web`."""
    return f"journal/releases/web/{version}{DIGEST}"


def forget_digests(story: Story) -> None:
    """Leave the releases as a crossfade left them that recorded no digests."""
    s3 = story.aws.client("s3")
    for row in s3.list_objects_v2(Bucket=STATE, Prefix="journal/releases/").get("Contents", ()):
        if row["Key"].endswith(DIGEST):
            s3.delete_object(Bucket=STATE, Key=row["Key"])


def rewrite_manifest(story: Story, version: str, change: Callable[[Manifest], Manifest]) -> None:
    """Put another manifest in the place of a release's, as somebody with the console would."""
    s3, key = story.aws.client("s3"), f"releases/web/{version}.manifest.json"
    manifest = from_json(s3.get_object(Bucket=FRONT, Key=key)["Body"].read(), name=key)
    s3.put_object(Bucket=FRONT, Key=key, Body=to_json(change(manifest)))


def replace_content(story: Story, version: str, path: str) -> None:
    """Replace a file of a release and make the manifest agree with it in everything."""
    etag = _put(story, version, path)
    rewrite_manifest(story, version, lambda old: _digested(_with(old, path, _forged(etag))))


def replace_bytes(story: Story, version: str, path: str) -> None:
    """Replace a file of a release and adapt its ETag in the manifest, which is no content."""
    etag = _put(story, version, path)
    rewrite_manifest(story, version, lambda old: _with(old, path, {"etag": etag}))


def _put(story: Story, version: str, path: str) -> str:
    key = f"releases/web/{version}/{path}"
    answer = story.aws.client("s3").put_object(Bucket=FRONT, Key=key, Body=BAD)
    return answer["ETag"].strip('"')


def _forged(etag: str) -> dict[str, Any]:
    return {"etag": etag, "size": len(BAD), "sha256": hashlib.sha256(BAD).hexdigest()}


def _with(manifest: Manifest, path: str, changes: dict[str, Any]) -> Manifest:
    def changed(file: File) -> File:
        return replace(file, **changes) if file.path == path else file

    return replace(manifest, files=tuple(map(changed, manifest.files)))


def _digested(manifest: Manifest) -> Manifest:
    return replace(manifest, digest=content_digest(manifest.files, manifest.entry_pages))


def without_checksums(aws: boto3.Session) -> boto3.Session:
    """Stand for an S3 that keeps no checksums: its answers tell none."""

    def strip(parsed: dict[str, Any], **_: object) -> None:
        for told in (parsed, parsed.get("CopyObjectResult", {})):
            told.pop("ChecksumSHA256", None)
            told.pop("ChecksumType", None)

    for operation in ("PutObject", "HeadObject", "GetObject", "CopyObject"):
        aws.events.register(f"after-call.s3.{operation}", strip)
    return aws
