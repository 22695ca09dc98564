"""What the wrapper costs: its start over the bare interpreter's, and claims per second.

Run it with `.venv/bin/python -m benchmarks.cron_wrapper [PAIRS]`. Needs memcached and flock. Starts
are measured in pairs, one of each kind in turn, so that other work on the machine slows all alike.
"""

from __future__ import annotations

import os
import py_compile
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from crossfade.cronrun.connection import Connection
from crossfade.cronrun.steps import carry_out
from crossfade.cronrun.zipapp import build
from crossfade.local.stack.memcached import memcached
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.outcome import OutcomeKind
from crossfade.plan.cron.claim.terms import Contender, Overlap, Terms

ROOT = Path(__file__).parents[1]
ENTRY = "from crossfade.cronrun.__main__ import start; start()"
RUN = ["cron", "run"]
SECONDS = 3.0
AHEAD = 1_000_000
"""Minutes: a tick that is yet to come needs no old server to be won."""


def main(pairs: int) -> None:
    """Measure and print."""
    for path in [
        *(ROOT / "crossfade/cronrun").glob("*.py"),
        *(ROOT / "crossfade/plan").glob("c*.py"),
    ]:
        py_compile.compile(str(path))
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
        "python -c pass": [sys.executable, "-c", "pass"],
        "flock -n FILE true": ["flock", "-n", str(folder / "lock"), "true"],
        "the wrapper": [sys.executable, "-c", ENTRY, *options],
        "crossfade cron run": [str(Path(sys.executable).parent / "crossfade"), *RUN, *options],
        "python -m crossfade.cronrun": [sys.executable, "-m", "crossfade.cronrun", *options],
        "the wrapper as one file": [sys.executable, str(one_file), *options],
    }
    wall: dict[str, list[float]] = {name: [] for name in lines}
    cpu: dict[str, list[float]] = {name: [] for name in lines}
    minute = int(time.time()) // 60
    for number in range(pairs):
        environment = {**os.environ, "CROSSFADE_KUBERNETES_CRONJOB": "bench"}
        for place, (name, line) in enumerate(lines.items()):
            tick = minute - number * len(lines) - place
            took, used = timed(line, environment | {"CROSSFADE_KUBERNETES_JOB": f"bench-{tick}"})
            wall[name].append(took)
            cpu[name].append(used)
    print(f"starting `true`, {pairs} times each, in ms; the bare interpreter taken off in pairs")
    print(f"  {'':28}{'elapsed':>18}{'over bare':>18}{'processor over':>18}")
    print(f"  {'':28}{'median':>9}{'least':>9}{'median':>9}{'least':>9}{'least':>18}")
    bare = next(iter(lines))
    for name in lines:
        over = [took - base for took, base in zip(wall[name], wall[bare], strict=True)]
        figures = (
            statistics.median(wall[name]),
            min(wall[name]),
            statistics.median(over),
            min(over),
        )
        columns = "".join(f"{1000 * figure:9.1f}" for figure in figures)
        print(f"  {name:28}{columns}{1000 * (min(cpu[name]) - min(cpu[bare])):18.1f}")


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
