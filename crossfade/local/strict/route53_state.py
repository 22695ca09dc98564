"""The strict Route 53's state: changes under way, limits, and switches for its bad days."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.route53.models import FakeZone, RecordSet

from crossfade.local.strict.route53_rules import Record, Refusal, after_batch

if TYPE_CHECKING:
    from collections.abc import Callable

_MOTO_CHANGES = ("C1PA6795UKMFR9", "C2682N5HXP0BZ4", "a1b2c3d4")
"""Ids that moto answers for changes of zones; they are in sync."""

_FIELDS = {
    "Name": "name",
    "Type": "type",
    "TTL": "ttl",
    "ResourceRecords": "records",
    "SetIdentifier": "set_identifier",
    "Weight": "weight",
    "Region": "region",
    "HealthCheckId": "health_check_id",
    "AliasTarget": "alias_target",
    "Failover": "failover",
    "GeoLocation": "geo_location",
    "MultiValueAnswer": "multi_value_answer",
}


class Throttled(Exception):  # noqa: N818  named by what happened
    """There were too many requests of one action."""


class Unanswered(Exception):  # noqa: N818  named by what happened
    """The caller gets no answer, whatever was done."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often each action may be called: so many at once, and so many a second after that."""

    burst: float
    per_second: float


REAL_RATE = Rate(burst=50, per_second=10)
"""What an account gets for each action of Route 53."""


@dataclass
class StrictRoute53:
    """The strict service's state, and the switches that a test or demo turns.

    Attributes:
        in_sync_after: Seconds that a change stays PENDING.
        busy_for: Seconds after a change in which another one of the same zone is refused as
            PriorRequestNotComplete; one that overlaps always is.
        rate: Requests that each action may get, or None for no limit.
        clock: Seconds of a clock that only goes forward.
        chance: Draws the answers of TestDNSAnswer.
    """

    in_sync_after: float = 0.2
    busy_for: float = 0.0
    rate: Rate | None = REAL_RATE
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)
    _ready: dict[str, float] = field(default_factory=dict)
    _busy_until: dict[str, float] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    _tokens: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lost_answers: int = 0
    _lost_requests: int = 0
    _late: bool = False
    _waiting: list[Callable[[], str]] = field(default_factory=list)
    _between: list[Callable[[], None]] = field(default_factory=list)

    def loses_answers(self, times: int = 1) -> None:
        """The next changes are applied, and their answers are lost."""
        self._lost_answers = times

    def loses_requests(self, times: int = 1) -> None:
        """The next changes never arrive, and the caller waits in vain."""
        self._lost_requests = times

    def delays_a_request(self) -> None:
        """The next change arrives only when `arrives` is called; its caller waits in vain."""
        self._late = True

    def arrives(self) -> None:
        """Let the delayed change arrive now; what becomes of it, nobody is told."""
        waiting, self._waiting = self._waiting, []
        for change in waiting:
            try:
                change()
            except Refusal:
                continue

    def writes_between(self, write: Callable[[], None]) -> None:
        """Somebody else writes right before the next change: after it was read for."""
        self._between.append(write)

    def take_turn(self, action: str) -> None:
        """Count a request against the rate.

        Raises:
            Throttled: There were too many.
        """
        if self.rate is None:
            return
        now = self.clock()
        left, since = self._tokens.get(action, (self.rate.burst, now))
        left = min(self.rate.burst, left + (now - since) * self.rate.per_second)
        self._tokens[action] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if left < 1:
            raise Throttled

    def change(self, zone: FakeZone, changes: list[dict[str, Any]]) -> str:
        """Do a batch and return its change id, or do what the switches say.

        Raises:
            Refusal: A rule is broken, or the zone is busy.
            Unanswered: The answer is lost, or the request was.
        """
        self._let_others_write()
        if self._lost_requests > 0:
            self._lost_requests -= 1
            raise Unanswered
        if self._late:
            self._late = False
            self._waiting.append(partial(self._apply, zone, changes))
            raise Unanswered
        change_id = self._apply(zone, changes)
        if self._lost_answers > 0:
            self._lost_answers -= 1
            raise Unanswered
        return change_id

    def status(self, change_id: str) -> str:
        """Tell whether a change is in sync.

        Raises:
            Refusal: NoSuchChange.
        """
        bare = change_id.removeprefix("/change/")
        if bare in _MOTO_CHANGES:
            return "INSYNC"
        if bare not in self._ready:
            raise Refusal("NoSuchChange", f"Could not find resource with ID: {bare}")
        return "INSYNC" if self.clock() >= self._ready[bare] else "PENDING"

    def _let_others_write(self) -> None:
        """Do what others write in between; the switches are for the caller's change alone."""
        between, self._between = self._between, []
        switches = self._lost_requests, self._lost_answers, self._late
        self._lost_requests, self._lost_answers, self._late = 0, 0, False
        for write in between:
            write()
        self._lost_requests, self._lost_answers, self._late = switches

    def _apply(self, zone: FakeZone, changes: list[dict[str, Any]]) -> str:
        lock = self._locks[zone.resource_id]
        if not lock.acquire(blocking=False):
            raise _prior_request()
        try:
            if self.clock() < self._busy_until.get(zone.resource_id, 0.0):
                raise _prior_request()
            records = after_batch([_form(one) for one in zone.rrsets], changes, zone.name)
            zone.rrsets = [_record_set(record) for record in records]
            change_id = f"C{uuid.uuid4().hex[:20].upper()}"
            self._ready[change_id] = self.clock() + self.in_sync_after
            self._busy_until[zone.resource_id] = self.clock() + self.busy_for
            return change_id
        finally:
            lock.release()


def _form(record: RecordSet) -> Record:
    """A record set of moto's in Route 53's form, without the fields that it does not have."""
    fields = {ours: getattr(record, theirs) for ours, theirs in _FIELDS.items()}
    return {name: value for name, value in fields.items() if value not in (None, [])}


def _record_set(record: Record) -> RecordSet:
    return RecordSet(record)  # type: ignore[abstract]  # moto leaves two CloudFormation hooks open


def _prior_request() -> Refusal:
    return Refusal(
        "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.",
    )
