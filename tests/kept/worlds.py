"""Kept worlds: what a version of crossfade once left in AWS and memcached, and how it is loaded.

A world is a folder of small files (README.md tells which). Loading it depends on nothing of
crossfade but `make_strict`: what is read here must not change because the code did.

Checkpoints name versions of S3 objects, and a migration's journal names its hosted zone. The ids
that moto gives while a world is loaded are replaced by the kept ones in moto's own objects, so that
the documents are read byte for byte as they were written.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.route53.models import route53_backends
from moto.s3.models import s3_backends

from crossfade.local.strict.strict import make_strict
from tests.cronrun.servers import RealMemcached

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

KEPT = Path(__file__).parent / "worlds"
ACCOUNT = "123456789012"
LIST = "lists/crons.json"
PREFERRED = "crossfade:preferred:"
LATER = timedelta(minutes=3)
"""After a world was left somebody comes to it: the lease of whoever left it has lapsed."""


@dataclass(frozen=True)
class KeptWorld:
    """A world as it was left.

    Attributes:
        folder: Where it is kept.
    """

    folder: Path

    @cached_property
    def left(self) -> Json:
        """Return what is kept beside the objects: the instant, the buckets, the zone, the lock."""
        return _read(self.folder / "world.json")

    @property
    def configuration(self) -> str:
        """Return its crossfade.toml."""
        return (self.folder / "crossfade.toml").read_text()

    def rows(self, bucket: str) -> list[Json]:
        """Return the versions of a bucket's objects, oldest first."""
        return list(_read(self.folder / "objects" / f"{bucket}.json")["versions"])

    def body(self, bucket: str, row: Json) -> bytes:
        """Return the bytes of a version: its row has them, or a file does."""
        if "body" in row:
            return str(row["body"]).encode()
        return (self.folder / "objects" / bucket / row["key"]).read_bytes()

    def state(self, name: str) -> Json:
        """Return what was seen at some moment of the world's story, as `seen` tells it."""
        return _read(self.folder / "states" / f"{name}.json")

    @cached_property
    def answers(self) -> Json:
        """Return what commands answered in it: exit code and JSON document by their words."""
        return _read(self.folder / "answers.json")

    @contextmanager
    def loaded(self) -> Iterator[Loaded]:
        """Open it in an account of its own, a while after it was left; time stands still there."""
        now = datetime.fromisoformat(self.left["left_at"]) + LATER
        with mock_aws(), make_strict(in_sync_seconds=0, clock=now.timestamp):
            for name, settings in self.left["buckets"].items():
                _load_bucket(self, name, versioned=settings["versioned"])
            if self.left["zone"]:
                _load_zone(self.left["zone"])
            with _memcached(self.left["memcached"]) as server:
                yield Loaded(self, server)


@dataclass(frozen=True)
class Loaded:
    """A world that stands in moto now.

    Attributes:
        world: The world.
        memcached: The server that holds its lock, or None if it has none.
    """

    world: KeptWorld
    memcached: RealMemcached | None

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that the configuration needs here: where memcached is."""
        if self.memcached is None:
            return {}
        return {"CROSSFADE__LOCK__SERVERS": json.dumps([self.memcached.address])}

    def seen(self) -> Json:
        """Return all that decides what visitors get and who runs jobs; the journal is left out."""
        zone, state = self.world.left["zone"], self.world.left["state"]
        found: Json = {}
        for bucket in self.world.left["buckets"]:
            if bucket != state:
                found[bucket] = seen_objects(bucket)
        if zone:
            found["records"] = seen_records(zone["id"])
        if self.memcached is not None:
            found["listed"] = seen_list(state)
            found["preferred"] = seen_preferences(self.memcached, self.world.left["jobs"])
        return found


def seen_objects(bucket: str) -> Json:
    """Return what stands in a bucket: bytes, headers and tags by key; of releases the ETag."""
    s3 = boto3.client("s3")
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for key in (row["Key"] for row in page.get("Contents", ())):
            answer = s3.get_object(Bucket=bucket, Key=key)
            if key.startswith("releases/"):
                found[key] = answer["ETag"].strip('"')
                continue
            tagging = s3.get_object_tagging(Bucket=bucket, Key=key)
            found[key] = [answer["Body"].read().decode(), *headers_of(answer), tags_of(tagging)]
    return found


def seen_records(zone: str) -> list[Json]:
    """Return the records of a zone but for its own."""
    pages = boto3.client("route53").get_paginator("list_resource_record_sets")
    found = [
        dict(record)
        for page in pages.paginate(HostedZoneId=zone)
        for record in page["ResourceRecordSets"]
        if record["Type"] not in {"NS", "SOA"}
    ]
    return sorted(found, key=lambda one: (one["Name"], one["Type"], one.get("SetIdentifier", "")))


def seen_list(bucket: str) -> Json:
    """Return the new platform's list of jobs, which is a document in the state bucket."""
    try:
        answer = boto3.client("s3").get_object(Bucket=bucket, Key=LIST)
    except ClientError:
        return {}
    return dict(json.loads(answer["Body"].read())["jobs"])


def seen_preferences(server: RealMemcached, jobs: list[str]) -> dict[str, Json | None]:
    """Return which platform memcached prefers for each job."""
    client = server.client()
    found = {job: client.get(PREFERRED + job) for job in jobs}
    client.close()
    return {job: json.loads(value) if value else None for job, value in found.items()}


def _read(path: Path) -> Json:
    found = json.loads(path.read_text())
    assert isinstance(found, dict)
    return found


def headers_of(answer: Any) -> list[str]:
    """Return the headers that an object is stored under; "" for each that it has not."""
    names = ("ContentType", "CacheControl", "ContentEncoding")
    return [str(answer.get(name, "")) for name in names]


def tags_of(answer: Any) -> str:
    """Return tags as a request states them."""
    return urlencode({tag["Key"]: tag["Value"] for tag in answer["TagSet"]})


def _load_bucket(world: KeptWorld, name: str, *, versioned: bool) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for row in world.rows(name):
        if row.get("deleted"):
            s3.delete_object(Bucket=name, Key=row["key"])
        else:
            kind, cache, encoding = row["headers"]
            extra: Json = {"CacheControl": cache} if cache else {}
            extra |= {"ContentEncoding": encoding} if encoding else {}
            s3.put_object(
                Bucket=name,
                Key=row["key"],
                Body=world.body(name, row),
                ContentType=kind,
                ChecksumAlgorithm="SHA256",
                **extra,
            )
        stored = s3_backends[ACCOUNT]["aws"].buckets[name].keys.getlist(row["key"])[-1]
        stored.last_modified = datetime.fromisoformat(row["modified"])
        if versioned and row["version"]:
            stored._version_id = row["version"]  # noqa: SLF001  moto offers no other way
        if row.get("tags"):  # moto keeps them by the version's id
            tags: Any = [{"Key": key, "Value": value} for key, value in parse_qsl(row["tags"])]
            s3.put_object_tagging(Bucket=name, Key=row["key"], Tagging={"TagSet": tags})


def _load_zone(kept: Json) -> None:
    route53 = boto3.client("route53")
    answer = route53.create_hosted_zone(Name=kept["name"], CallerReference="kept")
    zones = route53_backends[ACCOUNT]["aws"].zones
    zone = zones.pop(answer["HostedZone"]["Id"].removeprefix("/hostedzone/"))
    zone.resource_id = kept["id"]
    zones[kept["id"]] = zone
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in kept["records"]]
    batch: Any = {"Changes": changes}
    route53.change_resource_record_sets(HostedZoneId=kept["id"], ChangeBatch=batch)


@contextmanager
def _memcached(items: dict[str, str]) -> Iterator[RealMemcached | None]:
    if not items:
        yield None
        return
    server = RealMemcached()
    try:
        client = server.client()
        for key, value in items.items():
            client.set(key, value)
        client.close()
        yield server
    finally:
        server.kill()
