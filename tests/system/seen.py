"""What was seen of one day of the machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

ENDED = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
SETTLING = "settle/after-a-crash"
GATHERING, LOOKING, TELLING = "gather/hourly", "settle/hourly", "report/hourly"
SHOWING = "purge/nightly"
HOURLY = (GATHERING, LOOKING, TELLING, SHOWING)
"""Schedules whose next run may be hours away: it is brought forward."""

WITH_ITS_WORKER, UNDER_ITS_WORKER = KILLED = "production", "staging"
"""Where a promote dies with everything that could tell of it, and where its worker lives on."""

Run = dict[str, Any]
"""A flow run, as the API has it."""


@dataclass
class Day:
    """What was seen.

    Attributes:
        deployed: How each `python -m deployments` ended, and what it said.
        standing: What stood on the server after the first of them, and after the second.
        made: Runs that the server's scheduler had made, by deployment, before anything was due.
        forward: Ids of the runs that were brought forward, by deployment.
        late: Whether the run that was due while there was no worker was seen to be late.
        killed: Ids of the runs that were killed, by environment.
        runs: All runs in the end, by deployment; those that were killed, by environment.
        served: The page of each environment in the end.
        on_new: Weight of the migration's new platform in the end.
        both: What the platforms of the tandem ran in the end.
        page: The page for everybody in the end.
        gathered: Keys of the gathered record of ticks.
        logs: What the server and the worker logged, read after both had ended.
        told: What happened when.
    """

    deployed: list[tuple[int, str]] = field(default_factory=list)
    standing: list[dict[str, Any]] = field(default_factory=list)
    made: dict[str, list[Run]] = field(default_factory=dict)
    forward: dict[str, str] = field(default_factory=dict)
    late: bool = False
    killed: dict[str, str] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)
    served: dict[str, str] = field(default_factory=dict)
    on_new: float = 0.0
    both: set[str] = field(default_factory=set)
    page: str = ""
    gathered: list[str] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        """Keep what happened when, for whoever reads of a failure."""
        self.told.append(f"{time.monotonic() - self.began:4.0f} s  {text}")

    def ended(self, name: str) -> list[Run]:
        """Return a deployment's runs that have ended."""
        return [run for run in self.runs.get(name, ()) if run["state_type"] in ENDED]

    def completed(self, name: str) -> list[Run]:
        """Return a deployment's runs that have ended well."""
        return [run for run in self.ended(name) if run["state_type"] == "COMPLETED"]


def message(run: Run) -> str:
    """Return what the last state of a run says."""
    return str((run["state"] or {}).get("message") or "")
