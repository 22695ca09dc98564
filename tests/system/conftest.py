"""The whole machine, once for all tests here; and what its schedules did, shown in the end."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crossfade.local.stack.prefect_server import LOG_LEVEL
from crossfade.local.stack.stack import stack
from tests.system.day import live
from tests.system.machine import Machine
from tests.system.seen import Day
from tests.system.table import table
from tests.system.world import founded

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

SEEN = pytest.StashKey[Day]()


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Day:
    """The day that the tests read about."""
    seen = request.config.stash[SEEN] = Day()
    folder = tmp_path_factory.mktemp("system")
    with pytest.MonkeyPatch.context() as patch:
        # A server that is well logs nothing by default, and so does one whose log is not found.
        patch.setenv(LOG_LEVEL, "INFO")
        with stack(folder) as running:
            for name, value in running.environment().items():
                patch.setenv(name, value)
            with closing(Machine(running)) as machine:
                live(machine, founded(running), seen)
    for name, log in (("server", machine.server_log), ("worker", machine.worker_log)):
        seen.logs[name] = log.read_text(errors="replace") if log.exists() else ""
    return seen


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Show what each schedule did."""
    seen = config.stash.get(SEEN, None)
    if seen is not None:
        terminalreporter.section("what the schedules did")
        for line in table(seen):
            terminalreporter.write_line(line)
