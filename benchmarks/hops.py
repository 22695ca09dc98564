"""How far a reader goes to follow a procedure from its entry to its effects and back.

    python -m benchmarks.hops

Counted while the procedure runs in a world of the tests: the files of crossfade that it enters, and
its moves, which are the calls from a function in one folder to one in another, each counted once
however often it is made. Ends with 1 where a procedure goes further than it may.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

import crossfade
from benchmarks.table import table
from crossfade.local.strict.strict import make_strict
from crossfade.operations.ramp.advance import advance
from crossfade.operations.sites.promote import PromoteRequest, promote
from tests.operations.ramp.shop import shop
from tests.story import ENVIRONMENT, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

ROOT = Path(crossfade.__file__).parent
LIMITS = {"promote": (28, 110), "advance": (40, 200)}
"""Files and moves, at most."""


@dataclass
class Walk:
    """What a procedure entered.

    Attributes:
        files: The files.
        moves: The caller and the callee of each call between folders.
    """

    files: set[str] = field(default_factory=set)
    moves: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take note of a call; a function for `sys.setprofile`."""
        if event != "call" or (callee := _ours(frame.f_code)) is None:
            return
        self.files.add(callee)
        back = frame.f_back
        while back is not None and _ours(back.f_code) is None:
            back = back.f_back
        if back is None or (caller := _ours(back.f_code)) is None:
            return
        if Path(caller).parent != Path(callee).parent:
            self.moves.add(
                (f"{caller} {back.f_code.co_qualname}", f"{callee} {frame.f_code.co_qualname}")
            )


def _ours(code: CodeType) -> str | None:
    """Return the file of crossfade that a function is in, apart from the stand-ins for AWS."""
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or path.is_relative_to(ROOT / "local"):
        return None
    return str(path.relative_to(ROOT))


def walked(procedure: Callable[[], object]) -> Walk:
    """Run a procedure and return what it entered, in whichever thread."""
    walk = Walk()
    threading.setprofile(walk)
    sys.setprofile(walk)
    try:
        procedure()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # None is what takes it away
    return walk


def _promote() -> Walk:
    """Promote a release over another one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock_aws(),
        make_strict(invalidation_seconds=0) as strict,
    ):
        story = Story(boto3.Session(), Path(folder), strict).founded()
        story.published("1.0.0", "1.1.0").promote("1.0.0")
        world = story.world()
        request = PromoteRequest("production", {"web": "1.1.0"})
        return walked(lambda: promote(world, request))


def _advance() -> Walk:
    """Advance a ramp whose gates pass to its next stage."""
    with shop() as ramp:
        ramp.reaches("canary").passes(10)
        world = ramp.world()
        return walked(lambda: advance(world, "shop"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, print the table, and tell whether the limits hold."""
    del arguments
    os.environ.update(ENVIRONMENT)
    walks = {"promote": _promote(), "advance": _advance()}
    rows: list[Any] = []
    held = True
    for name, walk in walks.items():
        files, moves = LIMITS[name]
        held &= len(walk.files) <= files and len(walk.moves) <= moves
        rows.append([name, str(len(walk.files)), str(files), str(len(walk.moves)), str(moves)])
    print(table(["procedure", "files", "at most", "moves", "at most"], rows))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
