"""The command is started as cron's `/bin/sh -c` would start it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cronrun.conftest import Story

FILES = {
    "script": b'echo "$0: $#:" "$@"; exit 7\n',
    "script with an interpreter": b'#!/bin/sh -e\necho "$#:" "$@"; exit 8\n',
    "empty": b"",
    "missing interpreter": b"#!/nonexistent/interpreter\n",
    "binary": b"\x7fELF\x00\x01\x02",
    "binary further down": b"echo text; exit 3\n\x00\x00",
}


def make(folder: Path, name: str, mode: int = 0o755) -> Path:
    path = folder / name
    path.write_bytes(FILES[name])
    path.chmod(mode)
    return path


def sh(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Let sh start plain words, as in a crontab."""
    line = ["/bin/sh", "-c", '"$@"', "sh", *words]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False, timeout=20)


def same(story: Story, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Start words by the wrapper and by sh, and compare."""
    by_sh, by_us = sh(*words, cwd=tmp_path), story.new.run(*words)
    assert (by_us.returncode, by_us.stdout) == (by_sh.returncode, by_sh.stdout)
    return by_us


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_run_as_sh_runs_it(story: Story, tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    same(story, tmp_path, str(path), "a b", "", "*", "$HOME")


def test_a_script_without_an_interpreter_is_found_on_the_path(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a/crossfade-job").mkdir()
    make(tmp_path / "b", "script", 0o644).rename(tmp_path / "b/crossfade-job")
    make(tmp_path / "c", "script").rename(tmp_path / "c/crossfade-job")
    places = [str(tmp_path / folder) for folder in ("nowhere", "a", "b", "c")]
    monkeypatch.setenv("PATH", ":".join([*places, os.environ["PATH"]]))
    assert same(story, tmp_path, "crossfade-job", "x").returncode == 7
    (tmp_path / "c/crossfade-job").unlink()
    story.new.tick -= 1
    assert "crossfade-job: Permission denied" in same(story, tmp_path, "crossfade-job").stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("/nonexistent/program", "/nonexistent/program: not found"),
        ("no-such-program", "no-such-program: not found"),
        ("", ": not found"),
        ("/etc", "/etc: Permission denied"),
        ("/etc/passwd", "/etc/passwd: Permission denied"),
        ("/etc/passwd/x", "/etc/passwd/x: not found"),
        ("x" * 300, "x: File name too long"),
    ],
)
def test_what_cannot_be_started_ends_as_in_sh_with_a_sentence(
    story: Story, tmp_path: Path, word: str, said: str
) -> None:
    done = same(story, tmp_path, word, "argument")
    assert done.stderr.startswith("crossfade cron run: ")
    assert done.stderr.endswith(f"{said}\n")
    assert done.stderr.count("\n") == 1
    end = story.new.entries()[-1]
    assert end["exit_code"] == done.returncode
    assert str(end["stopped"]).startswith("the command could not be started: ")


def test_a_loop_of_links_is_not_found(story: Story, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert same(story, tmp_path, str(tmp_path / "loop")).returncode == 127


def test_bytes_that_are_no_text_reach_the_command(story: Story, tmp_path: Path) -> None:
    done = same(story, tmp_path, "sh", "-c", 'printf %s "$1" | od -An -tx1', "sh", "\udcff\udc80")
    assert done.stdout.split() == ["ff", "80"]


def test_python_adds_no_locale_of_its_own(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name == "LANG" or name.startswith("LC_")]:
        monkeypatch.delenv(name)
    assert "LC_CTYPE" not in story.new.run("env").stdout
    story.new.tick -= 1
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")
    assert "LC_CTYPE=C.UTF-8" in story.new.run("env").stdout
