from __future__ import annotations

import base64
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local.conftest import Aws

ODD_KEYS = [
    "a b.js",
    "a+b.js",
    "a%b.js",
    "a%20b.js",
    "a&b.js",
    "a#b.js",
    "a?b=c.js",
    "größe/日本.js",
    "quo'te\"<>.js",
    "a//b.js",
    "a;b,c=d.js",
    "chunk~1.js",
    "[slug].js",
    "control\x01.js",
]


def refusal(call: Any, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_survive_writing_copying_listing_tagging_and_deleting(aws: Aws, key: str) -> None:
    aws.put(f"from/{key}", b"bytes")
    copied = aws.s3.copy_object(
        Bucket=aws.bucket,
        Key=f"to/{key}",
        CopySource={"Bucket": aws.bucket, "Key": f"from/{key}"},
    )
    assert aws.body(f"to/{key}") == b"bytes"
    assert aws.keys() == [f"from/{key}", f"to/{key}"]
    versions = aws.s3.list_object_versions(Bucket=aws.bucket, Prefix=f"to/{key}")["Versions"]
    assert [(row["Key"], row["VersionId"]) for row in versions] == [
        (f"to/{key}", copied["VersionId"])
    ]
    again = aws.s3.copy_object(
        Bucket=aws.bucket,
        Key="back",
        CopySource={"Bucket": aws.bucket, "Key": f"to/{key}", "VersionId": copied["VersionId"]},
    )
    assert again["CopyObjectResult"]["ETag"] == copied["CopyObjectResult"]["ETag"]
    aws.s3.put_object_tagging(
        Bucket=aws.bucket, Key=f"to/{key}", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    )
    if key.isprintable():  # XML cannot carry the others, so that no client can batch them
        deleted = aws.s3.delete_objects(
            Bucket=aws.bucket, Delete={"Objects": [{"Key": f"to/{key}"}]}
        )
        assert [row["Key"] for row in deleted["Deleted"]] == [f"to/{key}"]
    else:
        aws.s3.delete_object(Bucket=aws.bucket, Key=f"to/{key}")
    assert aws.keys() == ["back", f"from/{key}"]


def test_put_honours_its_conditions(aws: Aws) -> None:
    etag = aws.put("head", b"1")
    put = aws.s3.put_object
    target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "head", "Body": b"2"}
    assert refusal(put, **target, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert refusal(put, **target, IfMatch='"other"') == (412, "PreconditionFailed")
    assert refusal(put, **{**target, "Key": "new"}, IfMatch=etag) == (404, "NoSuchKey")
    assert refusal(put, **target, IfNoneMatch=etag) == (501, "NotImplemented")
    assert aws.body("head") == b"1"
    put(**target, IfMatch=etag)
    put(**{**target, "Key": "new"}, IfNoneMatch="*")
    assert (aws.body("head"), aws.body("new")) == (b"2", b"2")


def test_copy_honours_conditions_on_its_destination(aws: Aws) -> None:
    aws.put("from", b"1")
    etag = aws.put("to", b"0")
    copy = aws.s3.copy_object
    target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "to", "CopySource": aws.source("from")}
    assert refusal(copy, **target, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert refusal(copy, **target, IfMatch='"other"') == (412, "PreconditionFailed")
    assert refusal(copy, **{**target, "Key": "new"}, IfMatch=etag) == (404, "NoSuchKey")
    assert aws.body("to") == b"0"
    copy(**target, IfMatch=etag)
    copy(**{**target, "Key": "new"}, IfNoneMatch="*")
    assert (aws.body("to"), aws.body("new")) == (b"1", b"1")


def test_copy_honours_conditions_on_its_source(aws: Aws) -> None:
    etag = aws.put("from", b"1")
    copy = aws.s3.copy_object
    target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "to", "CopySource": aws.source("from")}
    assert refusal(copy, **target, CopySourceIfMatch='"other"') == (412, "PreconditionFailed")
    assert refusal(copy, **target, CopySourceIfNoneMatch=etag) == (412, "PreconditionFailed")
    assert aws.keys() == ["from"]
    copy(**target, CopySourceIfMatch=etag)
    assert aws.body("to") == b"1"


def test_copy_of_an_old_version_is_judged_by_that_version(aws: Aws) -> None:
    old = aws.s3.put_object(Bucket=aws.bucket, Key="from", Body=b"old")
    aws.put("from", b"new")
    source: Any = {"Bucket": aws.bucket, "Key": "from", "VersionId": old["VersionId"]}
    aws.s3.copy_object(
        Bucket=aws.bucket, Key="to", CopySource=source, CopySourceIfMatch=old["ETag"]
    )
    assert aws.body("to") == b"old"


def test_delete_honours_its_condition(aws: Aws) -> None:
    etag = aws.put("k")
    delete = aws.s3.delete_object
    target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "k"}
    assert refusal(delete, **target, IfMatch='"other"') == (412, "PreconditionFailed")
    assert aws.keys() == ["k"]
    delete(**target, IfMatch=etag)
    assert aws.keys() == []


@pytest.mark.parametrize("condition", [{"IfNoneMatch": "*"}, {"IfMatch": "present"}])
def test_of_many_conditional_writes_at_once_exactly_one_wins(
    aws: Aws, condition: dict[str, Any]
) -> None:
    if "IfMatch" in condition:
        condition = {"IfMatch": aws.put("head", b"first")}

    def write(number: int) -> str:
        body = str(number).encode() * 1000
        try:
            aws.s3.put_object(Bucket=aws.bucket, Key="head", Body=body, **condition)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "won"

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # lets threads change places between a comparison and its write
    try:
        with ThreadPoolExecutor(32) as pool:
            outcomes = list(pool.map(write, range(64)))
    finally:
        sys.setswitchinterval(usual)
    assert (outcomes.count("won"), outcomes.count("PreconditionFailed")) == (1, 63)
    assert aws.body("head") == str(outcomes.index("won")).encode() * 1000


def test_a_body_that_does_not_fit_its_sha256_is_refused(aws: Aws) -> None:
    put = aws.s3.put_object
    target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "k", "Body": b"body"}
    assert refusal(put, **target, ChecksumSHA256=sha256(b"other")) == (400, "BadDigest")
    assert refusal(put, **target, ChecksumSHA256="short") == (400, "InvalidRequest")
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()  # noqa: S324
    assert refusal(put, **target, ContentMD5=wrong) == (400, "BadDigest")
    assert refusal(put, **target, ContentMD5="AAAA") == (400, "InvalidDigest")
    assert aws.keys() == []


@pytest.mark.parametrize("how", ["stated", "computed by boto3", "streamed"])
def test_a_stored_sha256_is_answered_by_put_head_get_and_copy(
    aws: Aws, how: str, tmp_path: Path
) -> None:
    body = b"body" * 100_000
    digest = sha256(body)
    if how == "stated":
        put = aws.s3.put_object(Bucket=aws.bucket, Key="k", Body=body, ChecksumSHA256=digest)
    elif how == "streamed":
        (tmp_path / "file").write_bytes(body)
        with (tmp_path / "file").open("rb") as stream:
            put = aws.s3.put_object(
                Bucket=aws.bucket, Key="k", Body=stream, ChecksumAlgorithm="SHA256"
            )
    else:
        put = aws.s3.put_object(Bucket=aws.bucket, Key="k", Body=body, ChecksumAlgorithm="SHA256")
    copied = aws.s3.copy_object(Bucket=aws.bucket, Key="c", CopySource=aws.source("k"))
    assert put["ChecksumSHA256"] == digest
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == digest
    for key in ("k", "c"):
        head = aws.s3.head_object(Bucket=aws.bucket, Key=key, ChecksumMode="ENABLED")
        assert head["ChecksumSHA256"] == digest
        got = aws.s3.get_object(Bucket=aws.bucket, Key=key, ChecksumMode="ENABLED")
        assert (got["ChecksumSHA256"], got["Body"].read()) == (digest, body)


def test_copy_computes_the_checksum_that_it_is_asked_for(aws: Aws) -> None:
    aws.put("k", b"body")
    copied = aws.s3.copy_object(
        Bucket=aws.bucket, Key="c", CopySource=aws.source("k"), ChecksumAlgorithm="SHA256"
    )
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == sha256(b"body")


def test_copy_carries_headers_and_tags_and_answers_the_version(aws: Aws) -> None:
    aws.s3.put_object(
        Bucket=aws.bucket,
        Key="k",
        Body=b"body",
        ContentType="text/css",
        CacheControl="max-age=1",
        ContentEncoding="gzip",
        Metadata={"release": "1"},
        Tagging="component=web&version=1.0%2B5",
    )
    copied = aws.s3.copy_object(Bucket=aws.bucket, Key="c", CopySource=aws.source("k"))
    head = aws.s3.head_object(Bucket=aws.bucket, Key="c")
    assert (head["ContentType"], head["CacheControl"]) == ("text/css", "max-age=1")
    assert (head["ContentEncoding"], head["Metadata"]) == ("gzip", {"release": "1"})
    assert head["VersionId"] == copied["VersionId"]
    assert head["ETag"] == copied["CopyObjectResult"]["ETag"]
    tags = aws.s3.get_object_tagging(Bucket=aws.bucket, Key="c")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"component": "web", "version": "1.0+5"}


def test_copy_with_replaced_headers_drops_those_that_are_not_restated(aws: Aws) -> None:
    aws.s3.put_object(
        Bucket=aws.bucket,
        Key="k",
        Body=b"body",
        ContentType="text/css",
        CacheControl="max-age=1",
        Metadata={"release": "1"},
        Tagging="a=b",
    )
    aws.s3.copy_object(
        Bucket=aws.bucket,
        Key="k",
        CopySource=aws.source("k"),
        MetadataDirective="REPLACE",
        ContentType="text/plain",
        TaggingDirective="REPLACE",
    )
    head = aws.s3.head_object(Bucket=aws.bucket, Key="k")
    assert head["ContentType"] == "text/plain"
    assert "CacheControl" not in head
    assert head["Metadata"] == {}
    assert aws.s3.get_object_tagging(Bucket=aws.bucket, Key="k")["TagSet"] == []


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"Tagging": "&".join(f"t{n}=v" for n in range(11))}, (400, "BadRequest")),
        ({"Tagging": "a=1&a=2"}, (400, "InvalidTag")),
        ({"Tagging": "k" * 129 + "=v"}, (400, "InvalidTag")),
        ({"Tagging": "k=" + "v" * 257}, (400, "InvalidTag")),
        ({"Metadata": {"note": "n" * 2045}}, (400, "MetadataTooLarge")),
        ({"Key": "ö" * 513}, (400, "KeyTooLongError")),
    ],
    ids=["11 tags", "tag twice", "long tag key", "long tag value", "metadata", "key"],
)
def test_what_exceeds_a_limit_is_refused_and_not_stored(
    aws: Aws, extra: dict[str, Any], expected: tuple[int, str]
) -> None:
    arguments = {"Bucket": aws.bucket, "Key": "k", "Body": b"x"} | extra
    assert refusal(aws.s3.put_object, **arguments) == expected
    assert aws.keys() == []


def test_what_just_fits_a_limit_is_stored(aws: Aws) -> None:
    aws.s3.put_object(
        Bucket=aws.bucket,
        Key="ö" * 512,
        Tagging="&".join(f"t{n}=v" for n in range(10)),
        Metadata={"note": "n" * 2044},
    )
    assert aws.keys() == ["ö" * 512]


def test_a_batch_of_more_than_1000_deletions_is_refused_whole(aws: Aws) -> None:
    aws.put("0")
    batch: list[Any] = [{"Key": str(number)} for number in range(1001)]
    delete = aws.s3.delete_objects
    assert refusal(delete, Bucket=aws.bucket, Delete={"Objects": batch}) == (400, "MalformedXML")
    assert aws.keys() == ["0"]
    delete(Bucket=aws.bucket, Delete={"Objects": batch[:1000]})
    assert aws.keys() == []


def test_deleting_what_never_was_leaves_a_delete_marker(aws: Aws) -> None:
    answer = aws.s3.delete_object(Bucket=aws.bucket, Key="never")
    assert answer["DeleteMarker"]
    listed = aws.s3.list_object_versions(Bucket=aws.bucket)
    assert "Versions" not in listed
    assert [(row["Key"], row["VersionId"]) for row in listed["DeleteMarkers"]] == [
        ("never", answer["VersionId"])
    ]
    aws.s3.delete_object(Bucket=aws.bucket, Key="never", VersionId=answer["VersionId"])
    assert "DeleteMarkers" not in aws.s3.list_object_versions(Bucket=aws.bucket)


def test_every_answer_carries_the_date_of_the_service(aws: Aws) -> None:
    def dates() -> Iterator[str]:
        target: dict[str, Any] = {"Bucket": aws.bucket, "Key": "k"}
        yield aws.s3.put_object(**target)["ResponseMetadata"]["HTTPHeaders"]["date"]
        yield aws.s3.get_object(**target)["ResponseMetadata"]["HTTPHeaders"]["date"]
        yield aws.s3.head_object(**target)["ResponseMetadata"]["HTTPHeaders"]["date"]
        yield aws.s3.delete_object(**target)["ResponseMetadata"]["HTTPHeaders"]["date"]
        with pytest.raises(ClientError) as caught:
            aws.s3.get_object(**target)
        yield caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]

    now = datetime.now(UTC)
    for date in dates():
        assert abs((parsedate_to_datetime(date) - now).total_seconds()) < 5
