"""The record of who ran what, on the host: lines that a flow collects later.

One file for each job, `<job>.jsonl`, in the form that `crossfade.plan.cron.claim.spool_line`
describes. When it has grown too long it is renamed to `<job>.jsonl.1`, and what was there before is
gone: a flow that reads both files often enough misses nothing. Lines are whole: each is one write
to the end of the file, wherever the file has been renamed to meanwhile.

Nothing in the folder is trusted and nothing is waited for: a file is written only if it is a plain
file of this user that nobody else may write, and renamed only by who gets a lock at once that
nobody else can hold.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.spool_line import entry_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.claim.spool_line import Entry

SYSTEM_FOLDER = "/var/spool/crossfade"

LONGEST = 1_048_576
"""Bytes of one file: about five days of a job that runs every minute on two hosts."""

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_READABLE = 0o644
_PRIVATE = 0o600


def default_folder(environment: Mapping[str, str]) -> str:
    """Return where to write: the system's folder if it is there for us, else the user's own.

    "" when there is neither, as in a bare container: memcached then has the only record.
    """
    if os.access(SYSTEM_FOLDER, os.W_OK | os.X_OK):
        return SYSTEM_FOLDER
    home = environment.get("HOME")
    state = environment.get("XDG_STATE_HOME") or (home and f"{home}/.local/state")
    return f"{state}/crossfade/spool" if state else ""


def append(folder: str, entry: Entry, *, longest: int = LONGEST) -> None:
    """Write an entry to the end of its job's file.

    Raises:
        OSError: It could not be written.
    """
    line = entry_line(entry).encode()
    path = f"{folder}/{entry.job}.jsonl"
    descriptor = _open_record(path)
    try:
        if os.fstat(descriptor).st_size > max(longest - len(line), 0):
            put_aside(path, longest - len(line))
            os.close(descriptor)
            descriptor = -1
            descriptor = _open_record(path)
        if _is_torn(descriptor):
            line = b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError(f"{path} took only a part of a line: the disk is full")
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def put_aside(path: str, most: int) -> None:
    """Rename a file of more than `most` bytes, unless another wrapper has done so or does.

    Raises:
        OSError: The lock or the file is not this user's own.
    """
    import fcntl  # noqa: PLC0415  seldom needed

    lock = _open_own(f"{path}.lock", _PRIVATE)  # nobody else can open it, and so hold it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(path, follow_symlinks=False).st_size > max(most, 0):  # noqa: PTH116  pathlib costs 3 ms
            os.rename(path, f"{path}.1")  # noqa: PTH104  as above
    except (BlockingIOError, FileNotFoundError):
        pass
    finally:
        os.close(lock)


def _open_record(path: str) -> int:
    try:
        return _open_own(path, _READABLE)
    except FileNotFoundError:
        os.makedirs(path.rpartition("/")[0], exist_ok=True)  # noqa: PTH103  pathlib costs 3 ms
        return _open_own(path, _READABLE)


def _open_own(path: str, mode: int) -> int:
    """Open a plain file of this user that others may use no more than `mode` allows, or make it.

    Raises:
        OSError: It is something else, or another's.
    """
    descriptor = os.open(path, _FLAGS, mode)
    found = os.fstat(descriptor)
    wrong = {
        "is no plain file": not stat.S_ISREG(found.st_mode),
        "belongs to another user": found.st_uid != os.geteuid(),
        "has a second name": found.st_nlink > 1,
        "is open to other users": bool(stat.S_IMODE(found.st_mode) & ~mode & 0o077),
    }
    said = next((sentence for sentence, is_so in wrong.items() if is_so), "")
    if said:
        os.close(descriptor)
        raise PermissionError(f"{path} {said}")
    return descriptor


def _is_torn(descriptor: int) -> bool:
    """Whether the last line in a file was cut short, as on a full disk."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) not in {b"\n", b""}
