from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Failed
from crossfade.local.stack.processes import program

if TYPE_CHECKING:
    from pathlib import Path

PARENT = """
import subprocess, sys, pathlib
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
child.wait()
"""
DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("ready")
time.sleep(60)
"""


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if (
            "Z"
            in subprocess.run(
                ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
            ).stdout
        ):
            return True
        time.sleep(0.02)
    return False


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    with program(
        [sys.executable, "-c", PARENT, str(mark)],
        log=tmp_path / "log",
        ready=lambda: mark.exists() and bool(mark.read_text()),
        ready_seconds=10,
    ) as pid:
        child = int(mark.read_text())
        os.kill(child, 0)
    assert gone(pid)
    assert gone(child)


def test_a_program_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with program(
        [sys.executable, "-c", DEAF, str(mark)],
        log=tmp_path / "log",
        ready=mark.exists,
        ready_seconds=10,
        end_seconds=0.2,
    ) as pid:
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.05)
        os.kill(pid, 0)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert gone(pid)


def test_a_program_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    program_text = "print('one'); raise SystemExit('no port left')"
    with (
        pytest.raises(Failed, match=r"ended with code 1 before it served: .*no port left"),
        program(
            [sys.executable, "-c", program_text],
            log=tmp_path / "log",
            ready=lambda: False,
            ready_seconds=10,
        ),
    ):
        pass


def test_a_program_that_never_serves_is_ended_and_reported(tmp_path: Path) -> None:
    with (
        pytest.raises(Failed, match=r"did not serve within 0.2 s: it said nothing"),
        program(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            log=tmp_path / "log",
            ready=lambda: False,
            ready_seconds=0.2,
        ),
    ):
        pass
