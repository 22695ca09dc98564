"""Peak memory of publish, promote and rollback for a release of many small files.

    python -m benchmarks.memory [--files N]

Each command runs in a process of its own, on SeaweedFS. The limit that the product states is
300 MiB for 100,000 files; that many take about half an hour, most of it the server's.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from benchmarks.builds import synthetic
from benchmarks.ours import Ours
from benchmarks.process import MEBIBYTE
from benchmarks.server import running, since
from benchmarks.table import machine, say, table
from crossfade.errors import CrossfadeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.server import Server

FILES = 100_000
CHANGED = 10
COMPONENT, ENVIRONMENT = "web", "production"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the commands one after the other and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, help=f"files of a release ({FILES})")
    files = parser.parse_args(arguments).files
    try:
        with running() as server:
            print(f"{machine()}\n\n{_measured(server, files)}")
    except CrossfadeError as error:
        print(f"benchmark stopped: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measured(server: Server, files: int) -> str:
    ours = Ours(server.folder, COMPONENT, ENVIRONMENT)
    first, second = (
        str(synthetic(server.folder, files=files, edition=edition, changed=CHANGED))
        for edition in (1, 2)
    )
    site = (ENVIRONMENT, COMPONENT)
    publish = ("publish", "--component", COMPONENT, "--version")
    commands: tuple[tuple[str, tuple[str, ...]], ...] = (
        (f"publish {files} files", (*publish, "1.0.0", first)),
        ("publish them again: nothing to upload", (*publish, "1.0.0", first)),
        (f"publish with {CHANGED} changed", (*publish, "2.0.0", second)),
        (f"promote {files} files", ("promote", *site, "1.0.0")),
        (f"promote {CHANGED} changed: the plan", ("promote", *site, "2.0.0", "--dry-run")),
        (f"promote {CHANGED} changed", ("promote", *site, "2.0.0")),
        ("rollback, redeploy", ("rollback", *site, "--mode", "redeploy")),
        ("status", ("status",)),
    )
    rows = []
    for title, words in commands:
        before = server.requests()
        ran = ours.command(*words)
        requests = sum(since(before, server.requests()).values())
        rows.append((title, f"{ran.memory / MEBIBYTE:.0f}", f"{ran.seconds:.1f}", requests))
        say(", ".join(map(str, rows[-1])))
    return table(("command", "peak MiB", "seconds", "requests"), rows)


if __name__ == "__main__":
    sys.exit(main())
