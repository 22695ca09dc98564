"""The wrapper starts light: few imports, and one file if wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crossfade.cronrun.configured import find_server
from crossfade.cronrun.zipapp import build
from crossfade.errors import BadInput
from tests.repository import ROOT

if TYPE_CHECKING:
    from tests.cronrun.conftest import Story

STANDARD = """
__future__ _collections _colorize _compat_pickle _datetime _functools _json _locale _operator
_pickle _socket _sre _string _struct _tokenize _typing _weakrefset _wmi array atexit calendar
collections collections.abc contextlib copyreg datetime enum errno functools gc importlib
importlib._abc importlib.machinery importlib.util itertools json json.decoder json.encoder
json.scanner keyword linecache locale logging math operator org org.python org.python.core pickle
platform re re._casefix re._compiler re._constants re._parser reprlib runpy select selectors signal
socket string struct textwrap threading token tokenize traceback types typing warnings weakref zlib
"""
"""Of the standard library; `copyreg` asks for Jython's `org`, which is nowhere."""

OTHERS = """
cronsim cronsim.cronsim
pymemcache pymemcache.client pymemcache.client.base pymemcache.client.hash
pymemcache.client.murmur3 pymemcache.client.rendezvous pymemcache.client.retrying
pymemcache.exceptions pymemcache.pool pymemcache.serde
"""

OWN = """
crossfade crossfade.errors crossfade.cronrun
crossfade.plan crossfade.plan.base crossfade.plan.base.platform crossfade.plan.base.zone
crossfade.plan.cron crossfade.plan.cron.claim crossfade.plan.cron.schedule
crossfade.plan.cron.schedule.ticks
"""

OWN_ROOMS = ("crossfade.cronrun.", "crossfade.plan.cron.claim.")
"""Where every module is the wrapper's own."""


def arguments(story: Story, *command: str) -> list[str]:
    return ["--job", "light", "--schedule", "* * * * *", "--platform", "new", "--timezone", "UTC",
            "--server", story.proxy.address, "--spool", str(story.new.folder),
            "--log", str(story.new.folder / "log"), "--", *command]  # fmt: skip


def environment(story: Story) -> dict[str, str]:
    return {**os.environ, "CROSSFADE_KUBERNETES_JOB": f"light-{story.new.tick}"}


def imported_by(*line: str, environment: dict[str, str]) -> set[str]:
    """Return the modules that a start of Python imports, asked or not, as Python itself says."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *line],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    rows = [row for row in done.stderr.splitlines() if row.startswith("import time:")]
    return {row.rpartition("|")[2].strip() for row in rows[1:]}


def allowed(module: str) -> bool:
    """Whether the wrapper may import a module."""
    return module in (STANDARD + OTHERS + OWN).split() or module.startswith(OWN_ROOMS)


def test_a_whole_run_imports_what_is_listed_here_and_nothing_else(story: Story) -> None:
    """Its time is the benchmark's to measure: what makes it slow is what it imports."""
    here = environment(story)
    bare = imported_by("-c", "pass", environment=here)
    loaded = imported_by("-m", "crossfade.cronrun", *arguments(story, "true"), environment=here)
    assert {"crossfade.plan.cron.claim.claim", "pymemcache.client.base", "cronsim"} <= loaded
    assert sorted(module for module in loaded - bare if not allowed(module)) == []
    assert [entry["event"] for entry in map(json.loads, spool(story))] == ["start", "end"]


HEAVY = """
argparse asyncio boto3 click crossfade.plan.cron.table crossfade.plan.journal crossfade.settings
dataclasses importlib.metadata inspect logging.handlers pathlib pydantic ssl subprocess tomllib
zoneinfo
"""


@pytest.mark.parametrize("heavy", HEAVY.split())
def test_what_would_slow_the_start_is_not_listed(heavy: str) -> None:
    assert not allowed(heavy)


def spool(story: Story) -> list[str]:
    """What the wrapper wrote down."""
    return (story.new.folder / "light.jsonl").read_text().splitlines()


def test_it_runs_where_nothing_heavy_can_be_imported(story: Story) -> None:
    block = (
        "import sys\n"
        "for name in ('boto3', 'botocore', 'pydantic', 'click', 'rich', 'prefect'):\n"
        "    sys.modules[name] = None\n"
        "from crossfade.cronrun.__main__ import start\n"
        "start()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", block, *arguments(story, "echo", "ran")],
        cwd=ROOT, env=environment(story), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout == "ran\n"


def test_the_tls_library_is_only_put_off() -> None:
    code = (
        "import sys, crossfade.cronrun.client as client\n"
        "assert 'ssl' not in sys.modules\n"
        "import ssl, pymemcache\n"
        "assert ssl.create_default_context()\n"
        "assert pymemcache.Client is client.Client\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)
    kept = "import ssl, sys, crossfade.cronrun.client; assert sys.modules['ssl'] is ssl"
    subprocess.run([sys.executable, "-c", kept], cwd=ROOT, check=True, timeout=30)


def test_as_one_file_it_runs_where_nothing_is_installed(story: Story, tmp_path: Path) -> None:
    file = tmp_path / "crossfade-cron-run"
    build(file)
    base = Path(sys.base_prefix) / "bin/python3"
    line = [str(base), "-I", str(file), *arguments(story, "echo", "ran")]
    env = {"PATH": os.environ["PATH"], **{
        key: value for key, value in environment(story).items() if key.startswith("CROSSFADE")
    }}  # fmt: skip
    done = subprocess.run(
        line, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    assert os.access(file, os.X_OK)


def test_as_one_file_it_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "other"):
        build(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_help_is_written_to_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crossfade.cronrun", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert done.stdout.startswith("Usage: crossfade cron run --job JOB")
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


# Where the server's address comes from


def test_the_server_is_found_in_the_environment_or_the_configuration(tmp_path: Path) -> None:
    variable = "CROSSFADE__LOCK__SERVERS"
    assert find_server({variable: "a:1"}) == "a:1"
    assert find_server({variable: '["b:2"]'}) == "b:2"
    file = tmp_path / "crossfade.toml"
    file.write_text('[lock]\nservers = ["c:3"]\n')
    assert find_server({"CROSSFADE_CONFIG": str(file)}) == "c:3"


@pytest.mark.parametrize(
    ("servers", "said"), [('["a:1", "b:2"]', "names 2 servers"), ("[]", "names 0 servers")]
)
def test_there_must_be_exactly_one_server(servers: str, said: str) -> None:
    """A second one would let each side win on its own."""
    with pytest.raises(BadInput, match=said):
        find_server({"CROSSFADE__LOCK__SERVERS": servers})


def test_a_list_that_is_not_json_is_said() -> None:
    with pytest.raises(BadInput, match="no list in JSON"):
        find_server({"CROSSFADE__LOCK__SERVERS": "[a:1]"})


def test_a_configuration_that_is_missing_or_broken_is_said(tmp_path: Path) -> None:
    file = tmp_path / "crossfade.toml"
    with pytest.raises(BadInput, match="names 0 servers"):
        find_server({"CROSSFADE_CONFIG": str(file)})
    file.write_text("[lock\n")
    with pytest.raises(BadInput, match="cannot be read"):
        find_server({"CROSSFADE_CONFIG": str(file)})
