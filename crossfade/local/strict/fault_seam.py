"""Puts the fault switches in front of moto: the one place that every request passes.

S3 dispatches its requests itself; all other services share moto's `BaseResponse.call_action`.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from botocore.exceptions import ConnectionClosedError
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.s3.responses import S3Response
from werkzeug.exceptions import NotFound

from crossfade.local.strict.faults import Answer, Faults, Lost
from crossfade.local.strict.replacement import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.local.strict.faults import Call, Effect

_REQUEST = "fault-injected"
UNKNOWN = "Unknown"
"""The operation of a request that no operation of the service matches."""


@contextmanager
def watched(faults: Faults) -> Iterator[None]:
    """Let every request to moto pass the switches until the block ends."""
    with ExitStack() as stack:
        for owner, method, describe in (
            (BaseResponse, "call_action", _describe),
            (S3Response, "_bucket_response", _describe_s3),
            (S3Response, "_key_response", _describe_s3),
        ):
            passed = _passing(vars(owner)[method], faults, describe)
            stack.enter_context(replaced(owner, {method: passed}))
        yield


def _passing(
    original: Callable[..., Any], faults: Faults, describe: Callable[[Any], tuple[str, str, str]]
) -> Callable[..., Any]:
    def respond(self: BaseResponse, *args: object) -> Any:  # noqa: ANN401  moto's own answer
        call, effects = faults.struck(*describe(self))
        if (effect := effects.get("before")) is not None:
            answer = _suffer(effect, call, self)
            if answer is not None:
                return answer
        result = original(self, *args)
        if (effect := effects.get("after")) is not None:
            return _suffer(effect, call, self) or result
        return result

    return respond


def _suffer(effect: Effect, call: Call, response: BaseResponse) -> Any:  # noqa: ANN401
    if isinstance(effect, Answer):
        return _error(effect, response)
    if isinstance(effect, Lost | BaseException) and response.is_werkzeug_request:
        # The server's handler ends a connection whose request raised this, without an answer.
        raise ConnectionResetError
    if isinstance(effect, Lost):
        # botocore treats its own exception as it treats a real connection's, retries included.
        raise ConnectionClosedError(endpoint_url=response.uri)
    if isinstance(effect, BaseException):
        raise effect
    effect(call)
    return None


def _error(answer: Answer, response: BaseResponse) -> tuple[int, dict[str, Any], str]:
    """Word an error as the service's protocol does; moto itself words those of its models alone."""
    service = get_service_model(response.boto3_service_name)
    kind, body = "text/xml", _xml(answer)
    if "json" in response.determine_response_protocol(service):
        kind = "application/x-amz-json-1.1"
        body = json.dumps({"__type": answer.code, "message": answer.message})
    elif service.service_name != "s3":
        body = f"<ErrorResponse>{body}<RequestId>{_REQUEST}</RequestId></ErrorResponse>"
    headers = {**response.response_headers, "Content-Type": kind}
    return answer.status, headers, "" if response.method == "HEAD" else body


def _xml(answer: Answer) -> str:
    code, message = escape(answer.code), escape(answer.message)
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


def _describe(response: BaseResponse) -> tuple[str, str, str]:
    operation = response._get_action()  # noqa: SLF001  moto has no public way to ask
    return response.boto3_service_name, operation or UNKNOWN, response.path


def _describe_s3(response: S3Response) -> tuple[str, str, str]:
    key = response.parse_key_name() if response.bucket_name else ""
    path = "/" + "/".join(part for part in (response.bucket_name, key) if part)
    try:
        operation, _ = get_service_router("s3").match(response.normalized_request)
    except NotFound:
        return "s3", UNKNOWN, path
    return "s3", operation.name, path
