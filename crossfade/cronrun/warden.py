"""The warden: ends a command whose wrapper was killed.

A process that is forked off once the command runs, and waits on a pipe whose other end only the
wrapper holds. When the pipe closes without a word, the wrapper is gone.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

_POLL = 0.05
_STREAMS = (0, 1, 2)


def guard(group: int, *, kill_after: float) -> tuple[int, int]:
    """Fork a warden for a process group.

    Args:
        group: The group to end when this process is gone.
        kill_after: Seconds between TERM and KILL.

    Returns:
        The warden's process id, and this process's end of the pipe.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return pid, writing
    try:
        if not os.read(_let_go_of_all_but(reading), 1):
            _end(group, kill_after)
    finally:
        os._exit(0)


def release(warden: tuple[int, int]) -> None:
    """Tell a warden that its group has ended; it then ends too, and nobody needs to wait for it."""
    _, writing = warden
    if not writing:
        return
    with suppress(OSError):
        os.write(writing, b".")
        os.close(writing)


def _let_go_of_all_but(reading: int) -> int:
    """Hold nothing open that somebody may wait for: streams, sockets, the session."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    os.setsid()
    keep = reading
    while keep < len(
        _STREAMS
    ):  # it took the place of a stream that the wrapper was started without
        keep = os.dup(keep)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in _STREAMS:
        os.dup2(null, stream)
    os.closerange(len(_STREAMS), keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))
    return keep


def _end(group: int, kill_after: float) -> None:
    until = time.monotonic() + kill_after
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        os.killpg(group, signal.SIGCONT)
        while time.monotonic() < until:
            time.sleep(_POLL)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
