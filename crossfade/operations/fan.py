"""Many requests at once, ending at the first that fails."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


def fan_out(work: Callable[[T], R], items: Sequence[T], *, width: int) -> list[R]:
    """Call `work` on each item, `width` at once, and return the results in the items' order.

    The first failure is raised when the calls under way have ended; no further call begins.
    """
    if width == 1 or len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(width, len(items))) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        ended = [future for future in futures if not future.cancelled()]
        for future in ended:
            future.result()
        return [future.result() for future in futures]
