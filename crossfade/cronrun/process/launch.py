"""Becoming the command, as cron's `/bin/sh -c` would start it.

The path is searched as sh does it, a file that names no interpreter is run by `/bin/sh`, and what
cannot be started ends with 126 or 127 and with sh's sentence.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crossfade.cronrun.process.watchdog import Watchdog

SHELL = "/bin/sh"
FIRST_LINE = 128
"""Bytes of a file that are looked at to tell a script from something else."""

NOT_EXECUTABLE = 126
NOT_FOUND = 127

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
_NOT_FOUND = _ABSENT | {errno.ELOOP, errno.ENAMETOOLONG}
_UNWATCHED = b"w"
_PYTHONS_OWN = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores for itself, and no command expects to be."""


class Launch(NamedTuple):
    """What a process needs to become the command.

    Attributes:
        command: The program and its arguments.
        environment: Its environment.
        mask: The signals that were blocked when the wrapper was started.
        handled: The signals that the wrapper has handlers for.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    mask: Iterable[int]
    handled: Iterable[int]


def become(launch: Launch, watchdog: Watchdog, report: int) -> NoReturn:
    """Become the command in a process group of its own, which the watchdog knows.

    Called in a process that was forked with all signals blocked. If it fails, the reason goes to
    the descriptor `report`, which closes by itself as the command begins; see `why_not`.
    """
    try:
        os.setpgid(0, 0)
        try:
            watchdog.tell_group()
        except OSError as error:
            os.write(report, _UNWATCHED + b"%d" % (error.errno or 0))
            os._exit(NOT_EXECUTABLE)
        signal.set_wakeup_fd(-1)
        for number in (*launch.handled, *_PYTHONS_OWN):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, launch.mask)
        os.write(report, b"%d" % _execute(launch.command, launch.environment))
    except Exception as error:  # noqa: BLE001  nobody above would hear of it
        os.write(report, b"%d" % (getattr(error, "errno", 0) or errno.EINVAL))
    finally:
        os._exit(NOT_EXECUTABLE)


def why_not(report: bytes, word: str) -> tuple[int | None, str]:
    """Return the exit code and the sentence for what a process reported that became no command.

    The code is None if it has nothing to do with the command.

    Args:
        report: What it reported.
        word: The command's first word.
    """
    number = int(report.removeprefix(_UNWATCHED) or 0)
    if report.startswith(_UNWATCHED):
        return None, f"the watchdog is gone ({os.strerror(number)})"
    text = "not found" if number in _ABSENT else os.strerror(number)
    searched = number == errno.EACCES and "/" not in word  # dash calls that not found
    code = NOT_FOUND if searched or number in _NOT_FOUND else NOT_EXECUTABLE
    return code, f"{word}: {text}"


def _execute(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Become the first file that can be it; return the error's number if none can."""
    found = errno.ENOENT
    for path in _places(command[0], environment):
        try:
            _execute_file(path, command, environment)
        except OSError as error:
            number = error.errno or errno.EINVAL
            if number not in _ABSENT:
                found = number
    return found


def _execute_file(path: str, command: tuple[str, ...], environment: Mapping[str, str]) -> NoReturn:
    try:
        os.execve(path, command, environment)  # noqa: S606  no shell is the point
    except OSError as error:
        if error.errno != errno.ENOEXEC or _is_binary(path):
            raise
    os.execve(SHELL, (SHELL, path, *command[1:]), environment)  # noqa: S606  as above


def _is_binary(path: str) -> bool:
    """Whether a file is no text by its first line, as dash judges it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"\0" in os.read(descriptor, FIRST_LINE).partition(b"\n")[0]
    finally:
        os.close(descriptor)


def _places(word: str, environment: Mapping[str, str]) -> list[str]:
    """Return where a command may be."""
    if "/" in word or not word:
        return [word] if word else []
    folders = environment.get("PATH", os.defpath).split(":")
    return [f"{folder}/{word}" if folder else word for folder in folders]
