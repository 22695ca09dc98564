"""The hosts' own record of runs, in the folder where the wrapper writes it or a copy of that.

Nothing in the folder is trusted and nothing is waited for: what is no plain file is not read.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.cron.claim.spool_line import read_entry

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.spool_line import Entry

_TRIES = 3
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_LINK = (errno.ELOOP, errno.EMLINK)
"""What opening a symbolic link without following it ends with."""


def read_spool(folder: str, job: str) -> list[Entry]:
    """Read a job's lines: of this host, or of several whose folders were copied into one.

    Args:
        folder: Holds `<job>.jsonl`, or folders that do, one for each host.
        job: The job's name.

    Raises:
        BadInput: There is no such folder, it cannot be read, or a record in it is no plain file.
    """
    root = Path(folder)
    if not root.is_dir():
        raise BadInput(
            f"there is no folder {folder}: --spool is where the wrapper writes its record, "
            "/var/spool/crossfade on most hosts, or a folder with copies of such"
        )
    try:
        folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
        texts = [text for each in folders for text in _texts(each / f"{job}.jsonl")]
    except OSError as error:
        if error.errno in _LINK:
            raise _no_plain_file(str(error.filename)) from error
        raise BadInput(
            f"the record in {folder} cannot be read: {error.strerror} ({error.filename})"
        ) from error
    entries = [read_entry(line) for text in texts for line in text.splitlines()]
    return [entry for entry in entries if entry is not None and entry.job == job]


def jobs_in_spool(folder: str) -> list[str]:
    """Return the names of the jobs of which a folder holds lines."""
    found = (*Path(folder).glob("*.jsonl"), *Path(folder).glob("*/*.jsonl"))
    return sorted({path.stem for path in found})


def _texts(path: Path) -> list[str]:
    """Read a file and the one that was put aside before it, neither twice nor with a gap."""
    aside = path.with_name(f"{path.name}.1")
    texts: list[str] = []
    for _ in range(_TRIES):
        before = _identity(aside)
        texts = [_text(aside), _text(path)]
        if _identity(aside) == before:  # else the wrapper has just put the one in the other's place
            break
    return texts


def _text(path: Path) -> str:
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_plain_file(str(path))
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read()


def _identity(path: Path) -> int:
    try:
        return path.lstat().st_ino
    except FileNotFoundError:
        return 0


def _no_plain_file(path: str) -> BadInput:
    return BadInput(
        f"{path} is no plain file, so no record of the wrapper's: find out who put it there, and "
        "remove it"
    )
