"""The tools that crossfade is measured beside, in a virtual environment of their own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = REPOSITORY / ".venv-bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALL_SECONDS = 300

CROSSFADE = Path(sys.executable).with_name("crossfade")
"""The command of the environment that this runs in."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can make one prefix of a bucket like another.

    Attributes:
        name: How the tables call it.
        sync: The command, given the prefix to copy from and the prefix to change, as s3:// URLs
            that end in `/`.
    """

    name: str
    sync: Callable[[str, str], Sequence[str]]


def tools() -> tuple[Tool, Tool]:
    """Return `aws s3 sync --delete` and `s5cmd sync --delete` with their own defaults.

    Raises:
        Failed: They cannot be installed.
    """
    _install()
    aws, s5cmd = str(ENVIRONMENT / "bin" / "aws"), str(ENVIRONMENT / "bin" / "s5cmd")
    return (
        Tool(
            "aws s3 sync",
            lambda source, root: (
                *(aws, "s3", "sync", source, root),
                *("--delete", "--only-show-errors"),
            ),
        ),
        Tool(
            "s5cmd sync",
            lambda source, root: (s5cmd, "--log", "error", "sync", "--delete", f"{source}*", root),
        ),
    )


def _install() -> None:
    """Install what the requirements name, unless exactly that was installed before."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    pip = (str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet")
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)),
        (*pip, "--require-hashes", "-r", str(REQUIREMENTS)),
    ):
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if ended.returncode:
            raise Failed(
                f"could not install {REQUIREMENTS.name} into {ENVIRONMENT}: "
                f"{' '.join(ended.stderr.split())[-500:]}"
            )
    stamp.write_text(wanted)
