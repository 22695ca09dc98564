"""S3's rules where moto is lax: conditions, checksums, limits, delete markers, dates, atomicity.

moto takes one request per thread at a time and checks a condition before it writes, without a lock
between the two; here every request holds one lock, so that compare-and-swap is atomic under
threads. Sources: the API reference of PutObject, CopyObject, DeleteObject and DeleteObjects, and
the user guide's pages on object keys, metadata, tagging and checking object integrity.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

import xmltodict
from moto.core.responses import ActionResult
from moto.s3.exceptions import (
    InvalidTagError,
    MalformedXML,
    MissingKey,
    PreconditionFailed,
    S3ClientError,
)
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response
from werkzeug.http import http_date

from crossfade.local.strict.replacement import replaced
from crossfade.local.strict.strict_s3_checksums import stated_checksum, verify_md5
from crossfade.local.strict.strict_s3_listing import list_object_versions, list_objects_v2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_BYTES = 1024
METADATA_BYTES = 2048
TAGS = 10
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
DELETE_BATCH = 1000


@contextmanager
def strict_s3(*, clock: Callable[[], float]) -> Iterator[None]:
    """Install the rules on moto's S3 until the block ends.

    Args:
        clock: Seconds since 1970; every answer carries it as its Date, as the real ones do.
    """
    lock = RLock()
    responses: dict[str, object] = {
        "_key_response": _alone(lock, S3Response._key_response, _refuse_on_key, clock),  # noqa: SLF001
        "_bucket_response": _alone(lock, S3Response._bucket_response, _refuse_nothing, clock),  # noqa: SLF001
        "_bucket_response_delete_keys": _limited(S3Response._bucket_response_delete_keys),  # noqa: SLF001
        "_get_checksum": stated_checksum,
        "copy_object": _conditional_copy(S3Response.copy_object),
        "list_object_versions": list_object_versions,
        "_send_response": classmethod(_dated(vars(S3Response)["_send_response"].__func__, clock)),
    }
    backend = {"list_objects_v2": list_objects_v2, "_set_delete_marker": _set_delete_marker}
    with ExitStack() as stack:
        stack.enter_context(replaced(S3Response, responses))
        stack.enter_context(replaced(S3Backend, backend))
        yield


def _alone(
    lock: RLock,
    original: Callable[..., Any],
    refuse: Callable[[S3Response], None],
    clock: Callable[[], float],
) -> Callable[..., Any]:
    def respond(self: S3Response, *args: object) -> Any:  # noqa: ANN401  moto's own answer
        with lock:
            try:
                _refuse_expired(self, clock())
                refuse(self)
                return original(self, *args)
            except _NotImplementedError as error:
                _, headers, body = self.serialized(ActionResult(error))
                return HTTPStatus.NOT_IMPLEMENTED, headers, body
            except _ExpiredError as error:
                _, headers, body = self.serialized(ActionResult(error))
                return HTTPStatus.FORBIDDEN, headers, body

    return respond


class _ExpiredError(S3ClientError):
    code = "AccessDenied"

    def __init__(self) -> None:
        super().__init__("Request has expired")


def _refuse_expired(response: S3Response, now: float) -> None:
    """Refuse a request whose query signature has expired, as S3 does by its own clock."""
    query = dict(parse_qsl(urlsplit(response.uri).query))
    if "X-Amz-Expires" not in query:
        return
    signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if now > signed.timestamp() + int(query["X-Amz-Expires"]):
        raise _ExpiredError


class _NotImplementedError(S3ClientError):
    code = "NotImplemented"

    def __init__(self) -> None:
        super().__init__("A header you provided implies functionality that is not implemented")


def _refuse_nothing(_: S3Response) -> None:
    """Let every request on a bucket pass."""


def _refuse_on_key(response: S3Response) -> None:
    key = response.parse_key_name()
    if len(key.encode()) > KEY_BYTES:
        raise S3ClientError("KeyTooLongError", "Your key is too long")
    if response.method != "PUT" or "partNumber" in response.querystring:
        return
    verify_md5(response)
    _refuse_tags(response)
    _refuse_metadata(response)
    if response.headers.get("If-None-Match", "*") != "*":
        raise _NotImplementedError


def _refuse_tags(response: S3Response) -> None:
    tags = parse_qsl(response.headers.get("x-amz-tagging", ""), keep_blank_values=True)
    if len(tags) > TAGS:
        raise S3ClientError("BadRequest", f"Object tags cannot be greater than {TAGS}")
    if len({name for name, _ in tags}) < len(tags):
        raise InvalidTagError("Cannot provide multiple Tags with the same key")
    for name, value in tags:
        if not 1 <= len(name) <= TAG_KEY_LENGTH:
            raise InvalidTagError("The TagKey you have provided is invalid")
        if len(value) > TAG_VALUE_LENGTH:
            raise InvalidTagError("The TagValue you have provided is invalid")


def _refuse_metadata(response: S3Response) -> None:
    prefix = "x-amz-meta-"
    size = sum(
        len(name) - len(prefix) + len(value.encode())
        for name, value in response.headers.items()
        if name.lower().startswith(prefix)
    )
    if size > METADATA_BYTES:
        raise S3ClientError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        )


def _limited(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_keys(self: S3Response, *args: object, **options: object) -> Any:  # noqa: ANN401
        if self.body.count(b"<Object>") > DELETE_BATCH:
            raise MalformedXML
        whole, moved = self.body, _moved(self)
        self.body = _OBJECT.sub(lambda found: b"" if found[0] in moved else found[0], whole)
        errors = "".join(map(_error, moved.values()))
        if moved and b"<Object>" not in self.body:
            return HTTPStatus.OK, {}, f"{_RESULT}{errors}</DeleteResult>"
        status, headers, body = original(self, *args, **options)
        return status, headers, body.replace("</DeleteResult>", f"{errors}</DeleteResult>")

    return delete_keys


_OBJECT = re.compile(rb"<Object>.*?</Object>", re.DOTALL)
_RESULT = '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'


def _moved(response: S3Response) -> dict[bytes, str]:
    """Return the objects of a DeleteObjects whose stated ETag is not what stands there, by key.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
    """
    moved: dict[bytes, str] = {}
    for found in _OBJECT.findall(response.body):
        wanted = xmltodict.parse(found)["Object"]
        stated, key = wanted.get("ETag"), wanted["Key"]
        if stated is None:
            continue
        stored = response.backend.get_object(response.bucket_name, key)
        if stored is None or not _same_etag(stored, stated):
            moved[found] = key
    return moved


def _error(key: str) -> str:
    return f"<Error><Key>{escape(key)}</Key><Code>PreconditionFailed</Code></Error>"


def _conditional_copy(original: Callable[..., Any]) -> Callable[..., Any]:
    def copy_object(self: S3Response) -> Any:  # noqa: ANN401  moto's own answer
        _refuse_source(self)
        _refuse_destination(self)
        status, headers, body = original(self)
        # moto puts a dictionary among the headers when a checksum algorithm is asked for.
        headers.pop("Checksum", None)
        return status, headers, body

    return copy_object


def _refuse_source(response: S3Response) -> None:
    stated = response.headers.get("x-amz-copy-source-if-match")
    if stated is None:
        return
    source = urlsplit(response.headers["x-amz-copy-source"])
    bucket, key = unquote(source.path).lstrip("/").split("/", 1)
    version_id = dict(parse_qsl(source.query)).get("versionId")
    stored = response.backend.get_object(bucket, key, version_id=version_id)
    if stored is not None and not _same_etag(stored, stated):
        raise PreconditionFailed("x-amz-copy-source-If-Match")


def _refuse_destination(response: S3Response) -> None:
    key = response.parse_key_name()
    stored = response.backend.get_object(response.bucket_name, key)
    stated = response.headers.get("If-Match")
    if stated is not None and stored is None:
        raise MissingKey(key=key)
    if stated is not None and stored is not None and not _same_etag(stored, stated):
        raise PreconditionFailed("If-Match")
    if "If-None-Match" in response.headers and stored is not None:
        raise PreconditionFailed("If-None-Match")


def _same_etag(stored: FakeKey, stated: str) -> bool:
    return stored.etag.strip('"') == stated.strip('"')


def _set_delete_marker(self: S3Backend, bucket_name: str, key_name: str) -> FakeDeleteMarker:
    """Mark a key as deleted; S3 does so even where the key never held an object."""
    keys = self.get_bucket(bucket_name).keys
    hidden = keys.get(key_name) or FakeKey(key_name, b"", self.account_id, self.region_name)
    marker = FakeDeleteMarker(key=hidden)
    keys[key_name] = marker
    return marker


def _dated(original: Callable[..., Any], clock: Callable[[], float]) -> Callable[..., Any]:
    def send_response(cls: type[S3Response], response: object) -> Any:  # noqa: ANN401
        status, headers, body = original(cls, response)
        headers["date"] = http_date(clock())
        return status, headers, body

    return send_response
