"""S3's clock: the Date of its answers, carried forward by the host's monotonic clock.

Leases are judged by it, so that hosts whose clocks are wrong agree all the same.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median_low
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


READINGS = 9
"""How many of the newest readings are kept."""

AGREE_SECONDS = 2.0
"""How far readings of one clock may be apart: a Date is cut to whole seconds, an answer is late."""


@dataclass
class S3Clock:
    """An estimate of S3's present time, never ahead of it by more than the network's delay.

    A reading that leaps is not believed: a proxy that answers for S3, or one host of S3 with a
    wrong clock, must not make a lease look lapsed. What most of the newest readings agree on
    counts, and of two that disagree the earlier time.

    Attributes:
        monotonic: The host's monotonic clock, in seconds.
        host: The host's own clock; used only until S3 has answered once with a Date.
    """

    monotonic: Callable[[], float]
    host: Callable[[], datetime]
    _offsets: deque[float] = field(default_factory=lambda: deque(maxlen=READINGS), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def observe(self, answer: Mapping[str, Any]) -> None:
        """Take the Date of an answer (botocore's answer or error response)."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if not date:
            return
        try:
            seen = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        with self._lock:
            self._offsets.append(seen - self.monotonic())

    def now(self) -> datetime:
        """Return S3's present time, in UTC."""
        with self._lock:
            if not self._offsets:
                return self.host().astimezone(UTC)
            middle = median_low(self._offsets)
            # A Date is cut to whole seconds: the reading that is furthest ahead is the nearest.
            offset = max(one for one in self._offsets if one - middle <= AGREE_SECONDS)
            return datetime.fromtimestamp(offset + self.monotonic(), UTC)
