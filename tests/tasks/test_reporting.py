"""What a run's log is told while a step works."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from tasks.reporting import EVERY_SECONDS, Meter


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def _meter(now: list[float], total: int = 210) -> tuple[Meter, Lines]:
    lines = Lines()
    log = logging.Logger("run")  # noqa: LOG001  one that no other test shares
    log.addHandler(lines)
    return Meter("upload 7 files", total, log, lambda: now[0]), lines


def test_a_short_step_says_nothing() -> None:
    meter, lines = _meter([0.0])
    for _ in range(200):
        meter.advance(1)
    assert lines.texts == []


def test_a_long_one_says_now_and_then_how_much_is_done() -> None:
    now = [0.0]
    meter, lines = _meter(now)
    for second in range(2 * EVERY_SECONDS + 1):
        now[0] = float(second)
        meter.advance(5)
    assert lines.texts == ["upload 7 files: 26 %", "upload 7 files: 50 %"]


def test_units_of_many_threads_are_all_counted() -> None:
    now = [0.0]
    meter, lines = _meter(now, total=1000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(meter.advance, [1] * 999))
    now[0] = float(EVERY_SECONDS)
    meter.advance(1)
    assert lines.texts == ["upload 7 files: 100 %"]
