"""The command as a process of its own: streams, exit codes, signals, terminals and start-up."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from crossfade.local.stack.aws import aws_server
from tests.cli.desk import SITE
from tests.story import CONFIGURATION, FRONT, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPT = Path(sysconfig.get_path("scripts")) / "crossfade"
STAGING = "sites/staging/web"
SECONDS = 60
"""Longer than any of these commands takes."""


@dataclass(frozen=True)
class Shell:
    """Starts commands with the variables and the configuration of one stand-in for AWS."""

    folder: Path
    variables: Mapping[str, str] = field(repr=False)

    def runs(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [SCRIPT, *words],
            cwd=self.folder,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command, and end it with the block whatever happens."""
        process = subprocess.Popen(
            [SCRIPT, *words],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def at_terminal(self, *words: str, **variables: str) -> str:
        """Run a command on a terminal of its own and return what the terminal was sent."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [SCRIPT, *words],
            cwd=self.folder,
            env={**self.variables, "TERM": "xterm-256color", "COLUMNS": "80", **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        sent = b""
        try:
            while piece := os.read(ours, 1 << 16):
                sent += piece
        except OSError:  # Linux says so when the other side is closed
            pass
        finally:
            os.close(ours)
            process.wait(SECONDS)
        return sent.decode()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """1.0.0 is live in production, 1.1.0 is published; staging's invalidations take a minute."""
    with aws_server(invalidation_seconds=SECONDS) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("CROSSFADE_ACTOR", "ann@desk")
        session = boto3.Session()
        story = Story(session, tmp_path).founded().published("1.0.0", "1.1.0")
        story.promote("1.0.0")
        identifier = distribution(session, origin=FRONT)
        (tmp_path / "crossfade.toml").write_text(
            f'{CONFIGURATION}distribution_id = "{identifier}"\n'
        )
        yield Shell(tmp_path, dict(os.environ))


def distribution(session: boto3.Session, *, origin: str) -> str:
    """Make a distribution and return its id."""
    made = session.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "tests",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [{"Id": "front", "DomainName": f"{origin}.s3.amazonaws.com"}],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "front",
                "ViewerProtocolPolicy": "allow-all",
            },
        }
    )
    return made["Distribution"]["Id"]


def wait_for_line(process: subprocess.Popen[str], part: str) -> None:
    """Read a process's standard error up to a line."""
    assert process.stderr is not None
    for line in process.stderr:
        if part in line:
            return
    pytest.fail(f"it never said {part!r}")


def open_operation(shell: Shell) -> dict[str, object]:
    """Return the operation that is open in staging."""
    (subject,) = json.loads(shell.runs("status", STAGING, "--json").stdout)["subjects"]
    there = subject["open"]
    assert isinstance(there, dict)
    return there


def test_answers_go_to_standard_output_and_progress_to_standard_error(shell: Shell) -> None:
    ended = shell.runs("promote", "production", "web", "1.1.0")
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"{SITE}: 1.1.0 is live")
    assert ended.stderr.splitlines()[0] == "read and plan web 1.1.0 in production"


def test_with_json_standard_output_is_one_object_whatever_happens(shell: Shell) -> None:
    ended = shell.runs("promote", "production", "web", "9.9.9", "--json")
    assert ended.returncode == 2
    error = json.loads(ended.stdout)["error"]
    assert (error["kind"], error["exit"]) == ("bad_input", 2)
    assert error["message"].startswith("web 9.9.9 is not published")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_promote_gives_its_lease_back_and_says_what_it_left(
    shell: Shell, number: signal.Signals, code: int
) -> None:
    with shell.started("promote", "staging", "web", "1.1.0") as process:
        wait_for_line(process, "invalidate")
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (code, "")
    assert f"stopped: interrupted by {number.name}. It is left open" in err
    assert "Traceback" not in err
    there = open_operation(shell)
    assert there["lease_left"] == 0
    assert there["trouble"] == f"interrupted by {number.name}"


def test_signals_that_come_together_do_not_cut_off_the_giving_back(shell: Shell) -> None:
    with shell.started("promote", "staging", "web", "1.1.0") as process:
        wait_for_line(process, "invalidate")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            process.send_signal(number)
        process.communicate(timeout=SECONDS)
    assert open_operation(shell)["lease_left"] == 0


def test_an_interruption_in_a_script_is_one_object_too(shell: Shell) -> None:
    with shell.started("promote", "staging", "web", "1.1.0", "--json") as process:
        wait_for_line(process, "invalidate")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    error = json.loads(out)["error"]
    assert (error["kind"], error["exit"]) == ("failed", 130)


def test_after_a_kill_status_names_the_operation(shell: Shell) -> None:
    with shell.started("promote", "staging", "web", "1.1.0") as process:
        wait_for_line(process, "invalidate")
        process.kill()
    assert process.returncode == -signal.SIGKILL
    text = shell.runs("status").stdout
    assert "promote web nothing -> 1.1.0 in staging is open" in text
    assert "held by its worker for another" in text


def test_a_reader_of_the_output_that_leaves_is_no_error(shell: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [SCRIPT, "history", SITE],
            cwd=shell.folder,
            env=shell.variables,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(shell: Shell) -> None:
    coloured = shell.at_terminal("status")
    assert "\x1b[" in coloured
    assert SITE in coloured
    assert "\x1b[3" not in shell.at_terminal("status", NO_COLOR="1")
    assert "\x1b" not in shell.at_terminal("status", TERM="dumb")


def bare(text: str) -> str:
    """Return text without the terminal's control sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_on_a_terminal_each_step_is_marked_when_it_is_done(shell: Shell) -> None:
    text = bare(shell.at_terminal("promote", "production", "web", "1.1.0"))
    assert "✓ production/web: add 2 new assets" in text
    assert "✓ close promote web 1.0.0 -> 1.1.0 in production" in text


def test_on_a_terminal_an_error_is_one_line(shell: Shell) -> None:
    text = bare(shell.at_terminal("promote", "production", "web", "9.9.9"))
    assert "✗ read and plan web 9.9.9 in production" in text
    assert "bad input: web 9.9.9 is not published" in text


def loaded(*words: str, shell: Shell) -> set[str]:
    """Return the top-level packages that a command loads."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", SCRIPT, *words],
        cwd=shell.folder,
        env=shell.variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines}


def test_a_reader_loads_neither_prefect_nor_what_draws(shell: Shell) -> None:
    packages = loaded("status", shell=shell)
    assert {"click", "boto3", "pydantic"} <= packages
    assert not {"prefect", "rich", "moto", "pymemcache"} & packages


def test_the_overview_loads_no_command(shell: Shell) -> None:
    packages = loaded("--help", shell=shell)
    assert "click" in packages
    assert not {"boto3", "pydantic", "rich"} & packages
