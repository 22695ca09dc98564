"""S3's clock: the Date of its answers, carried forward by the host's monotonic clock.

Leases are judged by it, so that hosts whose clocks are wrong agree all the same.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class S3Clock:
    """An estimate of S3's present time, never ahead of it by more than the network's delay.

    Attributes:
        monotonic: The host's monotonic clock, in seconds.
        host: The host's own clock; used only until S3 has answered once with a Date.
    """

    monotonic: Callable[[], float]
    host: Callable[[], datetime]
    _seen: tuple[datetime, float] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def observe(self, answer: Mapping[str, Any]) -> None:
        """Take the Date of an answer (botocore's answer or error response)."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        if not date:
            return
        try:
            seen = parsedate_to_datetime(date).astimezone(UTC)
        except ValueError:
            return
        at = self.monotonic()
        with self._lock:
            # A Date is cut to whole seconds: keep the reading that is furthest ahead.
            if self._seen is None or seen > self._carried(self._seen, at):
                self._seen = (seen, at)

    def now(self) -> datetime:
        """Return S3's present time, in UTC."""
        with self._lock:
            if self._seen is None:
                return self.host().astimezone(UTC)
            return self._carried(self._seen, self.monotonic())

    @staticmethod
    def _carried(seen: tuple[datetime, float], at: float) -> datetime:
        return seen[0] + timedelta(seconds=at - seen[1])
