"""What a command prints: one JSON object for scripts, or text for people.

On a terminal it is drawn with rich, in colour unless NO_COLOR is set; elsewhere tables are plain
lines in columns and nothing is cut.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from crossfade.plan.base.blocks import plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crossfade.plan.base.blocks import Block


@dataclass(frozen=True, slots=True)
class Screen:
    """Standard output of one command.

    Attributes:
        as_json: Whether it prints a document instead of text.
    """

    as_json: bool

    def show(self, document: Mapping[str, Any], blocks: Iterable[Block] = ()) -> None:
        """Print what came of a command.

        Args:
            document: All of it, for scripts.
            blocks: The same for people.
        """
        if self.as_json:
            _print(sys.stdout, [json.dumps(document, indent=2 if sys.stdout.isatty() else None)])
        elif is_terminal(sys.stdout):
            from crossfade.cli.app import drawing  # noqa: PLC0415  rich costs 50 ms at start-up

            drawing.draw(blocks)
        else:
            _print(sys.stdout, plain(blocks))


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches, on something that understands more than lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def tell(kind: str, text: str) -> None:
    """Print one line to standard error, opened by what kind of line it is."""
    if is_terminal(sys.stderr):
        from crossfade.cli.app import drawing  # noqa: PLC0415  rich costs 50 ms at start-up

        drawing.tell(kind, text)
    else:
        log(f"{kind}: {text}")


def log(text: str) -> None:
    """Print one plain line to standard error."""
    _print(sys.stderr, [visible(text)])


def _print(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines; a reader that went away, as `head` does, is no error."""
    try:
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()
    except BrokenPipeError:
        # What is still buffered must not fail again when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
