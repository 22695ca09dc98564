"""The wrapper starts light: few imports, few milliseconds, one file if wanted."""

from __future__ import annotations

import json
import os
import py_compile
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

LIMIT = 0.040
"""Seconds of processor time over the bare interpreter's."""

LEAST_PAIRS, MOST_PAIRS = 10, 60
"""Starts that are measured: more of them where a busy machine slows all."""

TOO_HEAVY = {
    "boto3", "botocore", "pydantic", "click", "rich", "prefect", "argparse", "asyncio",
    "dataclasses", "inspect", "subprocess", "zoneinfo", "tomllib", "pathlib", "http", "email",
    "ssl", "getopt", "fcntl",
}  # fmt: skip

LISTING = """
import sys
from crossfade.cronrun import main
sys.stderr.close = lambda: None
code = main(sys.argv[1:])
import json
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
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
    assert {"crossfade", "pymemcache", "cronsim"} <= loaded
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


def processor_time(line: list[str], env: dict[str, str]) -> float:
    process = subprocess.Popen(line, cwd=ROOT, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_it_starts_within_forty_milliseconds_over_the_bare_interpreter(story: Story) -> None:
    """Least processor time of many, the command's included: what else runs counts little.

    The benchmark measures elapsed time, in pairs.
    """
    for folder, names in (("cronrun", "*.py"), ("plan", "c*.py"), (".", "*.py")):
        for path in (ROOT / "crossfade" / folder).glob(names):
            py_compile.compile(str(path))
    entry = "from crossfade.cronrun.__main__ import start; start()"
    line = [sys.executable, "-c", entry, *arguments(story, "true")]
    bare = whole = float("inf")
    for earlier in range(MOST_PAIRS):
        tick = {"CROSSFADE_KUBERNETES_JOB": f"light-{story.new.tick - earlier}"}
        plain = [sys.executable, "-c", "pass"]
        bare = min(bare, processor_time(plain, dict(os.environ)))
        whole = min(whole, processor_time(line, {**os.environ, **tick}))
        if earlier >= LEAST_PAIRS and whole - bare < LIMIT:
            break
    assert whole - bare < LIMIT, f"{(whole - bare) * 1000:.1f} ms over {bare * 1000:.1f} ms"


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
