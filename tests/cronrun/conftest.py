"""Fixtures of the wrapper's tests: a real memcached, a proxy before it, real wrapper processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.cron.claim.records import TickRecord, decode_tick, tick_key
from tests.cronrun.servers import Proxy, RealMemcached
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[RealMemcached]:
    memcached = RealMemcached()
    yield memcached
    memcached.kill()


@pytest.fixture
def proxy(server: RealMemcached) -> Iterator[Proxy]:
    with closing(Proxy(server)) as between:
        yield between


@dataclass
class Host:
    """A host or pod of one platform: starts wrappers, and remembers what they wrote down.

    Without `kubernetes` nothing names the tick, as under cron: the wrapper has to derive it.
    """

    platform: str
    address: str
    folder: Path
    tick: int
    job: str = "reports"
    schedule: str = "* * * * *"
    kubernetes: bool = True
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, flags: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start a wrapper for the tick."""
        named = {"CROSSFADE_KUBERNETES_JOB": f"{self.job}-{self.tick}"} if self.kubernetes else {}
        process = subprocess.Popen(
            [
                sys.executable, "-m", "crossfade.cronrun",
                "--job", self.job, "--schedule", self.schedule, "--platform", self.platform,
                "--server", self.address, "--timezone", "UTC",
                "--spool", str(self.folder), "--log", str(self.folder / "log"),
                "--lock-timeout", "0.3", *flags, "--", *words,
            ],
            cwd=ROOT, env={**os.environ, **named}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def end(self) -> None:
        """End what it started."""
        for process in self.processes:
            process.kill()
            with process:
                process.communicate(timeout=20)

    def run(self, *words: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Start a wrapper and wait until it ends."""
        process = self.start(*words, flags=flags)
        out, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)

    def entries(self) -> list[dict[str, object]]:
        """What its wrappers wrote down, in order."""
        lines = (self.folder / f"{self.job}.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def outcomes(self) -> list[object]:
        """What its wrappers were told, in order, once each."""
        return [entry["outcome"] for entry in self.entries() if entry["event"] != "start"]


@dataclass
class Story:
    """Both platforms before one memcached, and where the command leaves its traces."""

    legacy: Host
    new: Host
    server: RealMemcached
    proxy: Proxy
    traces: Path

    @property
    def command(self) -> tuple[str, ...]:
        """A command that leaves a trace each time it runs."""
        return ("sh", "-c", f"echo ran >> {self.traces}")

    def runs(self) -> int:
        """How often the command ran."""
        return len(self.traces.read_text().splitlines()) if self.traces.exists() else 0

    def record(self) -> TickRecord | None:
        """The tick's record in memcached."""
        with closing(self.server.client()) as client:
            value = client.get(tick_key(self.new.job, self.new.tick))
        return decode_tick(value.decode()) if value else None

    def reaches(self, state: str, seconds: float = 10) -> TickRecord:
        """Wait until the tick's record has a state."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            record = self.record()
            if record is not None and record.state == state:
                return record
            time.sleep(0.02)
        raise AssertionError(f"the tick did not become {state}: {self.record()}")


@pytest.fixture
def story(server: RealMemcached, proxy: Proxy, tmp_path: Path) -> Iterator[Story]:
    tick = int(time.time()) // 60
    hosts = [Host(name, proxy.address, tmp_path / name, tick) for name in ("legacy", "new")]
    for host in hosts:
        host.folder.mkdir()
    yield Story(hosts[0], hosts[1], server, proxy, tmp_path / "traces")
    for host in hosts:
        host.end()
