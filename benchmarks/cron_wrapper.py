"""What the wrapper costs: its start over the interpreter's and pymemcache's, and claims per second.

Run it with `.venv/bin/python -m benchmarks.cron_wrapper [ROUNDS]`. Needs memcached and flock.
Starts are measured in rounds, one of each kind in turn, so that other work on the machine slows all
alike. Processor time is counted with the command's own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from crossfade.cronrun.lock.connection import Connection
from crossfade.cronrun.lock.steps import carry_out
from crossfade.cronrun.zipapp import build
from crossfade.local.stack.memcached import memcached
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.claim.terms import Contender, Overlap, Terms

ROOT = Path(__file__).parents[1]
ENTRY = "from crossfade.cronrun.__main__ import start; start()"
RUN = ["cron", "run"]
BARE, PYMEMCACHE = "the bare interpreter", "and import pymemcache"
SECONDS = 3.0
AHEAD = 1_000_000
"""Minutes: a tick that is yet to come needs no old server to be won."""


def main(pairs: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, memcached() as server:
        starts(Path(folder), server.address, pairs)
        claims(server.address)


def starts(folder: Path, address: str, pairs: int) -> None:
    """Compare what it takes to run `true`."""
    one_file = folder / "crossfade-cron-run"
    build(one_file)
    options = [
        "--job", "bench", "--schedule", "* * * * *", "--platform", "new", "--timezone", "UTC",
        "--server", address, "--unavailable", "run", "--spool", str(folder),
        "--log", str(folder / "log"), "--", "true",
    ]  # fmt: skip
    lines = {
        BARE: [sys.executable, "-c", "pass"],
        PYMEMCACHE: [sys.executable, "-c", "import pymemcache"],
        "the wrapper": [sys.executable, "-c", ENTRY, *options],
        "crossfade cron run": [str(Path(sys.executable).parent / "crossfade"), *RUN, *options],
        "python -m crossfade.cronrun": [sys.executable, "-m", "crossfade.cronrun", *options],
        "the wrapper as one file": [sys.executable, str(one_file), *options],
        "flock -n FILE true": ["flock", "-n", str(folder / "lock"), "true"],
    }
    wall: dict[str, list[float]] = {name: [] for name in lines}
    cpu: dict[str, list[float]] = {name: [] for name in lines}
    minute = int(time.time()) // 60
    for number in range(pairs + 1):
        for place, (name, line) in enumerate(lines.items()):
            tick = minute - number * len(lines) - place
            took, used = timed(line, environment(folder, tick))
            if number:  # the first of each only compiles
                wall[name].append(1000 * took)
                cpu[name].append(1000 * used)
    version = sys.version.partition(" ")[0]
    print(f"starting `true` with Python {version}, medians of {pairs} rounds, in ms")
    print(f"  {'':28}{'elapsed':>9}{'processor':>11}{'over bare':>11}{'over pymemcache':>17}")
    for name in lines:
        figures = (statistics.median(wall[name]), statistics.median(cpu[name]))
        over = (over_in_pairs(cpu[name], cpu[BARE]), over_in_pairs(cpu[name], cpu[PYMEMCACHE]))
        print("  {:28}{:9.1f}{:11.1f}{:11.1f}{:17.1f}".format(name, *figures, *over))


def environment(folder: Path, tick: int) -> dict[str, str]:
    """Return an environment in which byte code is kept, as where pip installed the package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PYTHONPYCACHEPREFIX": str(folder / "byte-code"),
        "CROSSFADE_KUBERNETES_CRONJOB": "bench",
        "CROSSFADE_KUBERNETES_JOB": f"bench-{tick}",
    }


def over_in_pairs(these: list[float], those: list[float]) -> float:
    """Return the median difference within a round: what else runs slows both alike."""
    return statistics.median(a - b for a, b in zip(these, those, strict=True))


def timed(line: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a program; return its elapsed and its processor time in seconds."""
    begun = time.perf_counter()
    process = subprocess.Popen(line, env=environment, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{line} ended with {process.returncode}")
    return took, usage.ru_utime + usage.ru_stime


def claims(address: str) -> None:
    """Count whole claims, of six requests each, a second on one memcached."""
    print("claims a second on one memcached, each on a connection that is kept:")
    for connections in (1, 4):
        with ThreadPoolExecutor(connections) as pool:
            won = sum(pool.map(claimed, [address] * connections, range(connections)))
        print(f"  {connections} connections: {won / SECONDS:.0f}")


def claimed(address: str, who: int) -> int:
    """Win ticks of a job of one's own for some seconds; return how many."""
    won, now = 0, time.time()
    terms = Terms(deadline=float("inf"), overlap=Overlap.ALLOW)
    until = time.monotonic() + SECONDS
    with closing(Connection(address, timeout=5)) as connection:
        while time.monotonic() < until:
            tick = int(now) // 60 + AHEAD + won
            me = Contender(f"bench-{who}", tick, os.urandom(12).hex(), Platform.NEW, "host", now)
            outcome = carry_out(connection, claim(me, terms._replace(tolerance=-1e9)))
            won += outcome.kind is OutcomeKind.WON
    return won


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
