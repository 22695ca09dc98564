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
        from crossfade.cronrun.__main__ import end, run  # noqa: PLC0415  hosts lack what `app` needs

        code = run(words[2:])
        return code if argv is not None else end(code)
    if argv is None:
        gc.disable()  # loading modules makes no garbage: 60 of 460 ms; `app` turns it on again
    from crossfade.cli.app import app  # noqa: PLC0415  as above

    return app.run(words)
