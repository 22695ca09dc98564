"""The real memcached on a free loopback port, with the flags that a lock server needs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.local.stack.processes import HOST, program, usable_port

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_SECONDS = 10
MEGABYTES = 16


@dataclass(frozen=True, slots=True)
class Memcached:
    """A running memcached.

    Attributes:
        port: Where it listens on 127.0.0.1.
        pid: Its process.
    """

    port: int
    pid: int

    @property
    def address(self) -> str:
        """`host:port`, as `lock.servers` in crossfade.toml takes it."""
        return f"{HOST}:{self.port}"


@contextmanager
def memcached(*, port: int = 0, name: str = "memcached") -> Iterator[Memcached]:
    """Run memcached on 127.0.0.1 until the block ends.

    It never drops a record to make room (`-M`), refuses `flush_all` (`-F`) and speaks TCP alone.

    Args:
        port: Where it listens; 0 takes a free port.
        name: The program to look for.

    Raises:
        BadInput: It is not installed, or the port is taken.
        Failed: It did not come up; the text holds what it said.
    """
    binary = shutil.which(name)
    if binary is None:
        raise BadInput(
            f"{name} is not installed: `apt-get install memcached` or `brew install memcached`"
        )
    port = usable_port(port, what="memcached")
    with (
        tempfile.TemporaryDirectory(prefix="crossfade-memcached-") as folder,
        program(
            [binary, "-l", HOST, "-p", str(port), "-U", "0", "-M", "-F", *_limits()],
            log=Path(folder) / "log",
            ready=lambda: _answers(port),
            ready_seconds=READY_SECONDS,
        ) as pid,
    ):
        yield Memcached(port, pid)


def _limits() -> list[str]:
    memory = ["-m", str(MEGABYTES)]
    if os.geteuid() != 0:
        return memory
    # memcached refuses to run as root unless it is told which user to become.
    names = {entry.pw_name for entry in pwd.getpwall()}
    return [*memory, "-u", "nobody" if "nobody" in names else "root"]


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"version\r\n")
            return connection.recv(64).startswith(b"VERSION")
    except OSError:
        return False
