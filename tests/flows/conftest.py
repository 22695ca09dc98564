"""A Prefect server for the session, and an operator who starts flows and looks at their runs."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.flow_engine import run_flow_sync
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED,
    PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED,
    PREFECT_SERVER_SERVICES_FOREMAN_ENABLED,
    PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED,
    PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED,
    PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED,
    PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness

from crossfade.plan.journal.head import Lease, held
from flows.promote import promote
from tests.story import CONFIGURATION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prefect import Flow, State
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, TaskRun

    from tests.story import Story

SITE = "sites/production/web"
UNUSED = (
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED,
    PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED,
    PREFECT_SERVER_SERVICES_FOREMAN_ENABLED,
    PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED,
    PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED,
    PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED,
    PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED,
)
"""What the server and its clients do beside runs, of which no test sees anything."""
STORED_SECONDS = 20
"""How long the server may take to store the task runs of a run that has ended."""


@pytest.fixture(scope="session")
def _prefect_server() -> Iterator[None]:
    """Prefect's own server on a database of its own, without the heartbeat's second per run."""
    settings: dict[Any, Any] = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    settings |= dict.fromkeys(UNUSED, False)
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=60):
        yield


@pytest.fixture
def _configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The story's configuration as the file that a worker reads."""
    file = tmp_path / "crossfade.toml"
    file.write_text(CONFIGURATION)
    monkeypatch.setenv("CROSSFADE_CONFIG", str(file))
    return file


@pytest.fixture
def client(_prefect_server: None) -> Iterator[SyncPrefectClient]:
    """Prefect's API."""
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def operator(client: SyncPrefectClient, _configuration: Path, story: Story) -> Operator:
    """Somebody who starts flows, in the story's account."""
    return Operator(client, story)


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What Prefect's loggers of runs say."""
    listener = Logged()
    names = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
    for name in names:
        logging.getLogger(name).addHandler(listener)
    yield listener
    for name in names:
        logging.getLogger(name).removeHandler(listener)


class Logged(logging.Handler):
    """Keeps the records that were logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    @property
    def tracebacks(self) -> list[str]:
        return [record.getMessage() for record in self.records if record.exc_info]


@dataclass
class Ran:
    """One flow run, as Prefect has it."""

    client: SyncPrefectClient
    state: State[Any]
    error: Any = field(init=False)

    def __post_init__(self) -> None:
        ended_well = self.state.is_completed()
        self.error = None if ended_well else self.state.result(raise_on_failure=False)

    @property
    def run(self) -> FlowRun:
        identifier = self.state.state_details.flow_run_id
        assert identifier is not None
        return self.client.read_flow_run(identifier)

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def message(self) -> str:
        """What the server keeps of how it ended."""
        state = self.run.state
        assert state is not None
        return state.message or ""

    def steps(self, number: int) -> list[TaskRun]:
        """The ended task runs in order; the server stores them a moment later than they end."""
        mine = FlowRunFilter(id=FlowRunFilterId(any_=[self.run.id]))
        until = time.monotonic() + STORED_SECONDS
        while True:
            found = self.client.read_task_runs(flow_run_filter=mine)
            ended = [one for one in found if one.end_time is not None]
            if len(ended) >= number or time.monotonic() > until:
                return sorted(ended, key=lambda one: (one.start_time, one.end_time))
            time.sleep(0.1)

    def artifacts(self) -> dict[str, Any]:
        """The artifacts by key: Markdown, or rows as JSON."""
        mine = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[self.run.id]))
        return {one.key or "": one.data for one in self.client.read_artifacts(artifact_filter=mine)}


@dataclass
class Operator:
    """Starts flows and looks at what came of them."""

    client: SyncPrefectClient
    story: Story

    def starts(self, flow: Flow[..., Any], **parameters: Any) -> Ran:
        """Run a flow to its end, whatever that is."""
        state = run_flow_sync(flow, None, parameters, return_type="state")
        return Ran(self.client, state)  # type: ignore[arg-type]  # asked for a state

    def promotes(self, version: str, **parameters: Any) -> Ran:
        """Promote the component `web` in production."""
        given = {"environment": "production", "component": "web", "version": version}
        return self.starts(promote, **{**given, **parameters})

    def lease_lapses(self, subject: str = SITE) -> None:
        """Let the lease of a worker that died run out."""
        journal = self.story.world().journal
        head, etag = journal.head(subject)
        assert head.open is not None
        lease = Lease(head.open.lease.holder, "2020-01-01T00:00:00.000Z")
        journal.swap(held(head, lease, trouble=head.open.trouble), etag)
