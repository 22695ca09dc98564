"""Crontabs on this machine: read as cron finds them, and written back in one step."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Conflict
from crossfade.plan.cron.table.crontab import read_crontab

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.cron.table.crontab import Crontab

SYSTEM_TABLES = ("/etc/crontab", "/etc/cron.d")
"""Where cron finds the tables whose lines name a user."""

LOCALTIME = "/etc/localtime"
TIMEZONE = "/etc/timezone"
_ZONES = "zoneinfo/"


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where it stands."""

    path: Path
    crontab: Crontab


def read_tables(paths: Iterable[str], *, users: bool) -> list[Table]:
    """Read tables: files, and all files of folders except hidden ones.

    Args:
        paths: Files and folders.
        users: Whether they are users' own tables, whose lines name no user.

    Raises:
        BadInput: One of them cannot be read.
    """
    found: list[Table] = []
    for name in paths:
        path = Path(name)
        try:
            files = _files(path) if path.is_dir() else [path]
            for file in files:
                content = file.read_bytes()
                crontab = read_crontab(content, name=file.name, system=not users)
                found.append(Table(file, crontab))
        except OSError as error:
            raise BadInput(
                f"{error.filename or path} cannot be read: {error.strerror}; name a crontab or a "
                "folder of them, such as /etc/cron.d"
            ) from error
    return found


def write_table(table: Table, after: Crontab) -> None:
    """Write a table in one step, with the mode and owner that the file has.

    Args:
        table: The table as it was read.
        after: What it is to be.

    Raises:
        BadInput: The file cannot be written.
        Conflict: Somebody changed it since it was read.
    """
    path = table.path.resolve()  # a link stays a link
    try:
        # Hidden: cron must not take the half-written file for a table.
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after.content)
                file.flush()
                os.fsync(handle)
            _as_it_was(path, Path(scratch))
            if path.read_bytes() != table.crontab.content:
                raise Conflict(f"{path} was changed meanwhile: nothing was written; try again")
            Path(scratch).replace(path)
        finally:
            Path(scratch).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {error.strerror}; run it as the owner of the table"
        ) from error


def zone_of_host() -> str:
    """Return the name of the time zone in which this host's cron reads its tables."""
    target = os.path.realpath(LOCALTIME)
    if _ZONES in target:
        return target.partition(_ZONES)[2]
    with suppress(OSError):
        return Path(TIMEZONE).read_text(encoding="utf-8").strip()
    return "Etc/UTC"


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _as_it_was(path: Path, scratch: Path) -> None:
    """Give the new file what the old one has, but for its time: cron goes by that."""
    shutil.copystat(path, scratch)
    there = path.stat()
    os.chown(scratch, there.st_uid, there.st_gid)
    scratch.chmod(there.st_mode & 0o7777)  # chown may have cleared bits of it
    os.utime(scratch)
