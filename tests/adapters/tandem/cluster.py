"""Kubernetes' API on loopback with a Deployment and its pods, which follow it when told to."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp.web import json_response
from kmock import KubernetesEmulator, Server
from kmock import action as actions
from kubernetes import client

from tests.adapters.cron.kube import JSON_PATCH, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYMENTS, PODS = "apps/v1/deployments", "v1/pods"
IMAGES = {
    version: f"registry.example/shop@sha256:{digit * 64}"
    for version, digit in (("1.4.1", "1"), ("1.4.2", "2"), ("1.4.3", "3"))
}


@attrs.define(kw_only=True)
class Apps(KubernetesEmulator):
    """One API server.

    Attributes:
        answers: Answers to give instead of carrying out the next requests.
        busy: How many of the next patches find that the status has changed meanwhile.
    """

    answers: list[int] = attrs.field(factory=list)
    busy: int = 0

    async def _handle(self, request: Any) -> Any:
        if self.answers:
            return refusal(self.answers.pop(0))
        if request.action == actions.UPDATE and request.method == "PATCH":
            if request.headers["Content-Type"] != JSON_PATCH:
                return refusal(415)
            return self._patch(request)
        return await super()._handle(request)

    def _patch(self, request: Any) -> Any:
        if self.busy:
            self.busy -= 1
            self._count()
        raw = self.deployment
        test, image, marks = request.data
        if test["value"] != raw["metadata"]["resourceVersion"]:
            return refusal(422)
        place = int(image["path"].split("/")[-2])
        containers = [dict(one) for one in raw["spec"]["template"]["spec"]["containers"]]
        containers[place]["image"] = image["value"]
        self.change({"spec": {"template": {
            "metadata": {"annotations": {**self._no_marks(), **marks["value"]}},
            "spec": {"containers": containers},
        }}})  # fmt: skip
        return json_response(self.deployment)

    def _no_marks(self) -> dict[str, None]:
        """A JSON patch replaces all; kmock's merge keeps what is not named."""
        there = self.deployment["spec"]["template"]["metadata"].get("annotations") or {}
        return dict.fromkeys(there)

    @property
    def deployment(self) -> dict[str, Any]:
        """The Deployment as the API shows it."""
        raw: dict[str, Any] = self.objects[DEPLOYMENTS, "default", "shop"].raw
        return raw

    def change(self, merge: dict[str, Any]) -> None:
        """Change its spec: its generation goes up."""
        generation = self.deployment["metadata"]["generation"] + 1
        self.objects[DEPLOYMENTS, "default", "shop"].patch(
            {**merge, "metadata": {"generation": generation}}
        )
        self._count()

    def _count(self) -> None:
        version = int(self.deployment["metadata"]["resourceVersion"]) + 1
        self.objects[DEPLOYMENTS, "default", "shop"].patch(
            {"metadata": {"resourceVersion": str(version)}}
        )

    def somebody_sets(self, image: str) -> None:
        """Somebody sets its image, as `kubectl set image` does."""
        containers = [{"name": "shop", "image": image}]
        self.change({"spec": {"template": {"spec": {"containers": containers}}}})

    def settles(self, *, fails: str = "") -> None:
        """Let its pods follow; those of one version do not start."""
        spec = self.deployment["spec"]["template"]
        image = spec["spec"]["containers"][0]["image"]
        failing = bool(fails) and image == IMAGES[fails]
        stuck = {
            "type": "Progressing",
            "status": "False",
            "reason": "ProgressDeadlineExceeded",
            "message": "has timed out progressing.",
        }
        going = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
        self.objects[DEPLOYMENTS, "default", "shop"].patch({"status": {
            "observedGeneration": self.deployment["metadata"]["generation"],
            "replicas": 4 if failing else 3,
            "updatedReplicas": 1 if failing else 3,
            "availableReplicas": 3,
            "conditions": [stuck if failing else going],
        }})  # fmt: skip
        self._count()
        if not failing:
            marks = spec["metadata"].get("annotations") or {}
            for number in range(3):
                self.runs(f"shop-{number}", image, marks)

    def runs(
        self, name: str, image: str, marks: dict[str, Any], *, really: str = "", ready: bool = True
    ) -> None:
        """Let a pod run an image."""
        known = {key: text for key, text in marks.items() if text is not None}
        runs = {"name": "shop", "ready": ready, "image": image, "imageID": really or image}
        runs |= {"restartCount": 0}
        self.objects[PODS, "default", name] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "default",
                "labels": {"app": "shop"},
                "annotations": known,
            },
            "spec": {"containers": [{"name": "shop", "image": image}]},
            "status": {
                "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                "containerStatuses": [runs],
            },
        }


def a_deployment(image: str) -> dict[str, Any]:
    """Return a Deployment as the API shows it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "shop",
            "namespace": "default",
            "resourceVersion": "7",
            "generation": 1,
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": image}]},
            },
        },
        "status": {},
    }


@contextmanager
def apps() -> Iterator[tuple[Apps, Any]]:
    """Run the API in a thread of its own; give it and the real client of it."""
    emulator = Apps()
    emulator.objects[DEPLOYMENTS, "default", "shop"] = a_deployment(IMAGES["1.4.1"])
    emulator.settles()
    loop, ready, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    port: list[int] = []

    async def serve() -> None:
        async with emulator, Server(emulator) as server:
            port.append(server.port)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        settings = client.Configuration()
        settings.host = f"http://127.0.0.1:{port[0]}"
        settings.retries = False
        yield emulator, client.ApiClient(settings)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
