"""Outside programs of the embedded stack: started in a group of their own and ended completely."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
_LAST_LINES = 5


def usable_port(port: int, *, what: str) -> int:
    """Return a port of 127.0.0.1 that nothing listens on at this moment.

    Args:
        port: The one that is wanted; 0 for any.
        what: Who will listen there, for the message.

    Raises:
        BadInput: Another program listens on it.
    """
    try:
        with socket.create_server((HOST, port)) as listening:
            found: int = listening.getsockname()[1]
            return found
    except OSError as error:
        raise BadInput(
            f"{what} cannot listen on {HOST}:{port} ({error.strerror}): "
            "end what uses that port or choose another"
        ) from error


@contextmanager
def program(
    arguments: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    ready_seconds: float,
    end_seconds: float = 10,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[int]:
    """Run a program until the block ends; then end its whole process group, TERM before KILL.

    Args:
        arguments: The program and its arguments; no shell.
        log: Where its output goes.
        ready: Asked until it says that the program serves.
        ready_seconds: How long it may take to.
        end_seconds: How long it may take to end before it is killed.
        environment: Its environment; by default this process's own.
        folder: Its working directory; by default this process's own.

    Yields:
        Its process id, which is also its group's.

    Raises:
        Failed: It ended early, or did not serve in time; the text holds the end of its log.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  arguments are named by the embedded stack alone
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait(process, ready, ready_seconds, arguments[0], log)
        yield process.pid
    finally:
        _end(process, end_seconds)


def _wait(
    process: subprocess.Popen[bytes],
    ready: Callable[[], bool],
    seconds: float,
    name: str,
    log: Path,
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        code = process.poll()
        if code is not None:
            raise Failed(f"{name} ended with code {code} before it served: {_tail(log)}")
        if ready():
            return
        time.sleep(_POLL_SECONDS)
    raise Failed(f"{name} did not serve within {seconds:g} s: {_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    said = " / ".join(line.strip() for line in lines if line.strip()).split(" / ")[-_LAST_LINES:]
    return " / ".join(said) or "it said nothing"


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    _signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    # Also when the leader ended in time: what it started may not have.
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
