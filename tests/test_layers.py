"""The law of the layers, and that what must start light loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.repository import ROOT

HEAVY = ("prefect", "boto3", "botocore", "pydantic", "click", "rich")
"""What the hosts of cron jobs do not have."""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program in the repository's root."""
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def without(*packages: str) -> str:
    """Return code that makes packages unimportable."""
    return f"import sys; sys.modules.update(dict.fromkeys({packages!r}));"


def test_each_layer_imports_only_from_the_ones_below() -> None:
    ended = run(Path(sysconfig.get_path("scripts")) / "lint-imports")
    assert ended.returncode == 0, ended.stdout


def test_the_cron_wrapper_starts_where_there_is_nothing_but_this_package_and_its_lock() -> None:
    hourly = f"{datetime.now(UTC).minute} * * * *"  # a tick that is just due, at any time of day
    words = ["cron", "run", "--job", "reports.daily", "--schedule", hourly, "--platform"]
    words += ["legacy", "--server", "127.0.0.1:1", "--unavailable", "run", "--log", "stderr"]
    words += ["--spool", "", "--", sys.executable, "-c", "print('it ran'); raise SystemExit(7)"]
    code = f"{without(*HEAVY)} from crossfade.cli import main; sys.exit(main({words!r}))"
    ended = run(sys.executable, "-c", code)
    assert ended.stdout == "it ran\n", ended.stderr
    assert ended.returncode == 7


@pytest.mark.parametrize(
    "module",
    [
        "crossfade.cli.app.app",
        "crossfade.cli.commands.promote",
        "crossfade.operations.sites.promote",
        "crossfade.settings",
    ],
)
def test_the_way_back_does_not_depend_on_prefect(module: str) -> None:
    ended = run(sys.executable, "-c", f"{without('prefect')} import {module}")
    assert ended.returncode == 0, ended.stderr
