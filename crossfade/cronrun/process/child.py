"""The command: started in a process group of its own, signalled as one, and never left behind.

Signals to the wrapper go to the whole group, at once, from the signal handler: even while the
wrapper waits for memcached. Before the command is started they end the wrapper. If the wrapper
itself is killed without a chance to react, a watchdog ends the group, so that no run goes on that
nobody watches; where there can be no watchdog, there is no run.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from crossfade.cronrun.process.launch import Launch, become, why_not
from crossfade.cronrun.process.watchdog import Watchdog
from crossfade.plan.cron.claim.requests import CannotStart
from crossfade.plan.cron.claim.session import LOCK_AWAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

FORWARDED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
    signal.SIGWINCH,
)
HARMLESS = frozenset({signal.SIGCONT, signal.SIGWINCH})
"""Signals that by themselves end nothing."""

SIGNALLED = 128

_GROUP_POLL = 0.05


class Interrupted(BaseException):
    """A signal ended the wrapper before the command was started.

    No `Exception`: whatever is under way when the signal comes must not take it for its own.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class Child:
    """The wrapped command and the signals between it and the outside."""

    def __init__(self, command: tuple[str, ...], *, kill_after: float) -> None:
        """Take over the signals, and start the watchdog.

        Args:
            command: The program and its arguments; no shell.
            kill_after: Seconds between TERM and KILL.

        Raises:
            OSError: The watchdog could not be started, so the command must not be either.
        """
        self._command = command
        self._kill_after = kill_after
        self._group = 0
        self._code: int | None = None
        self._kill_at: float | None = None
        self._interruptible = False
        self._over = False
        self._pending: list[int] = []
        self._wake, write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(write, False)
        with _signals_blocked() as self._mask:
            self._watchdog = Watchdog(kill_after=kill_after)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._handled = [signal.SIGCHLD]
        for number in FORWARDED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
                signal.signal(number, self._on_signal)
                self._handled.append(number)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal interrupt what the block waits for, unless the command has been started.

        Signals that come outside of such blocks are kept until the next one, or for the command.

        Raises:
            Interrupted: A signal came.
        """
        if not self._over:
            if self._pending:
                raise Interrupted(self._pending[0])
            self._interruptible = True
        try:
            yield
        finally:
            self._interruptible = False

    def hold_signals(self) -> None:
        """Interrupt nothing from now on."""
        self._over = True

    def start(self, environment: Mapping[str, str]) -> CannotStart | None:
        """Start the command; say why if that fails."""
        self.hold_signals()
        launch = Launch(self._command, environment, self._mask, self._handled)
        code, reason = None, ""
        try:
            report = self._launch(launch)
            if not report:
                for number in self._pending:
                    self._signal(number)
                return None
            os.waitpid(self._group, 0)
            code, reason = why_not(report, self._command[0])
        except OSError as error:
            reason = f"there can be no process for it: {error.strerror}"
        self._group = 0
        self._watchdog.release()
        return CannotStart(LOCK_AWAY if code is None else code, reason)

    def watch(self, seconds: float) -> int | None:
        """Wait until the command ends, at most so long; return its exit code or None."""
        until = time.monotonic() + seconds
        while True:
            self._reap()
            now = time.monotonic()
            if self._kill_at is not None and now >= self._kill_at:
                self._kill_at = None
                self._signal(signal.SIGKILL)
            if self._code is not None and not self._stragglers():
                self._group = 0  # the number may soon be another's
                self._watchdog.release()
                return self._code
            if now >= until:
                return None
            wake = min(until, self._kill_at or until)
            if self._code is not None:
                wake = min(wake, now + _GROUP_POLL)
            self._sleep(wake - now)

    def stop(self) -> None:
        """Ask the whole group to end; `watch` kills what is left of it after a while."""
        self._kill_at = time.monotonic() + self._kill_after
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a group that was stopped hears TERM only now

    def _launch(self, launch: Launch) -> bytes:
        """Fork the process that becomes the command; return what it reports instead, if it fails.

        Raises:
            OSError: There can be no process.
        """
        reading, writing = os.pipe()
        try:
            with _signals_blocked():
                process = os.fork()
                if not process:
                    become(launch, self._watchdog, writing)
                with suppress(OSError):  # it did so itself, and is the command by now
                    os.setpgid(process, process)
                self._group = process
            os.close(writing)
            writing = -1
            return os.read(reading, 64)
        finally:
            os.close(reading)
            if writing >= 0:
                os.close(writing)

    def _stragglers(self) -> bool:
        """Whether others of a group that was told to end still run, and may for a while."""
        if self._kill_at is None:
            return False
        try:
            os.killpg(self._group, 0)
        except OSError:
            return False
        return True

    def _sleep(self, seconds: float) -> None:
        """Wait for a signal, at most so long."""
        longest = 3600.0  # select refuses more than its clock can count
        if select.select([self._wake], [], [], min(seconds, longest))[0]:
            with suppress(BlockingIOError):
                os.read(self._wake, 4096)

    def _reap(self) -> None:
        """Take note of every process that ended: as process 1, orphans end here too."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if self._code is None and pid == self._group:
                    code = os.waitstatus_to_exitcode(status)
                    self._code = code if code >= 0 else SIGNALLED - code

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._group:
            self._signal(number)
        elif number in HARMLESS and not self._over:
            return
        elif self._interruptible:
            self._interruptible = False
            raise Interrupted(number)
        else:
            self._pending.append(number)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._group, number)


@contextmanager
def _signals_blocked() -> Iterator[set[int]]:
    """Let no signal come while a process is forked; gives the signals that were blocked before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield {int(number) for number in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
