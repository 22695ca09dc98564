"""Crontabs on this machine: read, and written back in one step."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from crossfade.adapters.cron.crontab import read_tables, write_table, zone_of_host
from crossfade.errors import BadInput, Conflict
from crossfade.plan.base.zone import zone_named
from crossfade.plan.cron.table.crontab import read_crontab

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = b"* * * * * root /opt/before\n"
AFTER = read_crontab(b"* * * * * root /opt/after\n", name="jobs", system=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "jobs"
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    with suppress(OSError):  # not every file system has them
        os.setxattr(path, "user.label", b"cron")
    os.utime(path, (1, 1))
    return path


def test_a_folder_is_read_without_its_hidden_files(file: Path) -> None:
    (file.parent / ".placeholder").touch()
    (file.parent / "sub").mkdir()
    (table,) = read_tables([str(file.parent)], users=False)
    assert (table.path, table.crontab.content, table.crontab.system) == (file, BEFORE, True)
    assert not read_tables([str(file)], users=True)[0].crontab.system


def test_a_written_table_keeps_mode_owner_and_labels_and_shows_that_it_is_new(file: Path) -> None:
    (table,) = read_tables([str(file)], users=False)
    before, labels = file.stat(), os.listxattr(file)
    write_table(table, AFTER)
    after = file.stat()
    assert file.read_bytes() == AFTER.content
    kept = (before.st_mode, before.st_uid, before.st_gid)
    assert (after.st_mode, after.st_uid, after.st_gid) == kept
    assert os.listxattr(file) == labels
    assert time.time() - after.st_mtime < 60, "cron reads again only what is newer"
    assert os.listdir(file.parent) == ["jobs"]  # noqa: PTH208  the names


def test_a_link_stays_a_link(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file)
    (table,) = read_tables([str(link)], users=False)
    write_table(table, AFTER)
    assert link.is_symlink()
    assert file.read_bytes() == AFTER.content


def test_a_table_that_was_changed_meanwhile_is_left_alone(file: Path) -> None:
    (table,) = read_tables([str(file)], users=False)
    file.write_bytes(b"# mine\n")
    with pytest.raises(Conflict, match="changed meanwhile"):
        write_table(table, AFTER)
    assert file.read_bytes() == b"# mine\n"
    assert os.listdir(file.parent) == ["jobs"]  # noqa: PTH208  as above


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nope cannot be read: No such file"):
        read_tables([str(tmp_path / "nope")], users=False)


def test_the_hosts_zone_has_a_name_that_is_known() -> None:
    zone_named(zone_of_host())
