"""How long `crossfade status` takes, beside an interpreter that does nothing.

    python -m benchmarks.status [--runs N]

Whole processes are measured, from start to exit, in turns, against the embedded stand-in for AWS.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from benchmarks.builds import synthetic
from benchmarks.ours import Ours
from benchmarks.process import measured, succeeded
from benchmarks.server import FRONT, STATE, private
from benchmarks.table import machine, median, table
from benchmarks.tools import CROSSFADE
from crossfade.errors import CrossfadeError
from crossfade.local.stack.aws import aws_server

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNS = 15
LIMIT_SECONDS = 30
PACKAGES = 10
_IMPORT = re.compile(r"^import time: +(\d+) \| +\d+ \| *([\w.]+)$", re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.status", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of each command ({RUNS})")
    runs = parser.parse_args(arguments).runs
    try:
        with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as folder, aws_server() as aws:
            os.environ.update({**aws.environment(), **private()})
            _live(Path(folder))
            print(f"{machine()}\n\n{_seconds(runs)}\n\n{_imports()}")
    except CrossfadeError as error:
        print(f"benchmark stopped: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _live(folder: Path) -> None:
    """Publish and promote something to tell of, and configure the command."""
    s3 = boto3.client("s3")
    for bucket in (FRONT, STATE):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ours = Ours(folder, "web", "production")
    ours.publish(synthetic(folder, files=20, edition=1), "1.0.0")
    ours.promote("1.0.0")
    os.environ["CROSSFADE_CONFIG"] = str(ours.configuration())


def _seconds(runs: int) -> str:
    commands: dict[str, Sequence[str]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "crossfade status": [str(CROSSFADE), "status"],
        "crossfade status --json": [str(CROSSFADE), "status", "--json"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    cpu: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            ran = measured(command, environment=os.environ, limit=LIMIT_SECONDS)
            seconds[name].append(succeeded(ran, name).seconds)
            cpu[name].append(ran.cpu)
    bare = seconds["python -c pass"]
    rows = [
        (
            name,
            f"{median(took):.3f}",
            f"{min(took):.3f}",
            f"{max(took):.3f}",
            f"{median(cpu[name]):.3f}",
            f"{median([one - other for one, other in zip(took, bare, strict=True)]):.3f}",
        )
        for name, took in seconds.items()
    ]
    return table(("command", "seconds", "least", "most", "cpu s", "over bare"), rows)


def _imports() -> str:
    """Tell which packages the command spends its start in, by -X importtime."""
    command = [sys.executable, "-X", "importtime", str(CROSSFADE), "status"]
    ran = succeeded(measured(command, environment=os.environ, limit=LIMIT_SECONDS), "status")
    spent: dict[str, int] = {}
    modules: dict[str, int] = {}
    for microseconds, module in _IMPORT.findall(ran.output):
        package = module.partition(".")[0]
        spent[package] = spent.get(package, 0) + int(microseconds)
        modules[package] = modules.get(package, 0) + 1
    largest = sorted(spent, key=lambda package: -spent[package])[:PACKAGES]
    rows = [(package, modules[package], f"{spent[package] / 1000:.0f}") for package in largest]
    total = ("all", sum(modules.values()), f"{sum(spent.values()) / 1000:.0f}")
    return table(("imported package", "modules", "ms itself"), [*rows, total])


if __name__ == "__main__":
    sys.exit(main())
