"""Many calls at once: in order, no more than asked for, ending at the first failure."""

from __future__ import annotations

import threading
import time

import pytest

from crossfade.operations.journal.fan_out import fan_out


@pytest.mark.parametrize("width", [1, 4, 50])
def test_results_come_in_the_order_of_the_items(width: int) -> None:
    assert fan_out(lambda item: item * 2, range(30), width=width) == [n * 2 for n in range(30)]
    assert fan_out(lambda item: item, [], width=width) == []


def test_no_more_calls_are_under_way_than_asked_for() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.002)
        with lock:
            under_way -= 1

    fan_out(work, range(40), width=5)
    assert 1 < most <= 5


@pytest.mark.parametrize("width", [1, 4])
def test_after_a_failure_no_further_call_begins(width: int) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 3:
            raise ValueError(item)
        time.sleep(0.01)

    with pytest.raises(ValueError, match="3"):
        fan_out(work, range(1000), width=width)
    assert len(begun) < 20
