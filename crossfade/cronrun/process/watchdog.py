"""The watchdog: ends a command whose wrapper was killed.

It is there before the command, and before the tick is claimed: a process that was forked off, has
proven that it can watch, and waits on a pipe. The command's process writes its group into that pipe
before it becomes the command, and its end of the pipe closes as it does. So when the pipe closes
without the word that all is over, the wrapper is gone, and whatever it started is in the group.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

OVER = b"."

_POLL = 0.05
_STREAMS = (0, 1, 2)
_IGNORED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


class Watchdog:
    """A watchdog, as the wrapper and the command's process see it.

    Attributes:
        process: Its number.
    """

    def __init__(self, *, kill_after: float) -> None:
        """Start it, and wait until it watches. Signals must be blocked.

        Args:
            kill_after: Seconds between TERM and KILL.

        Raises:
            OSError: It could not be started.
        """
        opened: list[int] = []
        try:
            opened.extend(os.pipe())
            opened.extend(os.pipe())
            told, self._tell, heard, hear = opened
            self.process = os.fork()
            if not self.process:
                _watch(told, hear, kill_after)
            os.close(opened.pop())  # else a watchdog that died would not be noticed
            ready = os.read(heard, 1)
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            raise
        os.close(told)
        os.close(heard)
        if not ready:
            os.close(self._tell)
            raise ChildProcessError("it ended as it began")

    def tell_group(self) -> None:
        """Tell it the calling process's group: from the command's process, before the command.

        Raises:
            OSError: It is gone.
        """
        os.write(self._tell, b"%d " % os.getpgrp())

    def release(self) -> None:
        """Tell it that all is over. It then ends too, and nobody needs to wait for it."""
        with suppress(OSError):
            os.write(self._tell, OVER)
            os.close(self._tell)


def _watch(told: int, hear: int, kill_after: float) -> NoReturn:
    """Be the watchdog."""
    try:
        told = _let_go_of_all_but(told, hear)
        said = b""
        while part := os.read(told, 64):
            said += part
        if said and not said.endswith(OVER):
            _end(int(said.split()[-1]), kill_after)
    finally:
        os._exit(0)


def _let_go_of_all_but(told: int, hear: int) -> int:
    """Hold nothing that somebody may wait for (streams, sockets, the session), and say so."""
    signal.set_wakeup_fd(-1)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.setsid()
    low, high = sorted((told, hear))
    for first, last in (
        (len(_STREAMS), low),
        (max(low + 1, len(_STREAMS)), high),
        (max(high + 1, len(_STREAMS)), os.sysconf("SC_OPEN_MAX")),
    ):
        os.closerange(first, last)
    while told < len(_STREAMS):  # it has the place of a stream that the wrapper was begun without
        told = os.dup(told)
    while hear < len(_STREAMS):
        hear = os.dup(hear)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in _STREAMS:
        os.dup2(null, stream)
    if null not in _STREAMS:
        os.close(null)
    os.write(hear, OVER)
    os.close(hear)
    return told


def _end(group: int, kill_after: float) -> None:
    until = time.monotonic() + kill_after
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        os.killpg(group, signal.SIGCONT)
        while time.monotonic() < until:
            time.sleep(_POLL)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
