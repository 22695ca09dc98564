"""Many requests at once, ending at the first that fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


def fan_out(work: Callable[[T], R], items: Sequence[T], *, width: int) -> list[R]:
    """Call `work` on each item, `width` at once, and return the results in the items' order.

    The first failure is raised when the calls under way have ended; no further call begins. A
    hundred thousand items take no more memory than their results do.
    """
    if width == 1 or len(items) <= 1:
        return [work(item) for item in items]
    waiting = iter(enumerate(items))
    results: dict[int, R] = {}
    lock, failed = Lock(), False

    def worker() -> None:
        nonlocal failed
        while not failed:
            with lock:
                index, item = next(waiting, (-1, items[0]))
            if index < 0:
                return
            try:
                results[index] = work(item)
            except BaseException:
                failed = True
                raise

    with ThreadPoolExecutor(max_workers=min(width, len(items))) as pool:
        try:
            workers = [pool.submit(worker) for _ in range(min(width, len(items)))]
            for one in workers:
                one.result()
        finally:
            failed = True  # also when this thread is interrupted while it waits
    return [results[index] for index in range(len(items))]
