"""Who uses the sample world: clients of the service, visitors of the site, and both schedulers."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crossfade.adapters.cron.list_document import is_on, read_list
from crossfade.errors import CrossfadeError
from crossfade.local.demo.schedulers import Scheduler
from crossfade.local.demo.traffic import PlatformModel, Simulator, publish
from crossfade.local.demo.traffic import World as Population
from crossfade.local.demo.visitor import visiting
from crossfade.local.sample.configuration import JOBS, LIST, MIGRATION
from crossfade.local.stack.stack import STATE
from crossfade.operations.ramp.read import read_live, read_ramp, vector_in
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.vector import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.demo.visitor import Visitor
    from crossfade.operations.base.world import World

BEFORE = timedelta(minutes=30)
"""How long the clients have been there when the world begins."""

STEP_SECONDS = 5
POPULATION = Population(clients=600, requests=60.0, propagation=5.0, connection=20.0)
ERRORS = 0.0005
WRAPPER = ("--handicap", "5", "--lease", "6", "--clock-tolerance", "1")
"""Shorter than on real platforms, whose pods take longer to start."""

WORK = "import time; time.sleep(1.5)"
PAUSE = 1.0


class Clients:
    """Clients of the migration's service in real time; they follow the weights in DNS."""

    def __init__(self, world: World, now: datetime) -> None:
        ramp = read_ramp(world, MIGRATION)
        self._ramp = ramp
        self._cloudwatch = world.cloudwatch
        self._balancers = {one: ramp.traffic.side(one).load_balancer for one in Platform}
        self._weights = (BASELINE.legacy, BASELINE.new)
        self._simulator = Simulator(
            weights=lambda: self._weights,
            start=now.replace(second=0, microsecond=0) - BEFORE,
            world=POPULATION,
            legacy=PlatformModel(error_rate=ERRORS),
            new=PlatformModel(error_rate=ERRORS),
        )

    def come_to(self, now: datetime) -> None:
        """Let them ask until an instant; the load balancers publish each minute as it ends."""
        vector = vector_in(read_live(self._ramp).records, self._ramp.traffic) or BASELINE
        self._weights = vector.legacy, vector.new
        publish(self._cloudwatch, self._simulator.run(now - self._simulator.now), self._balancers)


@contextmanager
def life(world: World, site: str, memcached: str, folder: Path) -> Iterator[Visitor]:
    """Let everybody use the world until the block ends.

    Args:
        world: The world.
        site: The edge's address.
        memcached: Address of the lock's server.
        folder: For the wrappers' records.

    Yields:
        The visitors of the site, who know what they saw.
    """
    with ExitStack() as users:
        for platform in Platform:
            users.enter_context(_scheduler(world, platform, memcached, folder))
        users.enter_context(_asking(Clients(world, datetime.now(UTC))))
        yield users.enter_context(visiting(site, visitors=1, pause=PAUSE))


@contextmanager
def _asking(clients: Clients) -> Iterator[None]:
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                clients.come_to(datetime.now(UTC))
            except CrossfadeError:  # a reading in the middle of somebody's experiment
                time.sleep(1)
            stop.wait(STEP_SECONDS)

    thread = threading.Thread(target=ask, name="clients", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _scheduler(world: World, platform: Platform, memcached: str, folder: Path) -> Scheduler:
    """Return a platform's scheduler; legacy's crontab has both jobs and is never edited."""

    def listed() -> list[str]:
        document = read_list(world.bucket(STATE), LIST)
        return [job for job in JOBS if is_on(document.entry(job))]

    return Scheduler(
        platform,
        dict.fromkeys(JOBS, (sys.executable, "-c", WORK)),
        memcached,
        WRAPPER,
        folder / f"spool-{platform}",
        listed if platform is Platform.NEW else lambda: JOBS,
    )
