"""The command line: each command is a thin run of the operation or reader of the same name."""

from __future__ import annotations

import gc
import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; the console script `crossfade`.

    Args:
        argv: The words after `crossfade`, or None for the process's own.
    """
    words = sys.argv[1:] if argv is None else argv
    if words[:2] == ["cron", "run"]:
        from crossfade import cronrun  # noqa: PLC0415  a host's wrapper has none of what `app` needs

        return cronrun.main(words[2:])
    if argv is None:
        gc.disable()  # loading modules makes no garbage: 60 of 460 ms; `app` turns it on again
    from crossfade.cli import app  # noqa: PLC0415  as above

    return app.run(words)
