"""An observer of a Deployment's pods: their annotations, and the ids of the images that run.

An annotation says what a pod was made for; the id of its image says what runs. Where a pod's image
was asked for by digest and another one runs, that pod tells no version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.adapters.kubernetes.client import TIMEOUT_SECONDS, translated
from crossfade.adapters.tandem.answers import Told, seen_by
from crossfade.adapters.tandem.deployment import ABSENT, CONFIGURATION, ROLE, VERSION
from crossfade.errors import Refused

if TYPE_CHECKING:
    from crossfade.plan.tandem.pair import Seen


class Pods:
    """An `Observer` by one Deployment's pods."""

    def __init__(self, api: Any, namespace: str, name: str, container: str) -> None:  # noqa: ANN401
        """Prepare to see them.

        Args:
            api: The Kubernetes client.
            namespace: The Deployment's namespace.
            name: Its name.
            container: The container whose image is the release; "" for the only one.
        """
        from kubernetes import client  # noqa: PLC0415  an extra, and slow to load

        self._apps, self._core = client.AppsV1Api(api), client.CoreV1Api(api)
        self._namespace = namespace
        self._name = name
        self._container = container

    def observe(self) -> Seen:
        """Return what the pods that take requests run.

        Raises:
            Refused: There is no such Deployment.
            Unavailable: Nothing answered.
        """
        where = f"{self._namespace}/{self._name}"
        with translated(f"read the pods of Deployment {where}", absent=ABSENT, role=ROLE):
            found: Any = self._apps.read_namespaced_deployment(
                self._name, self._namespace, _request_timeout=TIMEOUT_SECONDS
            )
            labels = found.spec.selector.match_labels or {}
            if not labels:
                raise Refused(f"Deployment {where} selects its pods by no labels")
            pods: Any = self._core.list_namespaced_pod(
                self._namespace,
                label_selector=",".join(f"{key}={value}" for key, value in labels.items()),
                _request_timeout=TIMEOUT_SECONDS,
            )
        return seen_by(self._told(one) for one in pods.items if _takes_requests(one))

    def _told(self, pod: Any) -> Told:  # noqa: ANN401  the client's V1Pod
        marks = pod.metadata.annotations or {}
        asked = {one.name: one.image or "" for one in pod.spec.containers}
        runs = {one.name: one.image_id or "" for one in pod.status.container_statuses or ()}
        name = self._container or next(iter(asked))
        wanted, running = _digest(asked.get(name, "")), _digest(runs.get(name, ""))
        if wanted and running and wanted != running:
            return f"the image {running[:19]} instead of {wanted[:19]}", ""
        return marks.get(VERSION, ""), marks.get(CONFIGURATION, "")


def _takes_requests(pod: Any) -> bool:  # noqa: ANN401  as above
    if pod.metadata.deletion_timestamp is not None or pod.status is None:
        return False
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())


def _digest(image: str) -> str:
    """Return the digest in an image's name or id; "" where it has none."""
    return image.partition("@")[2]
