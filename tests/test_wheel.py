"""The package as it is installed from its wheel, with one extra, another, or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.installed import closure
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60
"""Longer than any of these programs takes."""


@dataclass(frozen=True)
class Host:
    """A host on which the wheel was installed into an environment of its own."""

    folder: Path

    def runs(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command in an empty folder."""
        return subprocess.run(
            [self.folder / "bin/crossfade", *words], cwd=self.folder, capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this repository builds."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=SECONDS)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Callable[..., Host]:
    """Install the wheel with extras; what they bring is lent by the tests' own environment."""

    def install(*extras: str) -> Host:
        host = Host(tmp_path / "host")
        venv.create(host.folder, symlinks=True)
        (site,) = host.folder.glob("lib/python*/site-packages")
        for name in closure("crossfade", extras).keys() - {"crossfade"}:
            lend(name, site)
        uv = Path(sys.executable).with_name("uv")
        line = [uv, "pip", "install", "--offline", "--no-index", "--no-deps", wheel]
        environment = {**os.environ, "VIRTUAL_ENV": str(host.folder)}
        subprocess.run(line, check=True, capture_output=True, env=environment, timeout=SECONDS)
        return host

    return install


def lend(name: str, site: Path) -> None:
    """Link what a distribution installed into another environment."""
    lender = distribution(name)
    for top in {file.parts[0] for file in lender.files or ()} - {".."}:
        link = site / top
        if not link.exists():
            link.symlink_to(lender.locate_file(top))


def test_the_page_s_template_and_style_are_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("page.html", "style.css"):
        assert f"crossfade/adapters/page/{name}" in names


def test_without_extras_each_command_names_the_extra_that_it_needs(
    installed: Callable[..., Host],
) -> None:
    host = installed()
    for words in (["--help"], ["status"], ["rollback", "production", "web"], ["--version"]):
        ended = host.runs(*words)
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        assert ended.stderr.endswith("needs it: pip install 'crossfade[aws]'\n")
        assert ended.stderr.count("\n") == 1
    assert host.runs("local", "demo").stderr.endswith("pip install 'crossfade[local]'\n")
    told = json.loads(host.runs("status", "--json").stdout)
    assert "crossfade[aws]" in told["error"]["message"]
    assert told["error"]["exit"] == 2


def test_without_extras_the_cron_wrapper_runs(installed: Callable[..., Host]) -> None:
    hourly = f"{datetime.now(UTC).minute} * * * *"  # a tick that is just due, at any time of day
    options = ["--schedule", hourly, "--platform", "legacy", "--server", "127.0.0.1:1"]
    options += ["--unavailable", "run", "--log", "stderr", "--spool", ""]
    ended = installed().runs(
        "cron", "run", "--job", "reports", *options, "--", "sh", "-c", "echo it ran; exit 7"
    )
    assert (ended.returncode, ended.stdout) == (7, "it ran\n"), ended.stderr


def test_with_the_extra_of_operators_only_what_it_lacks_is_refused(
    installed: Callable[..., Host],
) -> None:
    host = installed("aws")
    overview = host.runs("--help")
    assert (overview.returncode, overview.stderr) == (0, "")
    assert "crossfade.toml" in host.runs("status").stderr
    for words in (["up"], ["demo"], ["demo-migration"], ["demo-cron"]):
        ended = host.runs("local", *words)
        assert ended.returncode == 2, ended
        assert ended.stderr.splitlines()[-1].endswith("pip install 'crossfade[local]'")
        assert "fault in crossfade" not in ended.stderr
    assert host.runs("local", "demo", "--help").returncode == 0


def test_with_the_extra_of_the_stack_nothing_is_missing(installed: Callable[..., Host]) -> None:
    loaded = ["cli.app.app", "local.stack.stack", "local.demo.demo", "local.demo.cron_demo"]
    loaded += ["local.demo.ramp_demo", "adapters.cron.kubernetes", "adapters.picture.ramp"]
    code = f"import kubernetes, prefect, yaml, {', '.join(f'crossfade.{one}' for one in loaded)}"
    python = installed("local").folder / "bin/python"
    ended = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == 0, ended.stderr
