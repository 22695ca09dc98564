"""Clients of clusters, and their errors translated into crossfade's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict, CrossfadeError, Failed, Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = (5, 15)
"""For connecting, and for each answer."""

INVALID = 422
"""What answers a JSON patch whose test fails, like one that cannot be applied at all."""

_CONFLICT, _THROTTLED, _SERVER_ERROR = 409, 429, 500
_ABSENT, _UNAUTHORISED, _FORBIDDEN = 404, 401, 403


def kube_api(context: str) -> Any:  # noqa: ANN401  the client's ApiClient, loaded late
    """Return the client of one cluster.

    Args:
        context: The kubeconfig's context; "" for the pod's own service account where there is one,
            else the kubeconfig's current context.

    Raises:
        BadInput: The client is not installed, or neither configuration can be used.
    """
    try:
        from kubernetes import client, config  # noqa: PLC0415  an extra, and slow to load
    except ImportError as error:
        raise BadInput(
            "the Kubernetes client is not installed: `pip install 'crossfade[kubernetes]'`"
        ) from error
    settings = client.Configuration()
    try:
        _configure(config, settings, context)
    except config.ConfigException as error:
        where = f"context {context!r}" if context else "current context"
        raise BadInput(
            f"no Kubernetes cluster can be found by the {where}: {error}; set KUBECONFIG, or run "
            "where a service account is mounted"
        ) from error
    return client.ApiClient(settings)


def _configure(config: Any, settings: Any, context: str) -> None:  # noqa: ANN401  client modules
    if not context:
        try:
            config.load_incluster_config(client_configuration=settings)
        except config.ConfigException:
            pass
        else:
            return
    config.load_kube_config(context=context or None, client_configuration=settings)


@contextmanager
def translated(what: str, *, absent: str, role: str) -> Iterator[None]:
    """Translate the client's errors of one request.

    Args:
        what: The request in words; it opens the message.
        absent: The mend where there is no such thing.
        role: The file of deployments/kubernetes with the role that is needed.
    """
    from kubernetes.client.exceptions import OpenApiException  # noqa: PLC0415  an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  comes with it

    try:
        yield
    except OpenApiException as error:
        raise _from_answer(what, error, absent, role) from error
    except (HTTPError, OSError) as error:
        raise Unavailable(f"could not {what}: no answer ({_one_line(error)})") from error


def _from_answer(what: str, error: Any, absent: str, role: str) -> CrossfadeError:  # noqa: ANN401
    status = getattr(error, "status", None) or 0
    detail = _one_line(getattr(error, "reason", "") or error)
    if status == _CONFLICT:
        return Conflict(f"could not {what}: it was changed meanwhile")
    if status == _ABSENT:
        return Refused(f"could not {what}: there is none; {absent}")
    if status in {_UNAUTHORISED, _FORBIDDEN}:
        return Failed(
            f"could not {what}: access denied ({status} {detail}); deployments/kubernetes "
            f"has the role that is needed ({role})"
        )
    if status == _THROTTLED or status >= _SERVER_ERROR:
        return Unavailable(f"could not {what}: the API answered {status} {detail}")
    return Failed(f"could not {what}: the API answered {status} {detail}")


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
