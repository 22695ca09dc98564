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
    try:
        from crossfade.cli.app import app  # noqa: PLC0415  as above
    except ModuleNotFoundError as error:
        return _without_its_extra(error, words)
    return app.run(words)


def _without_its_extra(error: ModuleNotFoundError, words: list[str]) -> int:
    """Say which extra is missing, with nothing but the standard library; return the exit code."""
    from crossfade.cli.app.extras import missing_extra  # noqa: PLC0415  only where it went wrong
    from crossfade.cli.app.screen import Screen, log  # noqa: PLC0415

    missing = missing_extra(error, words)
    if missing is None:
        raise error
    if "--json" in words:
        document = {"kind": "bad_input", "message": str(missing), "exit": missing.exit_code}
        Screen(as_json=True).show({"error": document})
    else:
        log(f"bad input: {missing}")
    return missing.exit_code
