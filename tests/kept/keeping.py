"""Keeping a world: what stands in moto, written as the files that `worlds` loads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3

from tests.kept.worlds import headers_of, seen_records, tags_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kept.worlds import Json

WIDTH = 160


def keep_objects(folder: Path, bucket: str, *, state: bool) -> bool:
    """Write a bucket's objects; return whether it is versioned.

    Of the state bucket the newest versions are kept: nothing ever reads older ones of a journal.
    """
    s3 = boto3.client("s3")
    versioned = s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    answer = s3.list_object_versions(Bucket=bucket)
    assert not answer["IsTruncated"]
    rows = [
        _row(folder, bucket, found, state=state)
        for found in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ()))
        if found["IsLatest"] or not state
    ]
    # moto tells times by the second: its order inside a key is newest first
    rows = sorted(rows, key=lambda row: (row["key"], row["modified"]))
    write(folder / "objects" / f"{bucket}.json", {"versions": rows})
    return versioned


def keep_zone(identifier: str) -> Json:
    """Return a hosted zone as it is kept."""
    zone = boto3.client("route53").get_hosted_zone(Id=identifier)["HostedZone"]
    return {"id": identifier, "name": zone["Name"], "records": seen_records(identifier)}


def write(path: Path, document: Json) -> None:
    """Write a document for people to read: what fits into a line stands in one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_pretty(document, "") + "\n")


def _pretty(value: Any, margin: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(margin) + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    inner = margin + " "
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {_pretty(one, inner)}" for key, one in value.items()]
    else:
        rows = [_pretty(one, inner) for one in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + row for row in rows)
    return f"{first}\n{body}\n{margin}{last}"


def _row(folder: Path, bucket: str, found: Any, *, state: bool) -> Json:
    key, version = found["Key"], found["VersionId"]
    modified = found["LastModified"].astimezone(UTC).replace(tzinfo=None)
    row: Json = {
        "key": key,
        "version": "" if version == "null" else version,
        "modified": datetime.isoformat(modified),
    }
    if "ETag" not in found:
        return {**row, "deleted": True}
    s3 = boto3.client("s3")
    extra: Any = {} if version == "null" else {"VersionId": version}
    answer = s3.get_object(Bucket=bucket, Key=key, **extra)
    row["headers"] = headers_of(answer)
    row["tags"] = tags_of(s3.get_object_tagging(Bucket=bucket, Key=key, **extra))
    body = answer["Body"].read()
    if state or (found["IsLatest"] and key.endswith(".json")):
        path = folder / "objects" / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    else:
        row["body"] = body.decode()
    return row
