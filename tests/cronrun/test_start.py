"""The wrapper starts light: few imports, few milliseconds, one file if wanted."""

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

TOO_HEAVY = {
    "boto3", "botocore", "pydantic", "click", "rich", "prefect", "argparse", "asyncio",
    "dataclasses", "inspect", "subprocess", "zoneinfo", "tomllib", "pathlib", "http", "email",
    "ssl", "getopt", "fcntl", "logging", "pickle", "platform", "calendar", "locale", "random",
    "traceback", "string", "ipaddress",
}  # fmt: skip

LISTING = """
import sys
from crossfade.cronrun import main
sys.stderr.close = lambda: None
code = main(sys.argv[1:])
import json
from crossfade.cronrun.put_off import PutOff
here = {name for name, module in sys.modules.items() if not isinstance(module, PutOff)}
print(json.dumps(sorted({name.partition(".")[0] for name in here})))
"""


def arguments(story: Story, *command: str) -> list[str]:
    return ["--job", "light", "--schedule", "* * * * *", "--platform", "new", "--timezone", "UTC",
            "--server", story.proxy.address, "--spool", str(story.new.folder),
            "--log", str(story.new.folder / "log"), "--", *command]  # fmt: skip


def environment(story: Story) -> dict[str, str]:
    return {**os.environ, "CROSSFADE_KUBERNETES_JOB": f"light-{story.new.tick}"}


def test_a_whole_run_imports_nothing_heavy(story: Story) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTING, *arguments(story, "true")],
        cwd=ROOT, env=environment(story), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    loaded = set(json.loads(done.stdout))
    assert {"crossfade", "cronsim", "json", "socket"} <= loaded
    assert not loaded & TOO_HEAVY
    assert story.new.folder.joinpath("light.jsonl").exists()


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


def in_a_process_of_its_own(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


PUT_OFF = "import sys, crossfade.cronrun.put_off as put_off; put_off.put_off()\n"


@pytest.mark.parametrize(
    "used",
    [
        "import ssl; assert ssl.create_default_context()",
        "import platform; assert platform.system() == 'Linux' and platform.python_version()",
        "import logging.handlers as h; h.logging.info(1); assert h.SysLogHandler",
        "import pickle; assert pickle.loads(pickle.dumps([1])) == [1]",
        "import calendar; assert calendar.monthrange(2026, 2)[1] == 28",
        "import pymemcache; assert pymemcache.HashClient([('h', 1)])",
        "from pymemcache.client.retrying import RetryingClient as R; assert R.__init__",
        "import pymemcache, pymemcache.client as c; assert pymemcache.Client is c.Client",
        "import pymemcache.client.base as b, pymemcache; assert pymemcache.client.base is b",
        "import cronsim, datetime as d; next(cronsim.CronSim('0 0 L * *', d.datetime(2026, 1, 1)))",
    ],
    ids=lambda code: code.split(";")[0],
)
def test_what_is_put_off_is_there_as_soon_as_it_is_used(used: str) -> None:
    in_a_process_of_its_own(PUT_OFF + "import crossfade.cronrun.command\n" + used)


def test_what_is_there_already_is_not_put_off() -> None:
    kept = "import ssl, pymemcache, sys; before = dict(sys.modules)\n"
    still = "assert before == {name: sys.modules[name] for name in before}"
    in_a_process_of_its_own(kept + PUT_OFF + "import crossfade.cronrun.command\n" + still)


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
