"""Says whether the lock is complete for one Python and system: it reads a resolve of the lock.

`make lock-check` has `uv pip compile` resolve the lock's own pins with all that they require. What
comes out and is not in the lock would be chosen by a resolver on the day of an installation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).with_name("dev.txt")
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
}


def environment(version: str, system: str) -> dict[str, str]:
    """Return the markers' variables of a CPython, such as `3.12`, on `linux` or `macos`."""
    named = {"python_version": version, "python_full_version": f"{version}.0"}
    python = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return {**named, **python, **SYSTEMS[system]}


def pins(text: str, where: dict[str, str]) -> set[str]:
    """Return the pins, `name==version`, that hold in an environment, of a requirements file."""
    lines = (line.partition(" \\")[0].strip() for line in text.splitlines())
    wanted = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {
        f"{each.name}{each.specifier}"
        for each in wanted
        if each.marker is None or each.marker.evaluate(where)
    }


def main(version: str, system: str) -> int:
    """Compare the resolve on standard input with the lock; return the exit code."""
    where = environment(version, system)
    locked = pins(LOCK.read_text(encoding="utf-8"), where)
    needed = pins(sys.stdin.read(), where)
    for pin in sorted(needed - locked):
        sys.stderr.write(f"Python {version} on {system} needs {pin}, which is not in {LOCK.name}\n")
    if not needed:
        sys.stderr.write(f"the lock did not resolve for Python {version} on {system}\n")
        return 1
    return 1 if needed - locked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
