"""Who tells the stories of kept worlds: the people of the other tests, with nothing left to chance.

Clocks, names and ids are made up by rule, so that a story told twice is the same: what an operation
that was killed must come to is seen in a second telling in which nobody kills it.
"""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Literal

import boto3
import moto.s3.models
from moto import mock_aws
from moto.moto_api._internal import mock_random

from crossfade.local.strict.replacement import replaced
from crossfade.local.strict.strict import make_strict
from crossfade.operations.releases.publish import PublishRequest, publish
from crossfade.settings import Settings
from tests.cronrun.virtual_memcached import VirtualMemcached
from tests.kept.worlds import seen_list, seen_objects, seen_records
from tests.operations.cron.moving import JOB, LEGACY, Platforms
from tests.operations.ramp.shop import Shop, Time
from tests.operations.sites.test_crash import SESSION
from tests.story import FRONT, STATE, Killed, Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.base.world import World
    from tests.kept.worlds import Json

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
BUILDS = {
    "0.9.0": {"index.html": "soon", "assets/app-f0e1d2c3.js": "none"},
    "1.0.0": {
        "index.html": "<script src=assets/app-a1b2c3d4.js></script><img src=logo.svg>",
        "about.html": "about",
        "assets/app-a1b2c3d4.js": "one",
        "logo.svg": "<svg>1</svg>",
    },
    "1.1.0": {
        "index.html": "<script src=assets/app-b2c3d4e5.js></script><img src=logo.svg>",
        "assets/app-b2c3d4e5.js": "two",
        "logo.svg": "<svg>2</svg>",
    },
    "1.2.0": {
        "index.html": "<script src=assets/app-c3d4e5f6.js></script>",
        "assets/app-c3d4e5f6.js": "three",
    },
}
"""What is published: a page that goes, an asset that changes under its name, assets that come."""


@dataclass(frozen=True)
class Death:
    """When a worker dies: before or after the nth call of a name, counted from 1.

    Attributes:
        moment: Whether the call still acts.
        service: As boto3 names it.
        operation: As the API names it.
        nth: Which of them, from 1.
        path: What the call's path contains.
    """

    moment: Literal["before", "after"]
    service: str
    operation: str
    nth: int = 1
    path: str = ""


def kill(strict: Strict, death: Death) -> None:
    """Let the worker die at a call: nothing of it reaches AWS any more."""

    def die(_: object) -> None:
        strict.faults.before(times=1_000_000, effect=Killed())
        raise Killed

    arm = strict.faults.before if death.moment == "before" else strict.faults.after
    arm(death.service, death.operation, path=death.path, nth=death.nth, effect=die)


@dataclass
class Clock(Time):
    """Virtual time for all: S3 takes its time for each answer, and dates its objects by it."""

    now: datetime = MONDAY

    def answer(self) -> float:
        """Return the time of an answer, in seconds since 1970."""
        self.now += timedelta(milliseconds=125)
        return self.epoch()

    def naive(self) -> datetime:
        """Return the time as moto keeps it."""
        return self.now.replace(tzinfo=None)


@contextmanager
def account() -> Iterator[tuple[Strict, Clock]]:
    """Open an account in which nothing is left to chance."""
    clock = Clock()
    mock_random.seed(1)
    module: Any = moto.s3.models
    with (
        mock_aws(),
        make_strict(invalidation_seconds=0, in_sync_seconds=0.4, clock=clock.answer) as strict,
        replaced(module, {"utcnow": clock.naive}),
    ):
        yield strict, clock


@dataclass
class Releases(Story):
    """People who publish and promote, with a configuration of their own."""

    clock: Clock = field(default_factory=Clock)
    configuration: str = ""
    chances: Iterator[int] = field(default_factory=lambda: count(1))
    states: dict[str, Json] = field(default_factory=dict)
    buckets = (FRONT, STATE)
    zone = None
    items: dict[str, str] = field(default_factory=dict)
    jobs: tuple[str, ...] = ()

    def settings(self) -> Settings:
        """Return the configuration."""
        return Settings(**tomllib.loads(self.configuration))

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        given = {"monotonic": self.clock.epoch, "host_clock": lambda: self.clock.now}
        return super().world(**given, chance=lambda: f"{next(self.chances):06x}", **changes)

    def publish(self, version: str, *, component: str = "web", **changes: Any) -> Any:
        """Publish a build, an hour after whatever was before."""
        del changes
        self.clock.sleep(3600)
        source = self.build(BUILDS[version], f"{component}-{version}")
        return publish(self.world(), PublishRequest(source, component, version))

    def moment(self, name: str) -> None:
        """Keep what is seen now, under a name."""
        self.states[name] = {FRONT: seen_objects(FRONT)}


@contextmanager
def releases(configuration: str, folder: Path) -> Iterator[Releases]:
    """Open an account with two buckets."""
    with account() as (strict, clock):
        story = Releases(SESSION, folder, strict, clock=clock, configuration=configuration)
        story.founded()
        yield story


@dataclass
class Ramp(Shop):
    """The shop, with a configuration as text."""

    text: str = ""
    chances: Iterator[int] = field(default_factory=lambda: count(1))
    states: dict[str, Json] = field(default_factory=dict)
    buckets = (STATE,)
    items: dict[str, str] = field(default_factory=dict)
    jobs: tuple[str, ...] = ()

    @property
    def configuration(self) -> str:
        """Return the configuration, which names the zone."""
        return self.text.replace("ZONE", self.zone)

    def migration(self) -> dict[str, Any]:
        """Return the migration's section."""
        return dict(tomllib.loads(self.configuration)["migrations"]["shop"])

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        return super().world(chance=lambda: f"{next(self.chances):06x}", **changes)

    def moment(self, name: str) -> None:
        """Keep what is seen now, under a name."""
        self.states[name] = {"records": seen_records(self.zone)}


@contextmanager
def ramp(configuration: str, folder: Path) -> Iterator[Ramp]:
    """Open an account with a zone."""
    del folder
    with account() as (strict, clock):
        shop = Ramp(SESSION, strict, clock, text=configuration)
        yield shop.founded()  # type: ignore[misc]  it returns itself


@dataclass
class Jobs(Platforms):
    """Both platforms, with a configuration as text."""

    configuration: str = ""
    chances: Iterator[int] = field(default_factory=lambda: count(1))
    states: dict[str, Json] = field(default_factory=dict)
    buckets = (STATE,)
    zone = None
    jobs: tuple[str, ...] = (JOB,)

    @property
    def items(self) -> dict[str, str]:
        """Return what memcached holds."""
        return {key: item.value for key, item in sorted(self.server.items.items())}

    def settings(self) -> Settings:
        """Return the configuration."""
        return Settings(**tomllib.loads(self.configuration))

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        return super().world(chance=lambda: f"{next(self.chances):06x}", **changes)

    def moment(self, name: str) -> None:
        """Keep what is seen now, under a name."""
        preferred = self.preferred()
        self.states[name] = {
            "listed": seen_list(STATE),
            "preferred": {JOB: preferred and preferred._asdict()},
        }


@contextmanager
def jobs(configuration: str, folder: Path) -> Iterator[Jobs]:
    """Open both platforms, with a job that legacy has run for a while."""
    del folder
    with account() as (strict, clock):
        region: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket=STATE, CreateBucketConfiguration=region)
        both = Jobs(SESSION, strict, {}, clock, configuration=configuration)
        both.server = VirtualMemcached(Random(1), both.epoch() - 86_400)  # noqa: S311  repeatable
        both.ticks(4, LEGACY)
        yield both
