from __future__ import annotations

import os
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.cron.spool import read_spool
from crossfade.errors import BadInput
from crossfade.plan.cron.claim.spool_line import Entry, Event, entry_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOB = "reports.daily"
ENTRY = Entry(
    id="1",
    event=next(iter(Event)),
    job=JOB,
    tick=29_000_000,
    platform="legacy",
    host="cron-1",
    at=1_740_000_000,
    outcome="won",
)


def a_link(path: Path) -> None:
    elsewhere = path.parent / "elsewhere"
    elsewhere.write_text(entry_line(ENTRY), encoding="utf-8")
    path.symlink_to(elsewhere)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("name", [f"{JOB}.jsonl", f"{JOB}.jsonl.1"])
@pytest.mark.parametrize("made", [a_link, a_link_to_nothing, a_pipe, a_folder])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(
    made: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    (tmp_path / "cron-1").mkdir()
    for path in (tmp_path / name, tmp_path / "cron-1" / name):
        made(path)
        with pytest.raises(BadInput, match="no plain file") as refused:
            read_spool(str(tmp_path), JOB)
        assert str(path) in str(refused.value)
        path.rmdir() if path.is_dir() else path.unlink()
    assert read_spool(str(tmp_path), JOB) == []


def test_a_socket_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(f"{JOB}.jsonl")
        with pytest.raises(BadInput, match=f"{JOB}.jsonl"):
            read_spool(".", JOB)


def test_a_hosts_own_folder_and_copies_of_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "cron-2").mkdir()
    for folder in (tmp_path, tmp_path / "cron-2"):
        (folder / f"{JOB}.jsonl").write_text(entry_line(ENTRY), encoding="utf-8")
    assert read_spool(str(tmp_path), JOB) == [ENTRY, ENTRY]
