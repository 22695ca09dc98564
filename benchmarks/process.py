"""Programs that are measured: seconds, processor time and memory of one process."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MEBIBYTE = 1 << 20
_LAST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a program.

    Attributes:
        code: Its exit code.
        seconds: From its start to its end.
        cpu: Seconds of processor time, in the program and the system together.
        memory: The most memory that it had resident, in bytes.
        output: What it printed, standard error included.
    """

    code: int
    seconds: float
    cpu: float
    memory: int
    output: str


def measured(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit: float,
    folder: Path | None = None,
) -> Ran:
    """Run a program to its end and measure it.

    Args:
        arguments: The program and its arguments; no shell.
        environment: Its environment.
        limit: Seconds after which it is killed.
        folder: Its working directory; by default this process's own.
    """
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
        )
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            # Popen.wait tells no figures, and getrusage tells those of all children together.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # this program was interrupted: it leaves none behind
            process.kill()
            process.wait()
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    # Linux counts kibibytes, macOS bytes.
    memory = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
    return Ran(process.returncode, seconds, usage.ru_utime + usage.ru_stime, memory, text)


def succeeded(ran: Ran, name: str) -> Ran:
    """Return a run that ended well.

    Raises:
        Failed: It did not; the text holds the end of what it printed.
    """
    if ran.code:
        said = " ".join(ran.output.split())[-_LAST_CHARACTERS:]
        raise Failed(f"{name} ended with code {ran.code} after {ran.seconds:.1f} s: {said}")
    return ran
