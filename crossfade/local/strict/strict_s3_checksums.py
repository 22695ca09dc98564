"""S3's checks of what arrived: a stated digest that does not fit the body is refused.

CRC32C and CRC64NVME are kept and answered, but not recomputed: the standard library has neither.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from typing import TYPE_CHECKING

from moto.s3.exceptions import S3ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.s3.responses import S3Response

_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "SHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "SHA256": lambda body: hashlib.sha256(body).digest(),
}
_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
_TRAILER = re.compile(rb"x-amz-checksum-(\w+):([A-Za-z0-9+/]+=*)\s*\Z")


def stated_checksum(
    self: S3Response, response_headers: dict[str, object]
) -> tuple[str, str | None]:
    """Return the algorithm and the base64 value to keep with the object; answer them too.

    The value is the one that the request states, in a header or behind a chunked body. Where it
    states an algorithm alone, the value is computed.

    Raises:
        S3ClientError: The value does not fit the body, or is no digest of that algorithm.
    """
    body = self.body or b""
    algorithm, value = _stated(self)
    if not algorithm:
        return "", None
    if value is None:
        digest = _DIGESTS.get(algorithm)
        value = base64.b64encode(digest(body)).decode() if digest else None
    else:
        _verify(algorithm, value, body)
    if value is not None:
        response_headers[f"x-amz-checksum-{algorithm.lower()}"] = value
        response_headers["x-amz-checksum-type"] = "FULL_OBJECT"
    return algorithm, value


def verify_md5(response: S3Response) -> None:
    """Refuse a body that does not fit its Content-MD5.

    Raises:
        S3ClientError: The header is no MD5, or is another body's.
    """
    stated = response.headers.get("Content-MD5")
    if stated is None:
        return
    digest = hashlib.md5(response.body or b"", usedforsecurity=False).digest()
    if len(_decoded(stated)) != len(digest):
        raise S3ClientError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if _decoded(stated) != digest:
        raise S3ClientError(
            "BadDigest", "The Content-MD5 you specified did not match what we received."
        )


def _stated(response: S3Response) -> tuple[str, str | None]:
    headers = {
        algorithm: response.headers[f"x-amz-checksum-{algorithm.lower()}"]
        for algorithm in _BYTES
        if f"x-amz-checksum-{algorithm.lower()}" in response.headers
    }
    if len(headers) > 1:
        raise S3ClientError(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    for algorithm, value in headers.items():
        return algorithm, value
    if "x-amz-trailer" in response.headers:
        trailer = _TRAILER.search(response.raw_body[-200:])
        if trailer:
            return trailer[1].decode().upper(), trailer[2].decode()
    return response.headers.get("x-amz-sdk-checksum-algorithm", "").upper(), None


def _verify(algorithm: str, value: str, body: bytes) -> None:
    if len(_decoded(value)) != _BYTES.get(algorithm):
        raise S3ClientError(
            "InvalidRequest", f"Value for x-amz-checksum-{algorithm.lower()} header is invalid."
        )
    digest = _DIGESTS.get(algorithm)
    if digest is not None and _decoded(value) != digest(body):
        raise S3ClientError(
            "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
        )


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""
