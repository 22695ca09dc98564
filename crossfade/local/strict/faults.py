"""Fault switches: what the outside may do to a caller, done on purpose and exactly once.

A fault names calls by service and operation, counts those that match from the moment it was armed,
and strikes the nth. It strikes *before* the call acts (nothing happened) or *after* it (it happened
and the caller does not learn of it). `Faults.calls` is the record of every request that arrived,
retries included, so that a test can count the calls of an operation and then break each of them:

    faults.before("s3", "CopyObject", nth=3, effect=SLOW_DOWN)
    faults.after(nth=k, effect=Crash())
    faults.lost_answer("cloudfront", "CreateInvalidation")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, TypeAlias

ANY = "*"
"""Matches every service or every operation."""

WRITES = "writes"
"""Matches every operation that changes something, by how AWS names those that do not."""

_READS = ("Describe", "Get", "Head", "List")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived.

    Attributes:
        number: Its place among all requests, from 1.
        service: As boto3 names it: `s3`, `cloudfront`, `route53`, …
        operation: As the API names it: `CopyObject`, `CreateInvalidation`, …
        path: `/bucket/key` for S3, decoded; the request's path for other services.
    """

    number: int
    service: str
    operation: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An error that the service answers with, instead of what it would have said.

    Attributes:
        status: The HTTP status.
        code: The error code in the body.
        message: The text in the body.
    """

    status: int
    code: str
    message: str


class Lost:
    """No answer at all: the connection ends without one, as after a time-out or a cut."""


LOST = Lost()
SLOW_DOWN = Answer(503, "SlowDown", "Please reduce your request rate.")
THROTTLING = Answer(400, "Throttling", "Rate exceeded")
TOO_MANY_REQUESTS = Answer(429, "TooManyRequestsException", "Too Many Requests")
INTERNAL_ERROR = Answer(500, "InternalError", "We encountered an internal error. Please try again.")
EXPIRED_TOKEN = Answer(400, "ExpiredToken", "The provided token has expired.")
ACCESS_DENIED = Answer(403, "AccessDenied", "Access Denied")
CONCURRENT_WRITE = Answer(
    409,
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
)

Effect: TypeAlias = Answer | Lost | BaseException | Callable[[Call], None]
"""What happens to the caller: an error answer, no answer, an exception raised in the caller's own
thread (in process only; a server drops the connection), or a function that is called with the call
and may wait, look at the world or end a process, after which the call goes on."""

Moment: TypeAlias = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """A switch that is armed.

    Attributes:
        moment: Whether it strikes before the call acts or after.
        service: The service that it waits for, or `ANY`.
        operation: The operation that it waits for, or `WRITES`, or `ANY`.
        path: What the call's path must contain; "" matches every path.
        nth: Which matching call it strikes first, from 1.
        times: How many matching calls in a row it strikes.
        effect: What happens then.
        seen: Matching calls so far.
    """

    moment: Moment
    service: str
    operation: str
    path: str
    nth: int
    times: int
    effect: Effect
    seen: int = 0

    @property
    def fired(self) -> int:
        """How many calls it struck; 0 tells a test that its fault never happened."""
        return max(0, min(self.seen - self.nth + 1, self.times))

    def strikes(self, call: Call) -> bool:
        """Count a call if it matches, and tell whether it is struck."""
        if self.service not in {ANY, call.service}:
            return False
        if self.operation == WRITES:
            if call.operation.startswith(_READS):
                return False
        elif self.operation not in {ANY, call.operation}:
            return False
        if self.path not in call.path:
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass(slots=True)
class Faults:
    """All switches of one embedded stack, and the record of the requests that it got."""

    _armed: list[Fault] = field(default_factory=list)
    _calls: list[Call] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every request so far, in order of arrival, retries included."""
        with self._lock:
            return tuple(self._calls)

    def before(
        self,
        service: str = ANY,
        operation: str = ANY,
        *,
        path: str = "",
        nth: int = 1,
        times: int = 1,
        effect: Effect,
    ) -> Fault:
        """Arm a fault that strikes before the call acts: nothing happens in the world."""
        return self._arm(Fault("before", service, operation, path, nth, times, effect))

    def after(
        self,
        service: str = ANY,
        operation: str = ANY,
        *,
        path: str = "",
        nth: int = 1,
        times: int = 1,
        effect: Effect,
    ) -> Fault:
        """Arm a fault that strikes after the call acted: the caller does not get its answer."""
        return self._arm(Fault("after", service, operation, path, nth, times, effect))

    def lost_answer(
        self,
        service: str = ANY,
        operation: str = ANY,
        *,
        path: str = "",
        nth: int = 1,
        times: int = 1,
    ) -> Fault:
        """Arm the loss of an answer: the call acts, then its connection ends without a word."""
        return self.after(service, operation, path=path, nth=nth, times=times, effect=LOST)

    def clear(self) -> None:
        """Disarm every fault and forget the calls so far."""
        with self._lock:
            self._armed.clear()
            self._calls.clear()

    def struck(self, service: str, operation: str, path: str) -> tuple[Call, dict[Moment, Effect]]:
        """Record a request that arrived and return what happens to it, by moment.

        Where several armed faults strike the same call at the same moment, the first armed counts.
        """
        with self._lock:
            call = Call(len(self._calls) + 1, service, operation, path)
            self._calls.append(call)
            effects: dict[Moment, Effect] = {}
            for fault in self._armed:
                if fault.strikes(call):
                    effects.setdefault(fault.moment, fault.effect)
            return call, effects

    def _arm(self, fault: Fault) -> Fault:
        with self._lock:
            self._armed.append(fault)
        return fault
