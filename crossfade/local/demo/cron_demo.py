"""The demo of cron jobs: one run for each tick on two platforms, and moves that hold or come back.

Everything runs in real time: a real memcached, the real wrapper in a process of its own for each
start, the mover and the gathering on a journal in the embedded S3. Only the schedulers are ours,
see `crossfade.local.demo.schedulers`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from crossfade.adapters.cron.list_document import is_on, read_list
from crossfade.local.demo.schedulers import EVERY_MINUTE, MINUTE, Scheduler
from crossfade.local.stack.memcached import memcached
from crossfade.local.strict.strict import make_strict
from crossfade.operations.base.world import World
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.cron.move.waves import move_and_wait
from crossfade.operations.cron.ticks.gather import gather
from crossfade.operations.cron.ticks.history import cron_history
from crossfade.plan.base.platform import Platform
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossfade.adapters.aws.s3 import Bucket
    from crossfade.operations.cron.move.move import Moved
    from crossfade.operations.cron.ticks.history import JobHistory

BUCKET = "acme-state"
LIST = "crons.json"
REGION = "us-east-1"
JOBS = ("reports.daily", "mailer")
WATCHED = 2
HANDICAP, LEASE, TOLERANCE = 5, 6, 1
OPTIONS = ("--handicap", str(HANDICAP), "--lease", str(LEASE), "--clock-tolerance", str(TOLERANCE))
SETTLING = LEASE + TOLERANCE + 4
"""Seconds after its start until memcached is no longer suspect, see docs/cron.md."""

WORK = "import time; time.sleep(1.5)"
BROKEN = "raise SystemExit('there is no mail relay on this platform')"


@dataclass(frozen=True, slots=True)
class CronTold:
    """The story as it was told.

    Attributes:
        moves: How the move of each job ended.
        histories: What became of each job's ticks.
        seconds: How long it took.
    """

    moves: tuple[Moved, ...]
    histories: tuple[JobHistory, ...]
    seconds: float


def tell_crons(say: Callable[[str], None]) -> CronTold:
    """Run two jobs on both platforms, move them, cut the new platform's power, and look back.

    Args:
        say: Told what happens, line by line.
    """
    begun = time.time()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-cron-")))
        server = stack.enter_context(memcached())
        stack.enter_context(mock_aws())
        stack.enter_context(make_strict())
        world = _world(server.address)
        world.aws.client("s3").create_bucket(Bucket=BUCKET)
        say(f"memcached listens on {server.address}; it is trusted after {SETTLING} s")
        time.sleep(SETTLING)
        stack.enter_context(_legacy(server.address, folder))
        new = stack.enter_context(_new(server.address, folder, world.bucket(BUCKET)))
        moves = _story(world, new, say)
        gather(world)
        histories = tuple(cron_history(world, job, seconds=time.time() - begun) for job in JOBS)
    return CronTold(moves, histories, time.time() - begun)


def _story(world: World, new: Scheduler, say: Callable[[str], None]) -> tuple[Moved, ...]:
    _next_tick(say, "both jobs run on legacy")
    say(f"move {' and '.join(JOBS)} to new, and watch {WATCHED} ticks of each")
    moves = move_and_wait(world, JOBS, Asked(), seen=lambda moved: say(f"  {moved.line()}"))
    new.down = True
    _next_tick(say, "the new platform has lost its power")
    new.down = False
    _next_tick(say, "the new platform is back")
    return moves


def _next_tick(say: Callable[[str], None], what: str) -> None:
    """Wait until the runs of the next tick have ended."""
    now = time.time()
    tick = (int(now) // MINUTE + 1) * MINUTE
    say(f"{what}: the next tick is at {time.strftime('%H:%M', time.gmtime(tick))} UTC")
    time.sleep(tick - now + HANDICAP + LEASE)


def _legacy(server: str, folder: Path) -> Scheduler:
    """Return the legacy host: its crontab has both jobs and is never edited."""
    return Scheduler(
        Platform.LEGACY,
        _commands(Platform.LEGACY),
        server,
        OPTIONS,
        folder / "legacy",
        lambda: JOBS,
    )


def _new(server: str, folder: Path, bucket: Bucket) -> Scheduler:
    """Return the new platform: it has what the list document says, once a pipeline rendered it."""

    def listed() -> list[str]:
        document = read_list(bucket, LIST)
        return [job for job in JOBS if is_on(document.entry(job))]

    return Scheduler(Platform.NEW, _commands(Platform.NEW), server, OPTIONS, folder / "new", listed)


def _commands(platform: Platform) -> Mapping[str, tuple[str, ...]]:
    """Return what the jobs run; one of them lacks on new what it needs."""
    work = (sys.executable, "-c", WORK)
    broken = (sys.executable, "-c", BROKEN)
    return {job: broken if (job, platform) == ("mailer", Platform.NEW) else work for job in JOBS}


def _world(server: str) -> World:
    """Return a worker's world."""
    cron: dict[str, Any] = {
        "schedule": EVERY_MINUTE,
        "on": "document",
        "document": f"s3://{BUCKET}/{LIST}",
        "watch": WATCHED,
        "usual": timedelta(seconds=30),
    }
    values: dict[str, Any] = {
        "state": {"bucket": BUCKET},
        "releases": {"bucket": BUCKET},
        "lock": {"servers": [server]},
        "crons": dict.fromkeys(JOBS, cron),
    }
    session = boto3.Session("local", "local", region_name=REGION)
    return World(Settings(**values), Actor("the schedule", trigger="schedule"), aws=session)
