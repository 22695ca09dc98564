"""The fence of time around writes: S3 itself refuses one that comes too late.

A write that is fenced is signed in its query, with an expiry (`X-Amz-Expires`) that counts from
S3's own clock. Each sending is signed anew, retries too, and only after whoever guards the write
has allowed it.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import botocore.auth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from botocore.awsrequest import AWSRequest
    from mypy_boto3_s3 import S3Client

FENCED = "s3v4-fenced"
"""botocore's name for the signatures that are made here."""


class Fence(Protocol):
    """Guards writes, as a lease does."""

    def writing(self) -> AbstractContextManager[Callable[[], timedelta]]:
        """Guard one write; what is given allows one sending of it, and says for how long."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """What the write under way in this thread is signed with.

    Attributes:
        allow: Allows one sending and says for how long S3 shall take it.
        now: S3's present time.
    """

    allow: Callable[[], timedelta]
    now: Callable[[], datetime]


_NEXT: ContextVar[Fenced | None] = ContextVar("fenced", default=None)
"""How the next request of this thread is signed."""

_CONTEXT = "crossfade-fence"
"""Where botocore carries it along with that request, through all its sendings."""


class _ExpiringAuth(botocore.auth.S3SigV4QueryAuth):
    """Signs in the query, dated by S3's clock, for as long as the guard allows."""

    def add_auth(self, request: AWSRequest) -> None:
        fenced: Fenced = request.context[_CONTEXT]
        self._expires = max(1, int(fenced.allow().total_seconds()))
        if self.credentials is None:
            raise botocore.auth.NoCredentialsError
        request.context["timestamp"] = fenced.now().strftime(botocore.auth.SIGV4_TIMESTAMP)
        # A signature in the query would move the body there as well: it stays where it is.
        body, request.data = request.data, b""
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]
        request.data = body
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]


botocore.auth.AUTH_TYPE_MAPS[FENCED] = _ExpiringAuth


def fence_client(client: S3Client) -> None:
    """Let a client sign fenced writes in their own way; all else it signs as ever."""
    take: Any = _take
    choose: Any = _choose  # botocore calls handlers for what they return
    client.meta.events.register("before-parameter-build.s3", take, unique_id=f"{_CONTEXT}-take")
    client.meta.events.register("choose-signer.s3", choose, unique_id=f"{_CONTEXT}-choose")


def _take(context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401  botocore's event
    """Bind the fence to one request: what the guard itself asks of S3 is not fenced."""
    if (fenced := _NEXT.get()) is not None:
        _NEXT.set(None)
        context[_CONTEXT] = fenced


def _choose(context: dict[str, Any], **_: Any) -> str | None:  # noqa: ANN401  as above
    return FENCED if _CONTEXT in context else None


@contextmanager
def guarded(fence: Fence | None, now: Callable[[], datetime]) -> Iterator[None]:
    """Sign one S3 write of this thread under a fence; None signs it as ever.

    Args:
        fence: Guards the write.
        now: S3's present time.
    """
    if fence is None:
        yield
        return
    with fence.writing() as allow:
        token = _NEXT.set(Fenced(allow, now))
        try:
            yield
        finally:
            _NEXT.reset(token)
