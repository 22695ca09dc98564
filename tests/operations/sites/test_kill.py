"""A real process, killed or stopped in mid-promote, and settled from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from crossfade.local.stack.aws import aws_server
from tests.story import BUILDS, CONFIGURATION, Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.stack.aws import AwsServer

SITE = "sites/production/web"
SECONDS = 60


@dataclass(frozen=True)
class Shell:
    """A terminal in which `crossfade` is run against a strict AWS."""

    server: AwsServer
    folder: Path
    story: Story

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "crossfade", *words],
            env={**os.environ, "CROSSFADE_CONFIG": str(self.folder / "crossfade.toml")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run a command to its end and return its document."""
        process = self.start(*words, "--json")
        output, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == code, errors
        document: dict[str, Any] = json.loads(output)
        return document


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """One release is live, another is published."""
    (tmp_path / "crossfade.toml").write_text(CONFIGURATION, encoding="utf-8")
    with aws_server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        story = Story(boto3.Session(), tmp_path, server.strict).founded()
        story.published("1.0.0", "1.1.0").promote("1.0.0")
        yield Shell(server, tmp_path, story)


def kill_a_promote(shell: Shell, *, at_copy: int) -> None:
    """Start a promote and kill its process right after one of its copies."""
    process = shell.start("promote", "production", "web", "1.1.0")
    fault = shell.server.strict.faults.after(
        "s3", "CopyObject", nth=at_copy, effect=lambda _: os.kill(process.pid, signal.SIGKILL)
    )
    process.communicate(timeout=SECONDS)
    assert fault.fired
    assert process.returncode == -signal.SIGKILL


def test_status_names_what_was_left_open_and_resume_finishes_it(shell: Shell) -> None:
    kill_a_promote(shell, at_copy=3)
    (subject,) = shell.run("status", SITE)["subjects"]
    assert subject["open"]["title"] == "promote web 1.0.0 -> 1.1.0 in production"
    refused = shell.run("promote", "production", "web", "1.1.0", code=3)
    assert "promote web 1.0.0 -> 1.1.0 in production is open" in refused["error"]["message"]
    assert shell.story.broken_pages() == []
    shell.run("resume", SITE, "--take-over")
    root = shell.story.serves()
    assert {path: root[path] for path in BUILDS["1.1.0"]} == BUILDS["1.1.0"]
    (subject,) = shell.run("status", SITE)["subjects"]
    assert (subject["live"]["version"], subject["open"]) == ("1.1.0", None)


def test_a_worker_that_was_stopped_and_goes_on_changes_nothing_that_was_taken_back(
    shell: Shell,
) -> None:
    before = shell.story.serves()
    process = shell.start("promote", "production", "web", "1.1.0")
    struck = threading.Event()

    def stop(_: object) -> None:
        os.kill(process.pid, signal.SIGSTOP)
        struck.set()

    shell.server.strict.faults.before("s3", "CopyObject", nth=2, effect=stop)
    try:
        assert struck.wait(SECONDS)
        shell.run("reverse", SITE, "--take-over")
        assert shell.story.serves() == before
    finally:
        os.kill(process.pid, signal.SIGCONT)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 3, errors
    assert "this worker lost its operation and stopped without another write" in errors
    assert shell.story.serves() == before
    (newest, _) = shell.run("history", SITE)["operations"]
    assert (newest["status"], newest["from"], newest["to"]) == ("reversed", "1.0.0", "1.1.0")
