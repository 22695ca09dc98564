"""How a running procedure is told: bars on a terminal, plain lines elsewhere; to standard error."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from crossfade.cli.app.screen import is_terminal, log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossfade.operations.journal.step import Step

T = TypeVar("T")

EVERY_SECONDS = 10
"""Between two lines about one step where there are no bars."""


class Progress(Protocol):
    """A procedure's reporter that also runs its steps, so that each is seen while it lasts."""

    def say(self, text: str) -> None:
        """Say one line."""

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Begin a count of `total` units; call what is returned with the units just done."""

    def run(self, step: Step[T]) -> T:
        """Run a step and show that it is under way."""


@contextmanager
def progress(*, as_json: bool, dry_run: bool) -> Iterator[Progress]:
    """Tell how a procedure goes, for as long as the block runs.

    Args:
        as_json: Standard output is for a script: plain lines, even on a terminal.
        dry_run: The plan is the answer, so only what takes time is shown, and only while it lasts.
    """
    if is_terminal(sys.stderr) and not as_json:
        from crossfade.cli.app.bars import Bars  # noqa: PLC0415  rich costs 50 ms at start-up

        with Bars(lasting=not dry_run) as bars:
            yield bars
    else:
        yield Lines(tell=(lambda _: None) if dry_run else log, monotonic=time.monotonic)


class Lines:
    """One line for each step and, where a step takes long, for how far it is."""

    def __init__(self, tell: Callable[[str], None], monotonic: Callable[[], float]) -> None:
        """Prepare to tell lines.

        Args:
            tell: Prints one.
            monotonic: Seconds that only go forward.
        """
        self._tell = tell
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Say one line."""
        self._tell(text)

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Count a step's units, and tell them when it takes long."""
        done, told = 0, self._monotonic()

        def advance(units: int) -> None:
            nonlocal done, told
            with self._lock:
                done += units
                now = self._monotonic()
                if now < told + EVERY_SECONDS:
                    return
                told = now
            self._tell(f"{title}: {100 * done // max(total, 1)} %")

        return advance

    def run(self, step: Step[T]) -> T:
        """Name a step and run it."""
        self._tell(step.title)
        return step.effect()
