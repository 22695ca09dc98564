"""A cluster with CronJobs, as the Kubernetes client shows it: only what the mover asks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from kubernetes.client.exceptions import ApiException

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Cluster:
    """Stands for the client's `BatchV1Api`."""

    cronjobs: dict[str, Any] = field(default_factory=dict)
    active: list[str] = field(default_factory=list)
    down: bool = False
    fault: Callable[[str], None] = lambda _: None
    patches: list[tuple[str, bool]] = field(default_factory=list)

    def has(self, job: str, schedule: str, *, suspend: bool = True) -> None:
        """Make a job's CronJob, as `crossfade cron manifests` writes it."""
        name = job.replace(".", "-")
        words = ["crossfade", "cron", "run", "--job", job, "--schedule", schedule]
        container = SimpleNamespace(
            command=[*words, "--platform", "new", "--", "/bin/sh", "-c", "true"], args=None
        )
        pod = SimpleNamespace(restart_policy="Never", containers=[container])
        job_spec = SimpleNamespace(template=SimpleNamespace(spec=pod), backoff_limit=0)
        spec = SimpleNamespace(
            schedule=schedule,
            time_zone="UTC",
            concurrency_policy="Forbid",
            suspend=suspend,
            starting_deadline_seconds=150,
            job_template=SimpleNamespace(spec=job_spec),
        )
        metadata = SimpleNamespace(name=name, resource_version="1")
        self.cronjobs[name] = SimpleNamespace(metadata=metadata, spec=spec)

    def read_namespaced_cron_job(self, name: str, namespace: str, **_: Any) -> Any:
        """Answer as the API does."""
        self._asked(f"read {name}", namespace)
        if name not in self.cronjobs:
            raise ApiException(status=404, reason="Not Found")
        found = self.cronjobs[name]
        found.status = SimpleNamespace(active=[SimpleNamespace(name=one) for one in self.active])
        return found

    def patch_namespaced_cron_job(
        self, name: str, namespace: str, body: list[dict[str, Any]], **_: Any
    ) -> None:
        """Answer as the API does to a JSON patch that tests the resource version."""
        self._asked(f"patch {name}", namespace)
        test, add = body
        found = self.cronjobs[name]
        if test["value"] != found.metadata.resource_version:
            raise ApiException(status=422, reason="Unprocessable Entity")
        found.spec.suspend = add["value"]
        self.patches.append((name, add["value"]))
        self.moves(name)
        self.fault(f"after kubernetes patch {name}")

    def moves(self, name: str) -> None:
        """Let something in a CronJob change, as its status does all the time."""
        metadata = self.cronjobs[name].metadata
        metadata.resource_version = str(int(metadata.resource_version) + 1)

    def _asked(self, what: str, namespace: str) -> None:
        assert namespace == "default"
        if self.down:
            raise ApiException(status=503, reason="Service Unavailable")
        self.fault(f"before kubernetes {what}")
