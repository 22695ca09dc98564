"""The wrapper behaves as the command that it wraps."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cronrun.conftest import Story


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to be")


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie that nobody waits for has."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def all_gone(pids: Path) -> bool:
    """Whether all processes whose numbers stand in a file have ended."""
    return all(gone(int(pid)) for pid in pids.read_text().split())


def test_the_winner_runs_the_command_with_its_streams_and_exit_code(story: Story) -> None:
    done = story.new.run("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_the_loser_says_nothing_and_exits_with_0(story: Story) -> None:
    story.new.run(*story.command)
    done = story.legacy.run(*story.command)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert story.runs() == 1


def test_the_losers_exit_code_can_be_chosen(story: Story) -> None:
    story.new.run("true")
    assert story.legacy.run("true", flags=("-E", "3")).returncode == 3


def test_the_command_gets_its_arguments_without_a_shell(story: Story) -> None:
    words = ["$HOME", "a b", "*", "--job", "'"]
    done = story.new.run("printf", "%s\\n", *words)
    assert done.stdout.splitlines() == words


def test_the_command_keeps_the_environment_and_learns_its_tick(story: Story) -> None:
    os.environ["KEPT"] = "yes"
    try:
        done = story.new.run("env")
    finally:
        del os.environ["KEPT"]
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert told["KEPT"] == "yes"
    assert told["CROSSFADE_TICK"] == str(story.new.tick)
    assert told["CROSSFADE_TICK_TIME"].endswith("Z")
    assert told["CROSSFADE_ATTEMPT"] == "1"
    assert (told["CROSSFADE_JOB"], told["CROSSFADE_PLATFORM"]) == ("reports", "new")
    assert told["CROSSFADE_CLAIM"] == "won"


def test_the_command_keeps_the_folder_and_reads_what_is_piped_in(story: Story) -> None:
    line = by_hand(story, "sh", "-c", "pwd; cat")
    done = subprocess.run(
        line, cwd="/usr", input="piped", capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "/usr\npiped"


def test_a_command_that_dies_by_a_signal_exits_with_128_and_its_number(story: Story) -> None:
    assert story.new.run("sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("word", "code"), [("/nonexistent/program", 127), ("no-such-program", 127), ("/etc", 126)]
)
def test_a_command_that_cannot_be_started_fails_as_in_a_shell(
    story: Story, word: str, code: int
) -> None:
    assert story.new.run(word).returncode == code
    record = story.record()
    assert record is not None
    assert (record.state, record.exit_code) == ("failed", code)


def test_signals_reach_the_whole_group_of_the_command(story: Story, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 60 & echo $! $$ > {pids}; wait"
    process = story.new.start("sh", "-c", script)
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM
    wait_for(lambda: all_gone(pids))


def test_the_command_can_answer_a_signal_and_go_on(story: Story, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap 'echo heard; exit 5' USR1; touch {ready}; while :; do sleep 0.05; done"
    process = story.new.start("sh", "-c", script)
    wait_for(ready.exists)
    process.send_signal(signal.SIGUSR1)
    out, _ = process.communicate(timeout=10)
    assert (out, process.returncode) == ("heard\n", 5)


def test_a_signal_before_the_claim_ends_the_wrapper_and_frees_the_tick(story: Story) -> None:
    flags = ("--handicap", "600", "--prefer", "new")
    process = story.legacy.start(*story.command, flags=flags)
    time.sleep(0.7)
    process.terminate()
    assert process.wait(5) == 128 + signal.SIGTERM
    assert story.legacy.outcomes() == ["interrupted"]
    assert story.new.run(*story.command).returncode == 0
    assert story.runs() == 1


def test_a_signal_while_it_waits_with_a_claim_gives_the_claim_up(story: Story) -> None:
    story.legacy.tick -= 1
    story.legacy.start("sleep", "30")
    wait_for((story.legacy.folder / "reports.jsonl").exists)
    process = story.new.start(*story.command, flags=("--overlap", "wait"))
    story.reaches("claimed")
    process.terminate()
    assert process.wait(5) == 128 + signal.SIGTERM
    assert story.record() is None


def test_a_signal_while_memcached_hangs_is_not_kept_waiting(story: Story) -> None:
    with story.server.frozen():
        process = story.new.start("true", flags=("--lock-timeout", "20"))
        time.sleep(0.7)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 128 + signal.SIGINT
        assert time.monotonic() - begun < 5


def test_a_wrapper_that_is_killed_takes_its_command_along(story: Story, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    process = story.new.start("sh", "-c", f"sleep 60 & echo $! $$ > {pids}; wait")
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    process.kill()
    process.wait(10)
    wait_for(lambda: all_gone(pids))


def test_a_run_that_takes_too_long_is_ended_with_all_its_processes(
    story: Story, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    stubborn = f"(trap '' TERM; echo $(exec sh -c 'echo $PPID') >> {pids}; sleep 60) & sleep 60"
    begun = time.monotonic()
    done = story.new.run("sh", "-c", stubborn, flags=("--max-runtime", "1", "--kill-after", "1"))
    assert done.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 20
    wait_for(lambda: all_gone(pids))
    assert "ran longer than 1 s" in str(story.new.entries()[-1]["stopped"])


def test_nohup_stays_in_force(story: Story, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ignoring = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = story.new.start("sh", "-c", f"touch {ready}; sleep 1; exit 4")
    finally:
        signal.signal(signal.SIGHUP, ignoring)
    wait_for(ready.exists)
    process.send_signal(signal.SIGHUP)
    assert process.wait(10) == 4


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--overlap", "maybe"), "--overlap is 'maybe'"),
        (("--unavailable", "home"), "--home says which platform"),
        (("--overlap", "allow", "--rerun-after-crash"), "--rerun-after-crash goes by"),
        (("--retention", "60"), "--retention must be"),
        (("--schedule", "61 * * * *"), "cannot be read"),
        (("--schedule", "@reboot"), "fields"),
        (("--timezone", "Europe/Atlantis"), "does not know the time zone"),
        (("--job", "a b"), "does not fit"),
        (("--lock-timeout", "0"), "--lock-timeout must be more than 0"),
        (("--max-lateness", "90000"), "--max-lateness must be less"),
        (("--skip-exit", "256"), "--skip-exit must be"),
        (("--lease", "5"), "--lease must be"),
        (("--no-such-flag",), "--no-such-flag is no option"),
        (("--manual=yes",), "--manual=yes is no option"),
        (("echo",), "echo is no option; the command comes after --"),
        (("--lease", "x"), "--lease is 'x': it must be a whole number"),
        (("--handicap", "-1"), "--handicap is '-1'"),
        (("--handicap", "90000"), "leaves no time"),
        (("--server", "host:port"), "has no port from 1 to 65535"),
    ],
)
def test_wrong_arguments_are_named_and_exit_with_2(
    story: Story, flags: tuple[str, ...], said: str
) -> None:
    done = story.new.run(*story.command, flags=flags)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert story.runs() == 0


def test_a_start_too_late_to_tell_its_tick_does_not_run(story: Story) -> None:
    story.new.tick -= 10
    done = story.new.run(*story.command, flags=("--max-lateness", "300"))
    assert (done.returncode, done.stdout, done.stderr) == (75, "", "")
    assert story.runs() == 0
    assert "too late" in str(story.new.entries()[0]["reason"])


def by_hand(story: Story, *command: str) -> list[str]:
    """Return the line of a start by hand."""
    options = ["--job", "reports", "--platform", "new", "--server", story.new.address]
    paths = ["--spool", str(story.new.folder), "--log", "stderr"]
    module = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import crossfade.cronrun.__main__ as m"
    )
    return [sys.executable, "-c", f"{module}; m.start()", *options, *paths, "--manual", "--",
            *command]  # fmt: skip


def test_a_start_by_hand_is_no_tick_and_does_not_overlap_one(story: Story) -> None:
    line = by_hand(story, "sh", "-c", "echo $CROSSFADE_CLAIM $CROSSFADE_TICK")
    done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "manual\n"
    story.legacy.start("sleep", "20")
    story.reaches("running")
    done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == ""
    assert "still runs it" in done.stderr


def test_a_job_made_by_hand_in_kubernetes_runs_only_if_it_says_so(story: Story) -> None:
    line = by_hand(story, "sh", "-c", "echo $CROSSFADE_CLAIM")
    line.remove("--manual")
    line[line.index("--job") : line.index("--job")] = ["--schedule", "* * * * *"]
    made = {**os.environ, "CROSSFADE_KUBERNETES_JOB": "reports-try"}
    refused = subprocess.run(
        line, env=made, capture_output=True, text=True, timeout=20, check=False
    )
    assert (refused.returncode, refused.stdout) == (75, "")
    assert "CROSSFADE_MANUAL=1" in refused.stderr
    done = subprocess.run(
        line, env={**made, "CROSSFADE_MANUAL": "1"},
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    assert done.stdout == "manual\n"


def on_a_terminal(story: Story, *words: str, kubernetes: bool = True) -> tuple[int, str]:
    """Start a wrapper whose standard error is a terminal; return its exit code and what is said."""
    ours, theirs = pty.openpty()
    named = {"CROSSFADE_KUBERNETES_JOB": f"reports-{story.new.tick}"} if kubernetes else {}
    line = [
        sys.executable, "-m", "crossfade.cronrun", "--job", "reports", "--platform", "new",
        "--server", story.new.address, "--timezone", "UTC", "--spool", str(story.new.folder),
        "--log", str(story.new.folder / "log"), *words, "--", *story.command,
    ]  # fmt: skip
    done = subprocess.run(
        line, cwd=ROOT, env={**os.environ, **named}, stdout=subprocess.PIPE, stderr=theirs,
        timeout=30, check=False,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    with suppress(OSError):  # a terminal that nobody holds any more
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    assert done.stdout == b""
    return done.returncode, said.decode().replace("\r\n", "\n")


def test_by_hand_at_the_wrong_time_it_says_why_on_a_terminal_only(story: Story) -> None:
    """Due half a year from now, and so half a year ago."""
    far = datetime.fromtimestamp(story.new.tick * 60 + 180 * 86_400, UTC)
    schedule = f"0 0 1 {far.month} *"
    code, said = on_a_terminal(story, "--schedule", schedule, kubernetes=False)
    assert code == 75
    assert said.startswith("crossfade cron run: skip reports (no tick) on new/")
    assert "too late to run it; start it at its next tick, or now and by hand with --manual" in said
    story.new.kubernetes, story.new.schedule = False, schedule
    done = story.new.run(*story.command)
    assert (done.returncode, done.stdout, done.stderr, story.runs()) == (75, "", "", 0)


def test_by_hand_beside_another_run_it_says_who_has_the_tick_on_a_terminal(story: Story) -> None:
    story.legacy.run(*story.command)
    code, said = on_a_terminal(story, "--schedule", "* * * * *")
    assert code == 0
    assert said.endswith(" has it: done\n")
    assert "held: legacy/" in said


def test_on_a_terminal_a_run_is_as_silent_as_under_cron(story: Story) -> None:
    assert on_a_terminal(story, "--schedule", "* * * * *") == (0, "")
    assert story.runs() == 1


def test_its_own_messages_are_json_lines(story: Story) -> None:
    story.new.run("true")
    story.legacy.run("true")
    lines = [json.loads(line) for line in (story.legacy.folder / "log").read_text().splitlines()]
    assert lines[0]["message"].startswith("skip reports ")
    assert lines[0]["level"] == "info"
    winner = [json.loads(line) for line in (story.new.folder / "log").read_text().splitlines()]
    assert [line["message"].split()[0] for line in winner] == ["run", "end"]
