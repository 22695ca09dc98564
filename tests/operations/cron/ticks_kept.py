"""A job on two platforms before a real memcached, and the people who look at its ticks later."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crossfade.cronrun.spool import append
from crossfade.plan.cron.claim.records import (
    SideMark,
    State,
    TickRecord,
    decode_tick,
    encode,
    mark_key,
    tick_key,
)
from crossfade.plan.cron.claim.spool_line import Entry, Event
from crossfade.plan.cron.schedule.ticks import MINUTE
from crossfade.settings import Lock
from crossfade.settings.crons import Cron

if TYPE_CHECKING:
    from pathlib import Path

    from crossfade.operations.base.world import World
    from tests.cronrun.servers import Proxy, RealMemcached
    from tests.story import Story

JOB = "reports.daily"


@dataclass
class Ticks:
    """The job's ticks: what its wrappers leave behind, and who looks.

    The proxy says that the server is an hour older than it is.
    """

    story: Story
    server: RealMemcached
    proxy: Proxy
    folder: Path
    schedule: str = "* * * * *"
    now: int = field(default_factory=lambda: int(time.time()) // MINUTE)

    def world(self, **changes: Any) -> World:
        """Return a fresh reader's world."""
        world = self.story.world(**changes)
        settings = world.settings.model_copy(
            update={
                "crons": {JOB: Cron(schedule=self.schedule)},
                "lock": Lock(servers=(self.proxy.address,)),
            }
        )
        return replace(world, settings=settings)

    def record(self, ago: int, **changes: Any) -> TickRecord:
        """Leave a tick's record in memcached: done by new, unless told otherwise."""
        tick = self.now - ago
        begun = float(tick * MINUTE + 1)
        record = TickRecord(
            State.DONE, f"token-{tick}", "new", "pod-1", at=begun, start=begun, end=begun + 2,
            exit_code=0, lease=60, outcome="won",
        )._replace(**changes)  # fmt: skip
        with closing(self.server.client()) as client:
            client.set(tick_key(JOB, tick), encode(record))
        return record

    def recent(self) -> None:
        """Leave the records of the last ticks, so that none is found missed while a test runs."""
        for ago in range(3):
            self.record(ago)

    def running(self, ago: int) -> TickRecord:
        """Leave the record of a run that is not over."""
        return self.record(ago, state=State.RUNNING, end=None, exit_code=None, outcome="")

    def mark(self, ago: int, platform: str = "legacy", **changes: Any) -> None:
        """Leave a platform's mark."""
        mark = SideMark(self.now - ago, time.time() - ago * MINUTE, "host-1", "held", 0, 0.0)
        with closing(self.server.client()) as client:
            client.set(mark_key(JOB, platform), encode(mark._replace(**changes)))

    def forgets(self, ago: int) -> None:
        """Let memcached forget a tick."""
        with closing(self.server.client()) as client:
            client.delete(tick_key(JOB, self.now - ago))

    def kept(self, ago: int) -> TickRecord | None:
        """Return a tick's record in memcached."""
        with closing(self.server.client()) as client:
            value = client.get(tick_key(JOB, self.now - ago))
        return decode_tick(value.decode()) if value else None

    def spools(self, ago: int, *, folder: str = "", **changes: Any) -> None:
        """Let a legacy host write down a run, from its start to its end."""
        tick = self.now - ago
        begun = float(tick * MINUTE + 1)
        start = Entry(
            f"spooled-{tick}", Event.START, JOB, tick, "legacy", "host-1", begun, "won",
            start=begun,
        )._replace(**changes)  # fmt: skip
        target = self.folder / "spool" / folder
        append(str(target), start)
        if start.event is Event.START:
            end = start._replace(event=Event.END, end=begun + 3, exit_code=0)
            append(str(target), end)

    @property
    def spool(self) -> str:
        """The folder of the hosts' lines."""
        return str(self.folder / "spool")
