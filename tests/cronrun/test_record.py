"""The record on the host: whole lines, bounded files, and never in the command's way."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import time
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

from crossfade.cronrun.log import Log
from crossfade.cronrun.record import Record
from crossfade.cronrun.spool import append, default_folder, put_aside
from crossfade.plan.cron.claim.spool_line import Entry, Event, entry_line, read_entry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cronrun.conftest import Story

ENTRY = Entry("t", Event.SKIP, "reports", 29_000_000, "new", "pod-1", 1.0, "held", "b has it")


def write_many(folder: str, who: int, count: int, longest: int) -> None:
    for number in range(count):
        append(folder, ENTRY._replace(id=f"{who}-{number}"), longest=longest)


def test_lines_of_many_writers_stay_whole_and_none_is_lost(tmp_path: Path) -> None:
    work = [(str(tmp_path), who, 200, 10_000_000) for who in range(4)]
    with get_context("spawn").Pool(4) as pool:
        pool.starmap(write_many, work)
    # Who sees another's line half written begins a new one: that leaves an empty line at most.
    lines = list(filter(None, (tmp_path / "reports.jsonl").read_text().splitlines()))
    ids = {entry.id for line in lines if (entry := read_entry(line))}
    assert len(lines) == len(ids) == 800


def test_a_file_that_has_grown_too_long_is_put_aside(tmp_path: Path) -> None:
    length = len(entry_line(ENTRY))
    for number in range(25):
        append(str(tmp_path), ENTRY._replace(reason=f"{number:08}"), longest=length * 10)
    now = (tmp_path / "reports.jsonl").read_text().splitlines()
    before = (tmp_path / "reports.jsonl.1").read_text().splitlines()
    reasons = [json.loads(line)["reason"] for line in before + now]
    assert reasons == [f"{number:08}" for number in range(25 - len(reasons), 25)]
    assert len(reasons) >= 10
    assert all(path.stat().st_size <= length * 10 for path in tmp_path.iterdir())


def test_of_two_writers_that_find_a_file_too_long_one_puts_it_aside(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("x" * 100)
    put_aside(str(path), 50)
    path.write_text("y")
    put_aside(str(path), 50)
    assert (path.read_text(), (tmp_path / "reports.jsonl.1").read_text()) == ("y", "x" * 100)


def test_rotation_by_many_writers_breaks_no_line(tmp_path: Path) -> None:
    work = [(str(tmp_path), who, 200, 20_000) for who in range(4)]
    with get_context("spawn").Pool(4) as pool:
        pool.starmap(write_many, work)
    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert None not in [read_entry(line) for line in lines if line]


def test_an_entry_longer_than_the_limit_is_written_all_the_same(tmp_path: Path) -> None:
    append(str(tmp_path), ENTRY, longest=10)
    append(str(tmp_path), ENTRY, longest=10)
    assert (tmp_path / "reports.jsonl").read_text() == entry_line(ENTRY)


def write(folder: Path) -> str:
    """Write an entry that is not like the others; return why that is refused, or ""."""
    try:
        append(str(folder), ENTRY, longest=1)
    except OSError as error:
        return str(error)
    return ""


def test_a_lock_on_the_folder_or_the_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("an earlier line\n")
    held = [os.open(name, os.O_RDONLY) for name in (tmp_path, path)]
    for descriptor in held:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert write(tmp_path) == ""
    for descriptor in held:
        os.close(descriptor)
    assert path.read_text() == entry_line(ENTRY)
    assert (tmp_path / "reports.jsonl.1").read_text() == "an earlier line\n"


def test_while_another_puts_the_file_aside_a_line_is_written_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("an earlier line\n")
    lock = os.open(tmp_path / "reports.jsonl.lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert write(tmp_path) == ""
    os.close(lock)
    assert path.read_text() == "an earlier line\n" + entry_line(ENTRY)


def test_nobody_else_can_open_the_lock(tmp_path: Path) -> None:
    (tmp_path / "reports.jsonl").write_text("an earlier line\n")
    write(tmp_path)
    assert (tmp_path / "reports.jsonl.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["reports.jsonl", "reports.jsonl.lock"])
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("pipe", "is no plain file"),
        ("folder", "Is a directory"),
        ("link", "Too many levels of symbolic links"),
        ("second name", "has a second name"),
        ("open to others", "is open to other users"),
    ],
)
def test_what_is_not_the_users_own_plain_file_is_neither_waited_for_nor_written(
    tmp_path: Path, name: str, what: str, said: str
) -> None:
    folder, precious = tmp_path / "spool", tmp_path / "precious"
    folder.mkdir()
    precious.write_text("precious")
    (folder / "reports.jsonl").write_text("an earlier line\n")
    path = folder / name
    path.unlink(missing_ok=True)
    {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(precious),
        "second name": lambda: path.hardlink_to(precious),
        "open to others": lambda: (path.touch(), path.chmod(0o666)),
    }[what]()
    assert said in write(folder)
    assert precious.read_text() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.touch()
    os.chown(path, 54_321, 54_321)
    assert "belongs to another user" in write(tmp_path)


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text('{"id":"torn')
    append(str(tmp_path), ENTRY)
    assert [read_entry(line) for line in path.read_text().splitlines()] == [None, ENTRY]


def test_a_disk_that_is_full_is_said(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        with pytest.raises(OSError, match="only a part of a line"):
            append(str(tmp_path), ENTRY)
        with pytest.raises(OSError, match="File too large"):
            append(str(tmp_path), ENTRY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("what", ["reports.jsonl", "log"])
def test_a_pipe_in_the_records_place_does_not_keep_the_command(story: Story, what: str) -> None:
    os.mkfifo(story.new.folder / what)
    done = story.new.run(*story.command)
    assert (done.returncode, done.stderr, story.runs()) == (0, "", 1)
    if what == "reports.jsonl":
        assert "is no plain file: let that folder" in (story.new.folder / "log").read_text()


def test_the_folder_is_made_when_it_is_missing(tmp_path: Path) -> None:
    append(str(tmp_path / "a/b"), ENTRY)
    assert (tmp_path / "a/b/reports.jsonl").exists()


def test_the_users_own_state_folder_is_used_where_the_systems_is_missing() -> None:
    assert default_folder({"XDG_STATE_HOME": "/x"}) == "/x/crossfade/spool"
    assert default_folder({"HOME": "/h"}) == "/h/.local/state/crossfade/spool"
    assert default_folder({}) == ""


def test_a_record_that_cannot_be_written_is_said_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = tmp_path / "log"
    Record(Log(str(log)), str(tmp_path / "file"), {}).write(ENTRY)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning"]
    assert "name another with --spool" in lines[1]["message"]


def test_no_folder_means_no_record(tmp_path: Path) -> None:
    Record(Log(str(tmp_path / "log")), "", {}).write(ENTRY)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_log_that_cannot_be_written_does_not_stop_anything(tmp_path: Path) -> None:
    Log(str(tmp_path / "missing/log")).entry(ENTRY)


def test_messages_to_standard_error_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Log("stderr").warning("look")
    assert json.loads(capsys.readouterr().err)["message"] == "look"


def test_a_run_is_recorded_from_start_to_end(story: Story) -> None:
    before = time.time()
    story.new.run("sh", "-c", "sleep 0.2; exit 3")
    start, end = story.new.entries()
    assert (start["event"], end["event"], start["id"]) == ("start", "end", end["id"])
    assert (end["job"], end["tick"], end["platform"]) == ("reports", story.new.tick, "new")
    assert end["host"] == os.uname().nodename
    assert (end["outcome"], end["exit_code"]) == ("won", 3)
    began, ended = float(str(end["start"])), float(str(end["end"]))
    assert before <= began <= ended - 0.15 <= time.time()
    story.legacy.run("true")
    (skip,) = story.legacy.entries()
    assert (skip["event"], skip["outcome"]) == ("skip", "held")
    assert str(skip["holder"]).startswith("new/")


def test_a_run_that_died_with_its_wrapper_is_a_start_without_an_end(story: Story) -> None:
    process = story.new.start("sleep", "30")
    story.reaches("running")
    while not (story.new.folder / "reports.jsonl").exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert [entry["event"] for entry in story.new.entries()] == ["start"]
