"""Telling a flow run's log how a procedure goes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefect import get_run_logger

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

EVERY_SECONDS = 10
"""Between two lines about one step; shorter steps are told by their task alone."""


class RunLog:
    """A reporter (`crossfade.operations.base.world.Reporter`) that writes to the run's log.

    Lines are sent in the background, so that a Prefect server that is away holds up nothing.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic

    def say(self, text: str) -> None:
        """Log one line, in the run of the step that says it."""
        get_run_logger().info("%s", text)

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Begin a step of `total` units, and log from time to time how much is done."""
        return Meter(title, total, get_run_logger(), self._monotonic).advance


@dataclass
class Meter:
    """Counts what many threads have done; each of them may be the one that logs.

    Attributes:
        title: What is done.
        total: Its units.
        log: The run's log.
        monotonic: Seconds that only go forward.
    """

    title: str
    total: int
    log: logging.Logger | logging.LoggerAdapter[logging.Logger]
    monotonic: Callable[[], float]
    done: int = 0
    told_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.told_at = self.monotonic()

    def advance(self, units: int) -> None:
        """Count units that were done just now."""
        with self.lock:
            self.done += units
            now = self.monotonic()
            if now < self.told_at + EVERY_SECONDS:
                return
            self.told_at = now
            done = self.done
        self.log.info("%s: %.0f %%", self.title, 100 * done / max(self.total, 1))
