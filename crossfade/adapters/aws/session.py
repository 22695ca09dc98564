"""AWS sessions, and botocore's errors translated into crossfade's.

Credentials, region and endpoints come from the standard AWS variables and profiles. No
`ClientError` passes this layer: callers see `Unavailable` (try again), `Conflict` (the world
moved), `BadInput` (mend the configuration) or `Failed` (an honest end).
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.utils import parse_timestamp

from crossfade.errors import BadInput, Conflict, CrossfadeError, Failed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS = 4
READ_SECONDS = 10
ATTEMPTS = 3

LONGEST_REQUEST_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
"""The longest that one request can take with its retries, back-off aside.

No write begins unless the lease has more time left than this, so that a worker whose lease lapses
has no write under way."""

_TRANSIENT = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "InternalError",
    "InternalFailure",
    "ServiceUnavailable",
    "OperationAborted",
    "ConditionalRequestConflict",
}
_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "TokenRefreshRequired",
    "RequestExpired",
}
FORBIDDEN = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"}
"""Codes that say that the credentials are good and the right is missing."""
_MENDS = {
    "NoSuchBucket": ("the bucket does not exist; correct its name in crossfade.toml or create it"),
    "KeyTooLongError": "a key of S3 has at most 1024 bytes: give a shorter name",
}
_MISSING = {"NotImplemented", "501"}
"""What an S3 answers to a request that it does not know: it would do so again."""
_MOVED = {"PreconditionFailed", "412"}
_HTTP_SERVER_ERROR = 500

_USER_AGENT = f"crossfade boto3/{boto3.__version__}"
"""botocore would put one together anew, twice for each request: 7 % of what a copy costs."""


def session() -> boto3.Session:
    """Return a session on the standard chain of AWS variables and profiles.

    Raises:
        BadInput: The named profile does not exist.
    """
    core = botocore.session.get_session()
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=timestamp)
    try:
        return boto3.Session(botocore_session=core)
    except ProfileNotFound as error:
        raise BadInput(f"{error}: set AWS_PROFILE to one of your profiles, or unset it") from error


def timestamp(value: Any) -> datetime:  # noqa: ANN401  what services answer: text or a number
    """Read a timestamp of an answer as botocore does, and S3's form of it without dateutil.

    That reads a page of a listing in a third of the time.
    """
    if isinstance(value, str) and value[10:11] == "T" and value.endswith("Z"):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # a form that only botocore knows
    read: datetime = parse_timestamp(value)
    return read


def new_client(aws: boto3.Session, service: Any, *, connections: int) -> Any:  # noqa: ANN401  boto3 types each service apart
    """Return a client with bounded waits, few retries and enough connections.

    Raises:
        BadInput: The region or the endpoint is missing or malformed.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=connections,
        user_agent=_USER_AGENT,
    )
    try:
        return aws.client(service, config=config)
    except (BotoCoreError, ValueError) as error:
        said = _one_line(error)
        if said.startswith("Invalid endpoint"):  # it quotes all of it, be there a password or not
            said = "the endpoint is no address"
        raise BadInput(
            f"no client for {service}: {said}; set AWS_REGION and check AWS_ENDPOINT_URL"
        ) from error


def code(error: ClientError) -> str:
    """Return the error code that the service answered with."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate botocore's errors of one request.

    Args:
        what: The request in words, such as "read s3://bucket/key"; it opens the message.
    """
    try:
        yield
    except ClientError as error:
        raise _from_answer(what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise BadInput(
            f"could not {what}: no AWS credentials were found; set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except NoRegionError as error:
        raise BadInput(f"could not {what}: no AWS region is set; set AWS_REGION") from error
    except BotoCoreError as error:
        raise Unavailable(f"could not {what}: no answer ({_one_line(error)})") from error


def _from_answer(what: str, error: ClientError) -> CrossfadeError:
    answer = code(error)
    detail = _one_line(error.response.get("Error", {}).get("Message", "")) or "no message"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if answer in _MOVED:
        return Conflict(f"could not {what}: it was changed meanwhile ({answer})")
    broken = status >= _HTTP_SERVER_ERROR and answer not in _MISSING
    if answer in _TRANSIENT or broken:
        return Unavailable(f"could not {what}: the service answered {answer} ({detail})")
    if answer in _CREDENTIALS:
        return Failed(
            f"could not {what}: the AWS credentials are no longer valid ({answer}); renew them"
        )
    if answer in FORBIDDEN:
        return Failed(
            f"could not {what}: access denied ({detail}); docs/permissions.md lists the rights"
        )
    if answer in _MENDS:
        return BadInput(f"could not {what}: {_MENDS[answer]}")
    return Failed(f"could not {what}: the service answered {answer} ({detail})")


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
