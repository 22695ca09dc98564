"""The folder of `crossfade local up`: whose it is now, what goes with the world, what stays.

`up.lock` is held while it runs. `up.json` says where to find it, and what it wrote of the
configuration. `world/` holds Prefect's database and logs and goes at the next start.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = "crossfade.toml"
FRESH = "crossfade.fresh.toml"
_LOCK, _STATE, _WORLD = "up.lock", "up.json", "world"
_MARK = "this folder goes when the world begins anew"


@dataclass(frozen=True, slots=True)
class Left:
    """What a start leaves for the next one.

    Attributes:
        ports: Where the parts listened, by name.
        written: Digest of the configuration as it was written.
        shown: What was told to who started it; empty while nothing runs.
    """

    ports: dict[str, int] = field(default_factory=dict)
    written: str = ""
    shown: dict[str, Any] = field(default_factory=dict)


@contextmanager
def occupied(folder: Path) -> Iterator[bool]:
    """Take the folder for this process until the block ends.

    Yields:
        Whether it is this process's now; False where another one has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def left(folder: Path) -> Left:
    """Return what the start before this one left, or nothing where it cannot be read."""
    with suppress(OSError, ValueError, TypeError):
        return Left(**json.loads((folder / _STATE).read_text(encoding="utf-8")))
    return Left()


def leave(folder: Path, what: Left) -> None:
    """Leave something for the next start."""
    (folder / _STATE).write_text(json.dumps(asdict(what), indent=2), encoding="utf-8")


def fresh_world(folder: Path) -> Path:
    """Throw the world of the last start away, and return the folder of the new one.

    Raises:
        BadInput: There is a folder of that name that is not ours.
    """
    world = folder / _WORLD
    if world.exists():
        if not (world / _MARK).exists():
            raise BadInput(
                f"{world} was not made by `crossfade local up`: name another --folder, or move it"
            )
        shutil.rmtree(world)
    world.mkdir(parents=True)
    (world / _MARK).touch()
    return world


def write_configuration(folder: Path, text: str, before: Left) -> tuple[Path, bool]:
    """Write the configuration, unless somebody edited the one that is there.

    The fresh one is then written beside it.

    Args:
        folder: The folder.
        text: What fits the world.
        before: What the last start left.

    Returns:
        The configuration to use, and whether it is as it was left by somebody else.
    """
    there = folder / CONFIG
    edited = there.exists() and digest(there.read_text(encoding="utf-8")) not in {
        before.written,
        digest(text),
    }
    (folder / FRESH if edited else there).write_text(text, encoding="utf-8")
    return there, edited


def digest(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()
