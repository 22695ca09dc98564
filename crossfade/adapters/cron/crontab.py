"""Crontabs on this machine: read as cron finds them, and written back in one step."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Conflict
from crossfade.plan.cron.table.crontab import jobs_of, read_crontab
from crossfade.plan.cron.table.dialect import Dialect
from crossfade.plan.cron.table.files import Traits, passed_over
from crossfade.plan.cron.table.users import NO_USERS, Users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.cron.table.crontab import Crontab

SYSTEM_TABLES = ("/etc/crontab", "/etc/cron.d")
"""Where cron finds the tables whose lines name a user."""

SYSTEM_FOLDER = "cron.d"
USER_FOLDER = "/var/spool/cron"

LOCALTIME = "/etc/localtime"
TIMEZONE = "/etc/timezone"
_ZONES = "zoneinfo/"


@dataclass(frozen=True, slots=True)
class Table:
    """A table and where it stands.

    Attributes:
        path: Its file.
        crontab: What is in it.
        users: What is known about the users that its lines name.
        passed: Why its cron passes over the file, and the mend; "" twice if it does not.
    """

    path: Path
    crontab: Crontab
    users: Users = NO_USERS
    passed: tuple[str, str] = ("", "")


def read_tables(
    paths: Iterable[str],
    *,
    users: bool,
    dialect: Dialect = Dialect.DEBIAN,
    passwd: str = "",
) -> list[Table]:
    """Read tables: files, and all files of folders except hidden ones.

    Args:
        paths: Files and folders.
        users: Whether they are users' own tables, whose lines name no user.
        dialect: Whose tables they are.
        passwd: A file with the users of the tables' host, as `/etc/passwd`; "" for this host's.

    Raises:
        BadInput: One of them cannot be read.
    """
    if dialect is Dialect.BUSYBOX and not users:
        raise BadInput("busybox's crond reads users' own tables only: name them, with --user")
    known = _names_in(passwd) if passwd else None
    found: list[Table] = []
    for name in paths:
        path = Path(name)
        try:
            folder = path.is_dir()
            for file in _files(path) if folder else [path]:
                crontab = read_crontab(
                    file.read_bytes(), name=file.name, system=not users, dialect=dialect
                )
                in_folder = folder or (not users and file.absolute().parent.name == SYSTEM_FOLDER)
                passed = _passed(file, dialect, system=not users) if in_folder else ("", "")
                found.append(Table(file, crontab, _users(crontab, file, known), passed))
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


def _passed(file: Path, dialect: Dialect, *, system: bool) -> tuple[str, str]:
    there = file.stat()
    its_own = _at_home(file) or str(file.absolute()).startswith(f"{USER_FOLDER}/")
    traits = Traits(
        file.name, stat.S_IMODE(there.st_mode), there.st_nlink, there.st_uid if its_own else None
    )
    return passed_over(traits, dialect, system=system)


def _at_home(file: Path) -> bool:
    """Whether a system table stands where this host's cron reads it."""
    where = file.absolute()
    return any(where == Path(place) or where.parent == Path(place) for place in SYSTEM_TABLES)


def _users(crontab: Crontab, file: Path, known: frozenset[str] | None) -> Users:
    """Look up the users that a table names: among those of its host, or else of this one."""
    named = {job.user for job in jobs_of(crontab) if job.user}
    if known is not None:
        return Users(frozenset(named - known), certain=True)
    return Users(frozenset(name for name in named if not _is_here(name)), certain=_at_home(file))


def _is_here(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except (KeyError, ValueError):
        return False
    return True


def _names_in(passwd: str) -> frozenset[str]:
    try:
        text = Path(passwd).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise BadInput(
            f"--passwd {passwd} cannot be read: {error.strerror}; name a copy of /etc/passwd"
        ) from error
    return frozenset(line.partition(":")[0] for line in text.splitlines() if ":" in line)


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
