"""The environment that the wrapper was given, which is what its command is to get."""

from __future__ import annotations

import os

COERCED = "LC_CTYPE"
GIVEN = "/proc/self/environ"


def environment_as_given() -> dict[str, str]:
    """Return this process's environment without what Python put into it.

    Where no locale is set, as under cron, Python sets `LC_CTYPE` to one with UTF-8, for itself and
    for all that it starts. A command under cron would not see it, and may sort and match
    differently if it does.
    """
    environment = dict(os.environ)
    if COERCED not in environment:
        return environment
    try:
        with open(GIVEN, "rb") as file:  # noqa: PTH123  pathlib costs 3 ms
            given = file.read().split(b"\0")
    except OSError:  # no Linux: what was given is not told
        return environment
    if not any(line.startswith(f"{COERCED}=".encode()) for line in given):
        del environment[COERCED]
    return environment
