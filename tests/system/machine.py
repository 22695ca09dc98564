"""The machine as an operator sets it up: a server, `python -m deployments`, and a worker."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml  # type: ignore[import-untyped]  # PyYAML carries no types

from crossfade.local.stack.processes import program
from tests.system.api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.local.stack.stack import Stack

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[2]
POOL = "crossfade"
STARTED_SECONDS = 120
DEPLOYED_SECONDS = 240
WATCHED = ("description", "parameters", "tags", "paused", "concurrency_options", "pull_steps")
WATCHED += ("parameter_openapi_schema", "job_variables", "work_pool_name", "entrypoint")
"""What of a deployment people may rely on."""

TRIGGERED = ("match", "match_related", "for_each", "posture", "threshold", "within")
EVENTS = ("after", "expect")
"""What of an automation's trigger people may rely on: its id is another one each time."""


def schedules() -> dict[str, str]:
    """Return the cron expression of each deployment in prefect.yaml that has a schedule."""
    document = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))
    return {
        f"{_flow(one['entrypoint'])}/{one['name']}": schedule["cron"]
        for one in document["deployments"]
        for schedule in one.get("schedules", ())
    }


def _flow(entrypoint: str) -> str:
    return str(entrypoint).rpartition(".")[2].replace("_", "-")


def by_itself(cron: str) -> bool:
    """Whether a schedule comes due by itself while the day lasts."""
    return cron.startswith("* ")


def until(ask: Callable[[], T], seconds: float, *, pause: float = 1.0) -> T:
    """Ask until the answer is a yes or the time is up; return the last answer."""
    end = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(pause)
    return answer


@dataclass(frozen=True)
class Machine:
    """Prefect's server with everything that is deployed on it."""

    stack: Stack
    api: Api = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "api", Api(self.stack.prefect.api_url))

    @property
    def server_log(self) -> Path:
        return self.stack.prefect.log

    @property
    def worker_log(self) -> Path:
        return self.stack.folder / "worker.log"

    def starts(self, *module: str) -> subprocess.Popen[str]:
        """Start one of the repository's programs, with the variables of the stack."""
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=REPOSITORY,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what was started and not waited for, as after a day that broke off."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def environment(self) -> dict[str, str]:
        """Return the variables of every program; the worker asks for runs every two seconds."""
        return {**self.stack.process_environment(), "PREFECT_WORKER_QUERY_SECONDS": "2"}

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a worker on the pool until the block ends."""
        with program(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL],
            log=self.worker_log,
            ready=self._working,
            ready_seconds=STARTED_SECONDS,
            environment=self.environment(),
            folder=REPOSITORY,
        ):
            yield

    def _working(self) -> bool:
        workers = self.api.post(f"/work_pools/{POOL}/workers/filter", {})
        return any(worker["status"] == "ONLINE" for worker in workers)

    def turns(self, name: str, *, on: bool) -> None:
        """Turn a deployment's schedules on or off, as the switch on the page does."""
        deployment = self.api.deployment(name)
        for schedule in deployment["schedules"]:
            path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
            self.api.patch(path, {"active": on})

    def runs(self, name: str, *states: str) -> list[dict[str, Any]]:
        """Return a deployment's runs, first due first; only those in some types of state."""
        wanted: dict[str, Any] = {"deployment_id": {"any_": [self._id(name)]}}
        if states:
            wanted["state"] = {"type": {"any_": list(states)}}
        body = {"flow_runs": wanted, "sort": "EXPECTED_START_TIME_ASC"}
        return list(self.api.all("/flow_runs/filter", body))

    def _id(self, name: str) -> str:
        if name not in self.ids:
            self.ids[name] = self.api.deployment(name)["id"]
        return self.ids[name]

    def run(self, run: str) -> dict[str, Any]:
        """Return a run."""
        found: dict[str, Any] = self.api.get(f"/flow_runs/{run}")
        return found

    def states(self, run: str) -> list[str]:
        """Return the names of the states that a run has had."""
        return [state["name"] for state in self.api.get(f"/flow_run_states/?flow_run_id={run}")]

    def process(self, run: str) -> int:
        """Return the process of a run, as its worker names it."""
        return int(str(self.run(run)["infrastructure_pid"]).rpartition(":")[2])

    def events(self, name: str) -> list[str]:
        """Return the resources of the newest events of a name."""
        body = {"filter": {"event": {"name": [name]}}, "limit": 50}
        found = self.api.post("/events/filter", body)["events"]
        return [one["resource"]["prefect.resource.id"] for one in found]

    def brings_forward(self, run: str) -> None:
        """Let a run that is due in hours be due now; it stays the scheduler's."""
        due = {"scheduled_time": datetime.now(UTC).isoformat()}
        state = {"type": "SCHEDULED", "name": "Scheduled", "state_details": due}
        answer = self.api.post(f"/flow_runs/{run}/set_state", {"state": state})
        assert answer["status"] == "ACCEPT", f"{run} was not brought forward: {answer}"

    def standing(self) -> dict[str, Any]:
        """Return what stands on the server, without dates."""
        rows = self.api.all("/deployments/filter", {})
        flows = {row["id"]: row["name"] for row in self.api.all("/flows/filter", {})}
        found = {
            f"{flows[row['flow_id']]}/{row['name']}": {
                **{name: row[name] for name in WATCHED},
                "limit": (row["global_concurrency_limit"] or {}).get("limit"),
                "schedules": [
                    (one["slug"], one["active"], one["schedule"]) for one in row["schedules"]
                ],
            }
            for row in rows
        }
        for row in self.api.all("/automations/filter", {}):
            found[row["name"]] = {"enabled": row["enabled"], "actions": row["actions"]}
            found[row["name"]] |= {name: row["trigger"][name] for name in TRIGGERED}
            found[row["name"]] |= {name: sorted(row["trigger"][name]) for name in EVENTS}
        return found
