"""The record of who ran what, on the host: lines that a flow collects later.

One file for each job, `<job>.jsonl`, in the form that `crossfade.plan.cron.claim.spool_line`
describes. When it has grown too long it is renamed to `<job>.jsonl.1`, and what was there before is
gone: a flow that reads both files often enough misses nothing. Lines are whole: each is one write
to the end of the file, wherever the file has been renamed to meanwhile.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crossfade.plan.cron.claim.spool_line import entry_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.claim.spool_line import Entry

SYSTEM_FOLDER = "/var/spool/crossfade"

LONGEST = 1_048_576
"""Bytes of one file: about five days of a job that runs every minute on two hosts."""


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
    if _size(path) > longest - len(line):
        put_aside(path, longest - len(line))
    descriptor = _open(path)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _open(path: str) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(_folder(path), exist_ok=True)  # noqa: PTH103  pathlib costs 3 ms
        return os.open(path, flags, 0o644)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  as above
    except FileNotFoundError:
        return 0


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def put_aside(path: str, most: int) -> None:
    """Rename a file of more than `most` bytes, unless another wrapper has just done so."""
    import fcntl  # noqa: PLC0415  seldom needed

    lock = os.open(_folder(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _size(path) > max(most, 0):
            os.rename(path, f"{path}.1")  # noqa: PTH104  as above
    finally:
        os.close(lock)
