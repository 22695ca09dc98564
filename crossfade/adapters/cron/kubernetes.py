"""CronJobs through the Kubernetes API: reading one, and its `suspend`.

The client is an extra and is loaded when it is used. `suspend` is changed by a JSON patch that
tests the resource version, so that a change by somebody else meanwhile is never overwritten; a list
of operations is also the one form of a patch that all versions of the client send as what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossfade.adapters.kubernetes.client import INVALID, TIMEOUT_SECONDS, kube_api, translated
from crossfade.errors import Conflict
from crossfade.plan.cron.move.checks import CronJobSpec

_ABSENT = (
    "apply its manifest, suspended, or correct `namespace`, `cronjob` and `context` of the job in "
    "crossfade.toml"
)
_ROLE = "move-cron.yaml"


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


def read_cronjob(api: Any, namespace: str, name: str) -> CronJob:  # noqa: ANN401
    """Read a CronJob.

    Raises:
        Refused: There is none of that name.
        Unavailable: The API gave no answer.
    """
    with translated(f"read CronJob {namespace}/{name}", absent=_ABSENT, role=_ROLE):
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
    with translated(f"{verb} CronJob {seen.namespace}/{seen.name}", absent=_ABSENT, role=_ROLE):
        try:
            api.patch_namespaced_cron_job(
                seen.name, seen.namespace, patch, _request_timeout=TIMEOUT_SECONDS
            )
        except Exception as error:
            # A failed `test` is answered as invalid, like a patch that cannot be applied at all.
            if getattr(error, "status", 0) != INVALID:
                raise
            if read_cronjob(api, seen.namespace, seen.name).version == seen.version:
                raise
            raise Conflict(
                f"could not {verb} CronJob {seen.namespace}/{seen.name}: it was changed meanwhile"
            ) from error
