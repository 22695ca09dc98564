"""`python -m crossfade.cronrun`, and the entry of the one-file form."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from crossfade.cronrun import main as run

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["end", "run", "start"]


def start() -> NoReturn:
    """Run the wrapper on this process's arguments, and end the process."""
    end(run(sys.argv[1:]))


def end(code: int) -> NoReturn:
    """End the process at once: taking the interpreter apart would cost several milliseconds.

    It holds nothing to save but what was written to standard output and error, which is passed on.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # else it was closed before this process began
                stream.flush()
        except OSError:
            pass
    os._exit(code)


if __name__ == "__main__":
    start()
