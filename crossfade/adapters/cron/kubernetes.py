"""CronJobs through the Kubernetes API: reading one, and its `suspend`.

The client is an extra and is loaded when it is used. `suspend` is changed by a JSON patch that
tests the resource version, so that a change by somebody else meanwhile is never overwritten; a list
of operations is also the one form of a patch that all versions of the client send as what it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict, CrossfadeError, Failed, Refused, Unavailable
from crossfade.plan.cron.move.checks import CronJobSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = (5, 15)
"""For connecting, and for each answer."""

_CONFLICT, _INVALID, _THROTTLED, _SERVER_ERROR = 409, 422, 429, 500
_ABSENT, _UNAUTHORISED, _FORBIDDEN = 404, 401, 403


@dataclass(frozen=True, slots=True)
class CronJob:
    """A CronJob as read.

    Attributes:
        namespace: Where it is.
        name: Its name.
        version: Its resource version.
        suspended: Whether it makes no more Jobs; those that run go on.
        active: Names of its Jobs that run.
        spec: What it does.
    """

    namespace: str
    name: str
    version: str
    suspended: bool
    active: tuple[str, ...]
    spec: CronJobSpec


def batch_api(context: str) -> Any:  # noqa: ANN401  the client's BatchV1Api, loaded late
    """Return the API of CronJobs in one cluster; see `kube_api`."""
    api = kube_api(context)
    from kubernetes import client  # noqa: PLC0415  an extra, and slow to load

    return client.BatchV1Api(api)


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


def read_cronjob(api: Any, namespace: str, name: str) -> CronJob:  # noqa: ANN401
    """Read a CronJob.

    Raises:
        Refused: There is none of that name.
        Unavailable: The API gave no answer.
    """
    with _translated(f"read CronJob {namespace}/{name}"):
        found = api.read_namespaced_cron_job(name, namespace, _request_timeout=TIMEOUT_SECONDS)
    job = found.spec.job_template.spec
    pod = job.template.spec
    active = found.status.active or () if found.status else ()
    return CronJob(
        namespace=namespace,
        name=name,
        version=found.metadata.resource_version or "",
        suspended=bool(found.spec.suspend),
        active=tuple(one.name for one in active),
        spec=CronJobSpec(
            schedule=found.spec.schedule,
            timezone=found.spec.time_zone or "",
            policy=found.spec.concurrency_policy or "Allow",
            deadline=found.spec.starting_deadline_seconds,
            restart=pod.restart_policy or "Always",
            backoff=job.backoff_limit,
            words=tuple(
                word
                for container in pod.containers
                for word in (*(container.command or ()), *(container.args or ()))
            ),
        ),
    )


def set_suspend(api: Any, seen: CronJob, *, suspend: bool) -> None:  # noqa: ANN401
    """Change a CronJob's `suspend`, if nothing in it changed since it was read.

    An answer that was lost leaves it open whether it was changed: read again.

    Raises:
        Conflict: It was changed meanwhile, if only in its status; read again.
        Unavailable: The API gave no answer.
    """
    patch = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": seen.version},
        {"op": "add", "path": "/spec/suspend", "value": suspend},
    ]
    verb = "suspend" if suspend else "un-suspend"
    with _translated(f"{verb} CronJob {seen.namespace}/{seen.name}"):
        try:
            api.patch_namespaced_cron_job(
                seen.name, seen.namespace, patch, _request_timeout=TIMEOUT_SECONDS
            )
        except Exception as error:
            # A failed `test` is answered as invalid, like a patch that cannot be applied at all.
            if getattr(error, "status", 0) != _INVALID:
                raise
            if read_cronjob(api, seen.namespace, seen.name).version == seen.version:
                raise
            raise Conflict(
                f"could not {verb} CronJob {seen.namespace}/{seen.name}: it was changed meanwhile"
            ) from error


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Translate the client's errors of one request.

    Args:
        what: The request in words; it opens the message.
    """
    from kubernetes.client.exceptions import OpenApiException  # noqa: PLC0415  an extra
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  comes with it

    try:
        yield
    except OpenApiException as error:
        raise _from_answer(what, error) from error
    except (HTTPError, OSError) as error:
        raise Unavailable(f"could not {what}: no answer ({_one_line(error)})") from error


def _from_answer(what: str, error: Any) -> CrossfadeError:  # noqa: ANN401
    status = getattr(error, "status", None) or 0
    detail = _one_line(getattr(error, "reason", "") or error)
    if status == _CONFLICT:
        return Conflict(f"could not {what}: it was changed meanwhile")
    if status == _ABSENT:
        return Refused(
            f"could not {what}: there is none; apply its manifest, suspended, or correct "
            "`namespace`, `cronjob` and `context` of the job in crossfade.toml"
        )
    if status in {_UNAUTHORISED, _FORBIDDEN}:
        return Failed(
            f"could not {what}: access denied ({status} {detail}); deployments/kubernetes has the "
            "role that is needed"
        )
    if status == _THROTTLED or status >= _SERVER_ERROR:
        return Unavailable(f"could not {what}: the API answered {status} {detail}")
    return Failed(f"could not {what}: the API answered {status} {detail}")


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
