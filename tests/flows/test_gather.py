"""Gathering as a flow: what a person sees of it in Prefect."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from flows.gather import gather
from tests.cronrun.servers import Proxy, RealMemcached
from tests.operations.cron.ticks_kept import JOB, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.conftest import Operator


@pytest.fixture
def ticks(operator: Operator, _configuration: Path, tmp_path: Path) -> Iterator[Ticks]:
    """The job before a real memcached, in the worker's configuration."""
    server = RealMemcached()
    with closing(Proxy(server)) as proxy:
        with _configuration.open("a") as file:
            file.write(f'[lock]\nservers = ["{proxy.address}"]\n')
            file.write(f'[crons."{JOB}"]\nschedule = "* * * * *"\n')
        yield Ticks(operator.story, server, proxy, tmp_path)
    server.kill()


def test_a_run_shows_what_became_of_the_ticks(operator: Operator, ticks: Ticks) -> None:
    ticks.recent()
    ticks.record(4)
    ran = operator.starts(gather)
    assert ran.message == f"{JOB}: 5 ticks gathered (4 done, 1 missed)"
    assert ran.name == "gather-all"
    assert ran.steps(1)[0].name == "gather the ticks of 1 job"
    page = ran.artifacts()["cron-ticks"]
    assert f"| `{JOB}` |" in page
    assert "missed" in page
    assert "](data:image/svg+xml;base64," in ran.artifacts()["cron-picture"]


def test_a_tick_that_was_run_twice_fails_the_run_once(operator: Operator, ticks: Ticks) -> None:
    ticks.record(3)
    ticks.spools(3)
    ran = operator.starts(gather, job=JOB, spool=ticks.spool)
    assert ran.state.is_failed()
    assert "a tick was run twice" in ran.message
    assert "## Run twice" in ran.artifacts()["cron-ticks"]
    assert operator.starts(gather, job=JOB, spool=ticks.spool).state.is_completed()
