"""What runs on the stack's Prefect: deployments, automations, a worker, and schedules that are on.

They come from the repository, which a wheel does not hold.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import crossfade
from crossfade.adapters.http.prefect_api import PrefectApi
from crossfade.errors import CrossfadeError, Failed
from crossfade.local.stack.processes import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.local.stack.stack import Stack

POOL = "crossfade"
DRIVING = ("advance/minutely", "move-cron/minutely", "gather/hourly")
"""Schedules that are off until somebody turns them on; here there is something for them to do."""

QUERY_SECONDS = "1"
"""How often the worker asks for runs; Prefect's own default is ten times that."""

ANSWER_SECONDS = 60
"""On SQLite the server can stand still for as long as it waits for a lock."""

DEPLOYED_SECONDS = 600
STARTED_SECONDS = 120


def repository() -> Path | None:
    """Return the repository that this crossfade runs from; None where it was installed alone."""
    found = Path(crossfade.__file__).resolve().parents[1]
    return found if (found / "prefect.yaml").is_file() and (found / "flows").is_dir() else None


@contextmanager
def services(stack: Stack, checkout: Path) -> Iterator[None]:
    """Set the server up and run a worker, with the variables of the stack, until the block ends.

    Raises:
        Failed: One of them did not come up.
    """
    api = PrefectApi(stack.prefect.api_url, seconds=ANSWER_SECONDS)
    environment = {
        **stack.process_environment(),
        "PREFECT_WORKER_QUERY_SECONDS": QUERY_SECONDS,
        "PYTHONPATH": str(checkout),
    }
    log = stack.folder / "deployments.log"
    with log.open("wb") as output:
        deploying = subprocess.Popen(
            [sys.executable, "-m", "deployments"],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with program(
            [*_PREFECT, "worker", "start", "--pool", POOL, "--type", "process", "--name", "local"],
            log=stack.folder / "worker.log",
            ready=lambda: _working(api),
            ready_seconds=STARTED_SECONDS,
            environment=environment,
            folder=checkout,
        ):
            _must_end(deploying, log)
            turn_on(api, DRIVING)
            yield
    finally:
        if deploying.poll() is None:
            os.killpg(deploying.pid, signal.SIGKILL)  # and what it started
            deploying.wait()


_PREFECT = (sys.executable, "-m", "prefect")


def _must_end(deploying: subprocess.Popen[bytes], log: Path) -> None:
    try:
        code = deploying.wait(DEPLOYED_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Failed(
            f"`python -m deployments` did not end within {DEPLOYED_SECONDS} s: {_last(log)}"
        ) from error
    if code:
        raise Failed(f"`python -m deployments` failed: {_last(log)}")


def turn_on(api: PrefectApi, names: Sequence[str]) -> None:
    """Turn the schedules of some deployments on."""
    for name in names:
        there = api.deployment(name)
        for schedule in there["schedules"]:
            path = f"/deployments/{there['id']}/schedules/{schedule['id']}"
            api.call("PATCH", path, {"active": True})


def _working(api: PrefectApi) -> bool:
    try:
        workers = api.call("POST", f"/work_pools/{POOL}/workers/filter", {})
    except CrossfadeError:  # the pool is made by whoever comes first
        return False
    return any(worker["status"] == "ONLINE" for worker in workers)


def _last(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
