"""`python -m crossfade.cronrun`, and the entry of the one-file form."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from crossfade.cronrun import main


def start() -> NoReturn:
    """Run the wrapper on this process's arguments, and end the process.

    At once: taking the interpreter apart would cost six milliseconds, and holds nothing to save.
    """
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    start()
