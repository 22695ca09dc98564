"""Promotes that die while they copy: with everything that could tell of it, or under a worker."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

from tests.system.machine import until
from tests.system.seen import UNDER_ITS_WORKER, WITH_ITS_WORKER
from tests.system.world import COMPONENT, NEXT, ROOTS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.system.machine import Machine
    from tests.system.seen import Day

DIED_SECONDS = 120
"""For a process to start its flow, to begin to copy, and to be killed there."""

HEARTBEAT = "prefect.flow-run.heartbeat"
STRUCK_COPY = 3


def with_its_worker(machine: Machine, day: Day) -> subprocess.Popen[str]:
    """Start a promote that is killed once the server has heard its heart; nobody reports it."""
    promoting = machine.starts("flows", "promote", json.dumps(_request(WITH_ITS_WORKER)))

    def strike() -> str:
        beats = until(lambda: machine.events(HEARTBEAT), DIED_SECONDS)
        os.killpg(promoting.pid, signal.SIGKILL)
        return beats[0].rpartition(".")[2]

    _arm(machine, day, WITH_ITS_WORKER, strike)
    return promoting


def under_its_worker(machine: Machine, day: Day) -> None:
    """Ask for a promote that is killed in a worker's hands, which reports it."""
    deployment = machine.api.deployment("promote/any-environment")["id"]
    body = {"parameters": _request(UNDER_ITS_WORKER), "idempotency_key": "system"}
    run: str = machine.api.post(f"/deployments/{deployment}/create_flow_run", body)["id"]

    def strike() -> str:
        os.kill(machine.process(run), signal.SIGKILL)
        return run

    _arm(machine, day, UNDER_ITS_WORKER, strike)


def _arm(machine: Machine, day: Day, environment: str, strike: Callable[[], str]) -> None:
    def effect(_: object) -> None:
        day.killed[environment] = strike()
        day.tell(f"a promote of {environment} was killed with -9 while it copied")

    machine.stack.aws.strict.faults.before(
        "s3", "CopyObject", path=f"/{ROOTS[environment]}/", nth=STRUCK_COPY, effect=effect
    )


def _request(environment: str) -> dict[str, str]:
    return {"environment": environment, "component": COMPONENT, "version": NEXT}
