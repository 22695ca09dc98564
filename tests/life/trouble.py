"""What happens to a worker's requests: it dies, is stopped, waits, or never hears the answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from tests.story import Killed

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

_READS = ("Get", "Head", "List")
REFUSED = {403, 404, 409, 412}
"""What S3 says to a write that comes too late: expired, or something else stands there."""


class Kind(StrEnum):
    """What strikes a write."""

    DIES_BEFORE = "dies before it"
    DIES_AFTER = "dies after it"
    LOST = "never hears the answer"
    SLOW = "waits for it"
    STOPPED = "is stopped, others take over, goes on"


@dataclass(frozen=True)
class Trouble:
    """What strikes one worker, and when.

    Attributes:
        kind: What.
        nth: The write that it strikes, counted from 1.
        seconds: How long it waits, where it does.
    """

    kind: Kind
    nth: int
    seconds: float = 0.0


@dataclass
class Tolls:
    """What the whole life has counted."""

    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, number: int = 1) -> None:
        """Count something."""
        with self._lock:
            self.counts[what] += number


class Worker(boto3.Session):
    """The AWS session of one worker, whose requests meet some trouble.

    A stopped worker stands in all its threads between signing a request and sending it, as a
    process does that was suspended; what it sends when it goes on is late.
    """

    def __init__(self, trouble: Trouble | None, tolls: Tolls) -> None:
        """Prepare for it."""
        super().__init__()
        self.trouble = trouble
        self.tolls = tolls
        self.dead = threading.Event()
        self.stopped = threading.Event()
        self._writes = 0
        self._wakes = 0.0
        self._lock = threading.Lock()
        self._line = URLLib3Session()

    def client(self, service_name: str, **given: Any) -> Any:  # type: ignore[override]
        """Return a client whose requests come by here."""
        client: Any = super().client(service_name, **given)  # type: ignore[call-overload]
        client.meta.events.register("before-send.s3", self._sending)
        client.meta.events.register("response-received.s3", self._answered)
        return client

    def _sending(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> Any:
        operation = event_name.rsplit(".", 1)[-1]
        self._alive()
        if self._wakes:
            time.sleep(max(0.0, self._wakes - time.monotonic()))
        if self.trouble is None or operation.startswith(_READS):
            return None
        with self._lock:
            self._writes += 1
            strikes = self._writes == self.trouble.nth
        return self._struck(request) if strikes else None

    def _struck(self, request: AWSPreparedRequest) -> Any:
        assert self.trouble is not None
        kind = self.trouble.kind
        self.tolls.count(f"a worker {kind}")
        if kind in {Kind.DIES_BEFORE, Kind.DIES_AFTER}:
            self.dead.set()
        if kind is Kind.DIES_BEFORE:
            self._alive()
        if kind in {Kind.SLOW, Kind.STOPPED}:
            if kind is Kind.STOPPED:
                self._wakes = time.monotonic() + self.trouble.seconds
                self.stopped.set()
            time.sleep(self.trouble.seconds)
            return None
        self._line.send(request)
        self._alive()
        raise ConnectionClosedError(endpoint_url=request.url)

    def _answered(self, response_dict: dict[str, Any], event_name: str, **_: Any) -> None:
        operation = event_name.rsplit(".", 1)[-1]
        if self.stopped.is_set() and not operation.startswith(_READS):
            late = response_dict["status_code"] in REFUSED
            self.tolls.count("late writes refused by S3" if late else "writes after a stop, taken")

    def _alive(self) -> None:
        """Let no thread of a dead worker send anything."""
        if self.dead.is_set():
            raise Killed
