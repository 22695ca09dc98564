"""A Deployment of Kubernetes, told by the image and two annotations of its pods' template.

An order is the three as JSON. Each patch tests the resource version that was read, and is sent
again where nothing but the status has changed since.
"""

from __future__ import annotations

import json
from typing import Any

from crossfade.adapters.kubernetes.client import INVALID, TIMEOUT_SECONDS, translated
from crossfade.errors import Conflict, Refused
from crossfade.plan.tandem.order import Release, Rollout, RolloutState

VERSION, CONFIGURATION = "crossfade/version", "crossfade/configuration"
"""The annotations of a pod that say what it runs."""

BY_DIGEST = "@sha256:"
ROLE = "tandem.yaml"
ABSENT = "apply it, or correct `namespace`, `deployment` and `context` in crossfade.toml"
_ATTEMPTS = 8


class Deployment:
    """A `Target` by one Deployment."""

    def __init__(self, api: Any, namespace: str, name: str, container: str) -> None:  # noqa: ANN401
        """Prepare to tell it.

        Args:
            api: The Kubernetes client.
            namespace: Its namespace.
            name: Its name.
            container: The container whose image is the release; "" for the only one.
        """
        from kubernetes import client  # noqa: PLC0415  an extra, and slow to load

        self._apps = client.AppsV1Api(api)
        self._namespace = namespace
        self._name = name
        self._container = container

    @property
    def _what(self) -> str:
        return f"Deployment {self._namespace}/{self._name}"

    def prepare(self, release: Release) -> str:
        """Return the image and annotations for a release.

        Raises:
            Refused: Its artifact is no image by digest: a tag can be moved to another image.
        """
        self.told()
        if BY_DIGEST not in release.artifact:
            raise Refused(
                f"{release.version} names no image by its digest for {self._what} "
                f"({release.artifact or 'nothing'}): write it like registry/name@sha256:…"
            )
        return _order(release.artifact, release.version, release.digest)

    def told(self) -> str:
        """Return its image and annotations."""
        return self._told(self._read())

    def tell(self, order: str, *, seen: str) -> None:
        """Change its pods' template, if it is still the one that was seen."""
        for _ in range(_ATTEMPTS):
            found = self._read()
            if self._told(found) != seen:
                raise Conflict(f"{self._what} was told something else meanwhile")
            if self._patched(found, order):
                return
        raise Conflict(f"{self._what} changes all the time: try again")

    def rollout(self, order: str) -> Rollout:
        """Return how many of its pods are of it, and ready."""
        found = self._read()
        if self._told(found) != order:
            return Rollout(RolloutState.FAILED, f"somebody else told it {self._told(found)}")
        status, wanted = found.status, found.spec.replicas
        wanted = 1 if wanted is None else wanted
        seen = status.observed_generation or 0
        updated, ready = status.updated_replicas or 0, status.available_replicas or 0
        text = f"{min(updated, ready)} of {wanted} pods"
        for one in status.conditions or ():
            stuck = one.type == "Progressing" and one.status == "False"
            if stuck and seen >= (found.metadata.generation or 0):
                why = " ".join(part for part in (one.reason, one.message) if part)
                return Rollout(RolloutState.FAILED, f"{text}: {why}")
        alone = (status.replicas or 0) == updated == wanted
        if seen >= (found.metadata.generation or 0) and alone and ready >= wanted:
            return Rollout(RolloutState.DONE, text)
        return Rollout(RolloutState.GOING, text)

    def _read(self) -> Any:  # noqa: ANN401  the client's V1Deployment
        with translated(f"read {self._what}", absent=ABSENT, role=ROLE):
            return self._apps.read_namespaced_deployment(
                self._name, self._namespace, _request_timeout=TIMEOUT_SECONDS
            )

    def _told(self, found: Any) -> str:  # noqa: ANN401  as above
        template = found.spec.template
        marks = (template.metadata.annotations if template.metadata else None) or {}
        image = template.spec.containers[self._place(found)].image or ""
        return _order(image, marks.get(VERSION, ""), marks.get(CONFIGURATION, ""))

    def _place(self, found: Any) -> int:  # noqa: ANN401  as above
        """Return the place of the container among the pod's.

        Raises:
            Refused: It has none of that name, or several and none is named.
        """
        names = [one.name for one in found.spec.template.spec.containers]
        if not self._container and len(names) == 1:
            return 0
        if self._container in names:
            return names.index(self._container)
        raise Refused(
            f"{self._what} has the containers {', '.join(names)}: name the one whose image is the "
            "release as `container`"
        )

    def _patched(self, found: Any, order: str) -> bool:  # noqa: ANN401  as above
        """Send the change; return whether it was taken. It was not where the status moved."""
        wanted, template = json.loads(order), found.spec.template
        marks = dict((template.metadata.annotations if template.metadata else None) or {})
        for mark, text in ((VERSION, wanted["version"]), (CONFIGURATION, wanted["configuration"])):
            marks.pop(mark, None)
            if text:
                marks[mark] = text
        path = f"/spec/template/spec/containers/{self._place(found)}/image"
        version = found.metadata.resource_version
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": path, "value": wanted["image"]},
            {"op": "add", "path": "/spec/template/metadata/annotations", "value": marks},
        ]
        with translated(f"change {self._what}", absent=ABSENT, role=ROLE):
            try:
                self._apps.patch_namespaced_deployment(
                    self._name, self._namespace, patch, _request_timeout=TIMEOUT_SECONDS
                )
            except Exception as error:
                if getattr(error, "status", 0) != INVALID:
                    raise
                if self._read().metadata.resource_version == version:
                    raise
                return False
        return True


def _order(image: str, version: str, configuration: str) -> str:
    return json.dumps({"image": image, "version": version, "configuration": configuration})
