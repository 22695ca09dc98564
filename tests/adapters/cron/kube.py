"""A Kubernetes API on loopback: kmock's emulator, as strict about patches as the real one.

kmock takes any patch as a merge. The real API goes by the content type, applies a JSON patch as a
whole or not at all, answers 422 where one of its tests fails, and counts the resource version up.
"""

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

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCE = "batch/v1/cronjobs"
JSON_PATCH = "application/json-patch+json"


@attrs.define(kw_only=True)
class Kube(KubernetesEmulator):
    """One API server.

    Attributes:
        answers: Answers to give instead of carrying out the next requests.
    """

    answers: list[int] = attrs.field(factory=list)

    async def _handle(self, request: Any) -> Any:
        if self.answers:
            return refusal(self.answers.pop(0))
        if request.action == actions.UPDATE and request.method == "PATCH":
            found = self.objects[RESOURCE, request.namespace, request.name]
            if request.headers["Content-Type"] != JSON_PATCH:
                return refusal(415)
            changed = applied(found.raw, request.data)
            if changed is None:
                return refusal(422)
            found.patch(changed)
            return json_response(found.raw)
        return await super()._handle(request)

    def moves(self, name: str = "reports-daily", namespace: str = "default") -> None:
        """Let a CronJob's status change."""
        found = self.objects[RESOURCE, namespace, name]
        version = int(found.raw["metadata"]["resourceVersion"]) + 1
        found.patch({"metadata": {"resourceVersion": str(version)}})


def refusal(status: int) -> Any:
    """Return an answer that refuses."""
    body = {"kind": "Status", "status": "Failure", "code": status, "message": "told to"}
    return json_response(body, status=status)


def applied(document: Any, patch: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what a JSON patch makes of a CronJob, as a merge; None where a test of it fails."""
    changes: dict[str, Any] = {}
    for operation in patch:
        *parents, last = operation["path"].strip("/").split("/")
        there, wanted = document, changes
        for part in parents:
            there = there[part]
            if operation["op"] != "test":
                wanted = wanted.setdefault(part, {})
        if operation["op"] == "test" and there.get(last) != operation["value"]:
            return None
        if operation["op"] in {"add", "replace"}:
            wanted[last] = operation["value"]
    version = int(document["metadata"]["resourceVersion"]) + 1
    return {**changes, "metadata": {"resourceVersion": str(version)}}


def cronjob(*, suspend: bool = True, active: tuple[str, ...] = (), **spec: Any) -> dict[str, Any]:
    """Return a CronJob as the API shows it."""
    words = ["crossfade", "cron", "run", "--job", "reports.daily", "--schedule", "*/5 * * * *"]
    container = {
        "name": "job",
        "image": "reports",
        "command": [*words, "--platform", "new", "--", "sh"],
    }
    pod = {"restartPolicy": "Never", "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "reports-daily", "namespace": "default", "resourceVersion": "7"},
        "spec": {
            "schedule": "*/5 * * * *",
            "timeZone": "UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 150,
            "suspend": suspend,
            "jobTemplate": {"spec": {"backoffLimit": 0, "template": {"spec": pod}}},
            **spec,
        },
        "status": {"active": [{"name": name} for name in active]},
    }


@contextmanager
def kube() -> Iterator[tuple[Kube, Any]]:
    """Run the API in a thread of its own, with one CronJob; give it and a client's API."""
    emulator = Kube()
    emulator.objects[RESOURCE, "default", "reports-daily"] = cronjob()
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
        yield emulator, api_at(port[0])
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


def api_at(port: int) -> Any:
    """Return the real client's API of a server on loopback."""
    settings = client.Configuration()
    settings.host = f"http://127.0.0.1:{port}"
    settings.retries = False
    return client.BatchV1Api(client.ApiClient(settings))
