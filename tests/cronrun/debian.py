"""Debian's cron itself: unpacked from its package into a folder, and run where it harms nothing.

`crontab -n` and the daemon write to `/var/spool/cron`, `/run` and the log; each runs in a mount
namespace of its own, in which those are scratch. Nothing is installed.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import pytest

if TYPE_CHECKING:
    from types import TracebackType

FOLDER = Path(sys.prefix) / "debian-cron"
TRIES = 3

_CHECK = """
mount -t tmpfs none /var/spool && mkdir -p /var/spool/cron/crontabs || exit 1
while IFS= read -r table; do "$0" -n "$table" 2>&1; echo "exit $?"; done
"""

_DAEMON = """
set -e
cp -a /etc/pam.d /etc/security /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.cache etc/
mount --bind etc /etc
mount -t tmpfs none /run
mount -t tmpfs none /var/spool
mkdir -p /var/spool/cron/crontabs dev
mount -t tmpfs none dev
for name in null zero urandom random full; do
  touch dev/$name
  mount --bind /dev/$name dev/$name
done
mount --rbind dev /dev
exec "$0" -c "$1" "$2" "$3"
"""

_LISTEN = """
import socket, subprocess, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
daemon = subprocess.Popen([sys.argv[1], "-f", "-L", "15"], env={"PATH": "/usr/bin:/bin"})
loaded, begun, wanted = False, 0, int(sys.argv[2])
log.settimeout(40)
try:
    while True:
        line = log.recv(65536).decode("utf-8", "backslashreplace")
        print(line.replace("\\n", " "), flush=True)
        loaded = loaded or "@reboot jobs)" in line
        begun += ") CMD (" in line
        if loaded and begun >= wanted:
            log.settimeout(0.5)  # long enough for a job that nobody waits for to show
except TimeoutError:
    pass
daemon.kill()
daemon.wait()
"""


class Verdict(NamedTuple):
    """What `crontab -n` says of a table."""

    taken: bool
    reason: str = ""
    line: int = 0


def program(name: str) -> Path:
    """Return a program of Debian's package `cron`, such as `usr/bin/crontab`.

    Where it cannot be had, or not be run apart from the machine's own, the test is skipped.
    """
    if not (shutil.which("apt-get") and shutil.which("unshare")):
        pytest.skip("Debian's cron is to be had on Debian only")
    if subprocess.run([*_unshared(), "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no mount namespaces: unshare --mount true")
    FOLDER.parent.mkdir(exist_ok=True)
    with (FOLDER.parent / "debian-cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not FOLDER.is_dir() and not _unpacked():
            pytest.skip("Debian's package cron cannot be had: apt-get download cron")
    return FOLDER / name


def _unpacked() -> bool:
    """Fetch the package and unpack it; the folder is there whole or not at all."""
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
        for number in range(TRIES):
            if number and os.geteuid() == 0:
                _run("apt-get", "-qq", "update", folder=scratch)
            _run("apt-get", "-qq", "download", "cron", folder=scratch)
            for package in Path(scratch).glob("cron_*.deb"):
                whole = Path(scratch) / "whole"
                subprocess.run(["dpkg-deb", "-x", package, whole], check=True, timeout=60)
                whole.rename(FOLDER)
                return True
    return False


def _run(*words: str, folder: str) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(words, cwd=folder, check=False, capture_output=True, timeout=60)


def _unshared() -> list[str]:
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *mapped, "--mount", "--propagation", "private"]


class Crontab:
    """`crontab -n`, asked about one table after the other."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._process = subprocess.Popen(
            [*_unshared(), "sh", "-c", _CHECK, program("usr/bin/crontab")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"LC_ALL": "C", "PATH": os.defpath},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def says(self, *contents: bytes) -> list[Verdict]:
        """Ask about tables."""
        assert self._process.stdin
        for number, content in enumerate(contents):
            table = self._scratch / f"table-{number}"
            table.write_bytes(content)
            self._process.stdin.write(f"{table}\n".encode())
        self._process.stdin.flush()
        return [self._answer() for _ in contents]

    def _answer(self) -> Verdict:
        assert self._process.stdout
        said = []
        while not (line := self._process.stdout.readline().decode()).startswith("exit "):
            assert line, "crontab cannot be run"
            said.append(line.strip())
        if line == "exit 0\n":
            return Verdict(taken=True)
        found = re.match(r'".*":(-?\d+): (.*)', said[0])
        if found:
            return Verdict(taken=False, reason=found[2], line=int(found[1]))
        return Verdict(taken=False, reason=said[0])


class Daemon(NamedTuple):
    """What the daemon did with the files of a folder.

    Attributes:
        refused: The names of those that it refused, with the reason.
        begun: The commands of the `@reboot` jobs that it began.
        log: All that it said.
    """

    refused: dict[str, str]
    begun: frozenset[str]
    log: str


def daemon(folder: Path, *, jobs: int = 0) -> Daemon:
    """Run the daemon with `folder/etc/cron.d` until it has read it and begun so many jobs."""
    if os.geteuid() != 0:
        pytest.skip("the daemon changes its user, which takes root")
    words = [*_unshared(), "sh", "-c", _DAEMON, sys.executable, _LISTEN, program("usr/sbin/cron")]
    done = subprocess.run(
        [*words, str(jobs)], cwd=folder, capture_output=True, text=True, check=False, timeout=90
    )
    assert done.returncode == 0, done.stderr
    reasons = re.findall(r"Error: (.*); while reading /etc/cron.d/(\S+)", done.stdout)
    ignored = re.findall(r"\(\*system\*(\S+)\) ERROR \((.*?)[,)]", done.stdout)
    refused = dict(ignored) | {name: reason for reason, name in reasons}
    begun = frozenset(re.findall(r"\) CMD \(\[\d+\] (.*)\)", done.stdout))
    return Daemon(refused, begun, done.stdout)
