"""A real memcached that can be killed, frozen and filled, and a proxy that spoils its answers."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
LOCK_FLAGS = ("-M", "-F")
"""For locks: refuse what does not fit instead of evicting, and refuse to flush."""

AN_HOUR = 3600


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class RealMemcached:
    """One memcached on one port, through its lives."""

    def __init__(self, flags: tuple[str, ...] = LOCK_FLAGS, megabytes: int = 16) -> None:
        program = shutil.which("memcached")
        assert program, "these tests need memcached: apt-get install memcached"
        self.port = free_port()
        user = ["-u", pwd.getpwuid(os.geteuid()).pw_name]
        memory = ["-m", str(megabytes)]
        address = ["-l", HOST, "-p", str(self.port), "-U", "0"]
        self._line = [program, *address, *memory, *user, *flags]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._line, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with suppress(OSError), closing(self.client()) as client:
                client.version()
                return
            time.sleep(0.02)
        raise AssertionError(f"memcached does not answer on {self.address}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let connections and requests wait in its sockets until the block ends."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)  # all its threads stand
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def fill(self) -> None:
        """Store items of all sizes that records have, until it refuses or evicts them."""
        for size, count in ((900_000, 20), *((size, 12_000) for size in range(60, 400, 30))):
            with closing(self.client()) as client, suppress(MemcacheServerError):
                for first in range(0, count, 1000):
                    last = min(first + 1000, count)
                    client.set_many({f"{size}-{n:020}": b"x" * size for n in range(first, last)})

    def client(self) -> Client:
        return Client((HOST, self.port), default_noreply=False, connect_timeout=2, timeout=2)


LIES = {
    "a bare STAT": b"STAT\r\n",
    "a foreign key": b"VALUE other 0 1 1\r\nx\r\nEND\r\n",
    "an endless value": b"VALUE crossfade:tick:reports:1 0 999999999 1\r\n" + b"x" * 65_536,
    "an endless line": b"x" * 65_536,
    "endless counters": b"STAT a 1\r\n" * 8_192,
    "a negative length": b"VALUE crossfade:tick:reports:1 0 -1 1\r\nx\r\nEND\r\n",
    "an error": b"SERVER_ERROR " + b"no " * 20_000 + b"\r\n",
    "garbage": bytes(range(256)) + b"\r\n",
    "two answers": b"END\r\nEND\r\nSTORED\r\nSTORED\r\n",
}
"""What no memcached says, by its name: an answer to each line that one would say."""

DRIP = 0.05
"""Seconds between the bytes of a memcached that drips."""


class Speaker:
    """A server that says the same to everything, on a Unix socket, and closes the connection."""

    def __init__(self, path: str) -> None:
        self.address = path
        self.says = b""
        self.said = 0
        self.drips = False
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen(64)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(20)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    if connection.recv(65_536):
                        self._say(connection)

    def _say(self, connection: socket.socket) -> None:
        self.said = 0
        if not self.drips:
            connection.sendall(self.says)
            return
        for number in range(len(self.says)):
            connection.sendall(self.says[number : number + 1])
            self.said += 1
            time.sleep(DRIP)


class Proxy:
    """Stands between one side and memcached.

    It says that the server is an hour older than it is, since no test can wait until a server is
    old enough to be trusted. Its `mood` decides what happens to requests from then on:

    - `pass`: they go through;
    - `drop answers`: they are carried out and nobody hears of it;
    - `drop requests`: they get lost;
    - `refuse`: no connection is accepted;
    - `drip`: they are answered a byte at a time, for ever;
    - a name of `LIES`: that is said instead of each line of an answer.

    `drop_after` lets some answers through and drops the lines of the next one.
    """

    def __init__(self, server: RealMemcached, *, older: int = AN_HOUR) -> None:
        self._server = server
        self._older = older
        self.mood = "pass"
        self._answers_to_pass: int | None = None
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        starting = asyncio.start_server(self._serve, HOST, self.port, backlog=1024)
        self._listening = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def drop_after(self, answers: int) -> None:
        """Let so many answers through, and let the next one get lost."""
        self._answers_to_pass = answers

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._listening.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait([asyncio.create_task(asyncio.sleep(0)), *serving], timeout=2)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ends = [writer]
        tasks: list[asyncio.Task[None]] = []
        try:
            if self.mood != "refuse":
                answers, requests = await asyncio.open_connection(HOST, self._server.port)
                open_ends.append(requests)
                tasks.append(asyncio.create_task(self._carry(reader, requests, "requests")))
                tasks.append(asyncio.create_task(self._carry(answers, writer, "answers")))
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # memcached is away: the client sees its connection close
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in open_ends:
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: str
    ) -> None:
        while line := await reader.readline():
            if self.mood == f"drop {what}":
                continue
            if what == "answers" and self._gets_lost(line):
                continue
            if what == "answers" and self.mood == "drip":
                await self._drip(writer)
            if what == "answers" and self.mood in LIES:
                writer.write(LIES[self.mood])
                await writer.drain()
                continue
            writer.write(re.sub(rb"^(STAT uptime )(\d+)", self._aged, line))
            await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        while self.mood == "drip":
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(DRIP)

    def _gets_lost(self, line: bytes) -> bool:
        """Whether a line belongs to the answer that is to get lost."""
        if self._answers_to_pass is None:
            return False
        last = line.split()[0] in {b"END", b"STORED", b"NOT_STORED", b"EXISTS", b"NOT_FOUND"}
        lost = self._answers_to_pass == 0
        if last:
            self._answers_to_pass = None if lost else self._answers_to_pass - 1
        return lost

    def _aged(self, match: re.Match[bytes]) -> bytes:
        return match[1] + str(int(match[2]) + self._older).encode()
