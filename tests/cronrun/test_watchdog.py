"""No command runs that nobody watches, and none is started where nobody could."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cronrun.test_wrapper import all_gone, wait_for
from tests.repository import ROOT

if TYPE_CHECKING:
    from tests.cronrun.conftest import Story

NOBODYS = 54_321
"""A user id that has no process, so that a limit on its processes is exact."""


def limited(story: Story, limit: str) -> subprocess.CompletedProcess[str]:
    """Run a wrapper under a limit of bash's `ulimit`."""
    line = [
        sys.executable, "-m", "crossfade.cronrun", "--job", "reports", "--schedule", "* * * * *",
        "--platform", "new", "--server", story.proxy.address, "--spool", str(story.new.folder),
        "--log", str(story.new.folder / "log"), "--", "touch", str(story.traces),
    ]  # fmt: skip
    named = {**os.environ, "CROSSFADE_KUBERNETES_JOB": f"reports-{story.new.tick}"}
    return subprocess.run(
        ["bash", "-c", f'ulimit {limit} && exec "$@"', "bash", *line],
        cwd=ROOT, env=named, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("files", range(5, 14))
def test_with_few_open_files_it_runs_watched_or_says_why_not(story: Story, files: int) -> None:
    done = limited(story, f"-n {files}")
    if done.returncode == 0:
        assert (story.traces.exists(), done.stderr) == (True, "")
        return
    assert (done.returncode, done.stdout, story.traces.exists()) == (75, "", False)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 1
    unwatched = "its watchdog could not be started (Too many open files)" in done.stderr
    assert unwatched or story.new.outcomes() == ["unavailable"]


def test_with_as_many_open_files_as_python_needs_it_is_not_run_and_the_other_side_does(
    story: Story,
) -> None:
    done = limited(story, "-n 6")
    assert (done.returncode, story.traces.exists()) == (75, False)
    assert "raise the host's limits" in done.stderr
    assert story.record() is None
    assert story.legacy.run(*story.command).returncode == 0
    assert story.runs() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without processes")
def test_without_a_process_for_the_watchdog_it_is_not_run(story: Story, tmp_path: Path) -> None:
    """As a user of its own, for whom the limit holds, with all that it needs where it may read."""
    program = tmp_path / "crossfade-cron"
    subprocess.run(
        [sys.executable, "-m", "crossfade.cronrun.zipapp", program], cwd=ROOT, check=True
    )
    for folder in [tmp_path, *tmp_path.parents][:-2]:
        folder.chmod(folder.stat().st_mode | 0o011)
    spool = tmp_path / "spool"
    spool.mkdir()
    os.chown(spool, NOBODYS, NOBODYS)
    python = next(
        (path for path in ("/usr/bin/python3", shutil.which("python3")) if path and may(path)), None
    )
    assert python, "no interpreter that another user may run"
    line = [
        python, str(program), "--job", "reports", "--schedule", "* * * * *",
        "--platform", "new", "--server", story.proxy.address, "--spool", str(spool),
        "--log", str(spool / "log"), "--timezone", "UTC", "--", *story.command,
    ]  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", 'ulimit -u 1 && exec "$@"', "bash", *line],
        cwd="/", env={"CROSSFADE_KUBERNETES_JOB": f"reports-{story.new.tick}"},
        user=NOBODYS, group=NOBODYS, extra_groups=[],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, story.runs()) == (75, 0), done.stderr
    assert "its watchdog could not be started (Resource temporarily unavailable)" in done.stderr
    assert '"outcome":"unwatched"' in (spool / "reports.jsonl").read_text()
    assert story.record() is None


def may(python: str) -> bool:
    """Whether another user may run an interpreter."""
    line = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return not subprocess.run(line, user=NOBODYS, check=False, cwd="/").returncode
    except PermissionError:
        return False


IN_A_PROCESS = """
import os, signal, sys, time
from crossfade.cronrun.process.child import Child
child = Child(("touch", sys.argv[1]), kill_after=1)
os.kill(child._watchdog.process, signal.SIGKILL)
time.sleep(0.1)
print(child.start(dict(os.environ)))
"""


def test_a_watchdog_that_died_keeps_the_command_from_starting(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, str(trace)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert "CannotStart(exit_code=75, reason='the watchdog is gone (Broken pipe)')" in done.stdout
    assert not trace.exists()


@pytest.mark.parametrize("after", [number * 0.02 for number in range(12)])
def test_whenever_the_wrapper_is_killed_nothing_goes_on(
    story: Story, tmp_path: Path, after: float
) -> None:
    pids = tmp_path / "pids"
    pids.touch()
    process = story.new.start("sh", "-c", f"echo $$ >> {pids}; sleep 600")
    wait_for(lambda: process.poll() is not None or started(process.pid))
    time.sleep(after)
    process.kill()
    process.wait(10)
    time.sleep(0.3)  # a command that was on its way would have begun by now
    wait_for(lambda: all_gone(pids))


def started(pid: int) -> bool:
    """Whether a wrapper has its watchdog."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
