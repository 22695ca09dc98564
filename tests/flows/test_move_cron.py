"""The flow that moves cron jobs: a run decides once about each, shows why, and fails when told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.move_cron import move_cron
from flows.reverse import reverse
from tests.flows.conftest import Operator
from tests.operations.cron.real_lock import JOB, wrapped_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.orchestration import SyncPrefectClient

    from crossfade.local.strict.strict import Strict


@pytest.fixture
def worker(
    strict: Strict, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Operator]:
    """Somebody who starts flows where one job is on both platforms."""
    with wrapped_job(monkeypatch):
        yield Operator(client, strict)  # type: ignore[arg-type]  # only its account is used


def test_a_run_moves_a_job_and_shows_the_ticks_and_another_takes_it_back(worker: Operator) -> None:
    ran = worker.starts(move_cron, jobs=[JOB], proof_from="1h")
    assert ran.name == f"move-cron-{JOB}-to-new"
    assert f"{JOB}: put on the new platform" in ran.message
    page = ran.artifacts()["cron-moves"]
    assert f"| `{JOB}` | new | start | 4 of 3 |" in page
    assert "| good | 2.0 s on pod-1 |" in page
    assert "done: new runs it already" in worker.starts(move_cron).message
    assert "taken back" in worker.starts(reverse, subject=f"crons/{JOB}", last=True).message
    held = worker.starts(move_cron, jobs=[JOB])
    assert held.state.is_failed()
    assert "--again tries it again" in held.message
