"""Jobs on two platforms in virtual time: their lists, their memcached, and those who run the ticks.

The memcached is the virtual one whose answers are held against the real one's; the cluster answers
as the real API does to the client (`tests/adapters/cron/test_kubernetes.py` holds it against that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from crossfade.adapters.cron.list_document import read_list
from crossfade.adapters.cron.memcached import preference_of
from crossfade.errors import Unavailable
from crossfade.local.strict.strict import make_strict
from crossfade.operations.base.world import World
from crossfade.operations.cron.move.move import Asked, Moved, move_cron
from crossfade.operations.cron.move.read import read_standing
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import (
    LONGEST_LIFE,
    RunningLease,
    SideMark,
    State,
    TickRecord,
    encode,
    lease_key,
    mark_key,
    preference_key,
    tick_key,
)
from crossfade.plan.cron.claim.requests import Add, NoAnswer, Swap
from crossfade.plan.cron.schedule.ticks import MINUTE, ticks_from
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings
from tests.cronrun.virtual_memcached import VirtualMemcached
from tests.operations.cron.cluster import Cluster
from tests.operations.ramp.shop import Time
from tests.operations.sites.test_crash import SESSION
from tests.story import STATE

if TYPE_CHECKING:
    import boto3

    from crossfade.local.strict.strict import Strict
    from crossfade.plan.cron.claim.records import Preference
    from crossfade.plan.cron.claim.requests import Request, Value
    from crossfade.plan.cron.move.move import Standing

JOB = "reports.daily"
SUBJECT = f"crons/{JOB}"
ADDRESS = "127.0.0.1:11211"
DOCUMENT = "lists/crons.json"
LEGACY, NEW = Platform.LEGACY, Platform.NEW

Fault = Callable[[str], None]
"""Told of each request that leaves the process, before (`before …`) and after it acted."""


@dataclass
class Line:
    """A line to the virtual memcached."""

    platforms: Platforms

    def ask(self, request: Request) -> Value:
        """Make one request."""
        name = type(request).__name__
        if self.platforms.away:
            return NoAnswer("connection refused")
        self.platforms.fault(f"before memcached {name}")
        value = self.platforms.server.apply(request, self.platforms.epoch())
        self.platforms.fault(f"after memcached {name}")
        return value

    def settings(self) -> dict[str, str]:
        """Say how the server is set up."""
        if self.platforms.away:
            raise Unavailable("memcached does not answer")
        return {"evictions": "off", "flush_enabled": "no", "cas_enabled": "yes"}

    def close(self) -> None:
        """End the line."""


@dataclass
class Platforms:
    """Both platforms, and everything between them."""

    aws: boto3.Session
    strict: Strict
    crons: dict[str, dict[str, Any]]
    time: Time
    cluster: Cluster = field(default_factory=Cluster)
    away: bool = False
    said: list[str] = field(default_factory=list)
    fault: Fault = lambda _: None
    tokens: int = 0
    on_sleep: Callable[[], None] = lambda: None
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = VirtualMemcached(Random(1), self.epoch() - 86_400)  # noqa: S311  repeatable
        self.cluster.fault = self._in_cluster

    def _in_cluster(self, what: str) -> None:
        self.fault(what)  # whichever it is by then

    def epoch(self) -> float:
        """Return the seconds since 1970."""
        return self.time.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time.sleep(seconds)
        self.on_sleep()

    def say(self, text: str) -> None:
        """Listen to a procedure."""
        self.said.append(text)

    def begin(self, title: str, total: int) -> Any:
        """Listen to a step."""
        del title, total
        return lambda _: None

    def settings(self) -> Settings:
        """Return the configuration."""
        return Settings(
            state={"bucket": STATE},
            releases={"bucket": STATE},
            lock={"servers": [ADDRESS]},
            crons=self.crons,
            **self.more,
        )

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        given: dict[str, Any] = {
            "aws": self.aws,
            "report": self,
            "connections": 1,
            "sleep": self.sleep,
            "monotonic": self.epoch,
            "host_clock": lambda: self.time.now,
            "batch_api": lambda _: self.cluster,
            "connect": lambda _: Line(self),
            **changes,
        }
        return World(self.settings(), given.pop("actor", Actor("ann@desk")), **given)

    def moves(self, job: str = JOB, asked: Asked | None = None) -> Moved:
        """A schedule calls the mover."""
        return move_cron(self.world(), job, asked or Asked())

    def standing(self, job: str = JOB) -> Standing:
        """Return where the journal says that a job stands."""
        return read_standing(self.world(), job).standing

    def preferred(self, job: str = JOB) -> Preference | None:
        """Return what memcached prefers."""
        return preference_of(Line(self), ADDRESS, job)  # type: ignore[arg-type]  answers like one

    def somebody_prefers(self, preference: Preference, job: str = JOB) -> None:
        """Somebody writes the preference by hand."""
        self._put(preference_key(job), encode(preference))

    def entry(self, job: str = JOB) -> Any:
        """Return what the new platform's list says."""
        cron = self.settings().cron(job)
        if cron.on == "document":
            return read_list(self.world().bucket(STATE), DOCUMENT).entry(job)
        return {"suspend": self.cluster.cronjobs[job.replace(".", "-")].spec.suspend}

    def ticks(self, count: int, platform: Platform, job: str = JOB, **how: Any) -> None:
        """Let time pass until some more ticks have been run by one platform."""
        for _ in range(count):
            self.tick(platform, job, **how)

    def tick(
        self,
        platform: Platform | None,
        job: str = JOB,
        *,
        seconds: float = 5,
        code: int | None = 0,
        alone: bool = False,
    ) -> int:
        """Let time pass to the next tick, run by one platform (None: by nobody); return it.

        Args:
            platform: Who runs it; the other leaves its mark.
            job: The job.
            seconds: How long it runs.
            code: What it ends with; None for a run that has not ended.
            alone: Whether the other platform does not come at all.
        """
        minute = next(ticks_from(self.settings().cron(job).when(), int(self.epoch() // MINUTE)))
        self.time.now = datetime.fromtimestamp(minute * MINUTE + 1, UTC)
        if platform is None:
            self.time.now += timedelta(seconds=900)
            return minute
        self.tokens += 1
        token, start = f"t{self.tokens}", minute * MINUTE + 1.0
        host = f"{platform}-1"
        running = TickRecord(State.RUNNING, token, platform, host, at=start, start=start, lease=60)
        if code is None:
            self._put(lease_key(job), encode(RunningLease(token, minute, platform, host)))
            self._put(tick_key(job, minute), encode(running))
        else:
            state = State.FAILED if code else State.DONE
            ended = running._replace(state=state, end=start + seconds, exit_code=code)
            self._put(tick_key(job, minute), encode(ended))
            self.time.now += timedelta(seconds=seconds + 1)
        for one in (platform,) if alone else Platform:
            self.marks(one, minute, job, outcome="won" if one is platform else "held")
        return minute

    def marks(self, platform: Platform, minute: int, job: str, outcome: str = "held") -> None:
        """Leave a platform's mark."""
        mark = SideMark(minute, minute * 60.0, f"{platform}-1", outcome, 0, 0.0)
        self._put(mark_key(job, platform), encode(mark))

    def ends(self, minute: int, job: str = JOB, *, seconds: float, code: int = 0) -> None:
        """Let a run that was in flight on new end."""
        start = minute * MINUTE + 1.0
        record = TickRecord(
            State.FAILED if code else State.DONE, "t", NEW, "new-1",
            at=start, start=start, end=start + seconds, exit_code=code, lease=60,
        )  # fmt: skip
        self._put(tick_key(job, minute), encode(record))
        self.server.items.pop(lease_key(job), None)
        self.cluster.active.clear()

    def _put(self, key: str, value: str) -> None:
        now = self.epoch()
        if self.server.apply(Add(key, value, LONGEST_LIFE), now) is not True:
            cas = b"%d" % self.server.items[key].cas
            assert self.server.apply(Swap(key, value, cas, LONGEST_LIFE), now) is True


@contextmanager
def platforms(*jobs: str, every: str = "*/5 * * * *", **changes: Any) -> Iterator[Platforms]:
    """Open both platforms: jobs that legacy has run for a while, and that are suspended on new.

    Args:
        jobs: Their names; one if none is given.
        every: Their schedule.
        changes: More of their configuration.
    """
    names = jobs or (JOB,)
    now = datetime.now(UTC).replace(minute=1, second=0, microsecond=0)
    time = Time(now)
    with mock_aws(), make_strict(clock=time.epoch) as strict:
        SESSION.client("s3").create_bucket(
            Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        crons = {name: {"schedule": every, "watch": 3, **changes} for name in names}
        both = Platforms(SESSION, strict, crons, time)
        for name in names:
            both.cluster.has(name, every)
        for _ in range(4):
            at = time.now
            for name in names:
                time.now = at
                both.tick(LEGACY, name)
        yield both
