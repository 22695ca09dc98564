"""Two platforms in virtual time, those who build for them, and those who release to both.

A platform has hosts that follow its order one after the other, a rollout that can fail, answers
that can be lost, and requests that arrive late. `tests/adapters/tandem/test_contract.py` holds it
to what the real ones do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from crossfade.adapters.aws.s3 import Headers
from crossfade.adapters.tandem.artifact import configuration_digest
from crossfade.errors import Conflict, Refused, Unavailable
from crossfade.local.strict.strict import make_strict
from crossfade.operations.base.world import World
from crossfade.operations.journal.step import Repeating, directly
from crossfade.operations.tandem.inbox import ready
from crossfade.operations.tandem.read import read_tandem
from crossfade.operations.tandem.tandem import Asked, Told, tandem
from crossfade.operations.tandem.ways_back import Went, back, hotfix
from crossfade.plan.base.platform import Platform
from crossfade.plan.journal.operation import Actor
from crossfade.plan.tandem.order import Release, Rollout, RolloutState
from crossfade.plan.tandem.pair import Seen
from crossfade.plan.tandem.standing import Standing, word_of
from crossfade.settings import Settings
from tests.operations.ramp.shop import Time
from tests.operations.sites.test_crash import SESSION
from tests.story import STATE

if TYPE_CHECKING:
    import boto3

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.journal.step import Run

SUBJECT = "tandems/shop"
LEGACY, NEW = Platform.LEGACY, Platform.NEW
HOSTS = 3

Fault = Callable[[str], None]
"""Told of each request to a platform, before (`before …`) and after it acted (`after …`)."""


def order_of(version: str, digest: str = "", artifact: str = "") -> str:
    """Return an order as a platform of the story reads it."""
    return json.dumps({"version": version, "digest": digest, "artifact": artifact})


@dataclass
class FakePlatform:
    """One platform: a target that is told, and what an observer sees of it.

    Attributes:
        name: Its name.
        time: The time.
        order: What it is told.
        seconds: How long a rollout takes.
        broken: Versions whose rollout fails after the first host.
        missing: Versions whose artifact it cannot find.
        refuses: Versions that it does not take.
        down: Whether it gives no answer to anything.
        blind: Whether what runs cannot be seen.
        fault: Called before and after each request.
        late: Orders on their way: when they arrive, and what they say.
        loses: How many of the next orders get no answer though they arrive.
        delays: How many of the next orders get no answer and arrive some seconds later.
    """

    name: str
    time: Time
    order: str = order_of("1.4.1", "d1")
    seconds: float = 20
    broken: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    down: bool = False
    blind: bool = False
    fault: Fault = lambda _: None
    late: list[tuple[datetime, str]] = field(default_factory=list)
    loses: int = 0
    delays: int = 0
    told_at: datetime | None = None
    history: list[tuple[datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hosts = [self.order] * HOSTS

    def prepare(self, release: Release) -> str:
        """Return the order for a release."""
        self._asked("prepare")
        if release.version in self.missing:
            raise Refused(f"there is no artifact of {release.version} on {self.name}")
        return order_of(release.version, release.digest, release.artifact)

    def told(self) -> str:
        """Return the order that it has."""
        self._asked("told")
        return self.order

    def tell(self, order: str, *, seen: str) -> None:
        """Give it an order."""
        self._asked(f"tell {version_of(order)}")
        if version_of(order) in self.refuses:
            raise Refused(f"{self.name} does not take {version_of(order)}")
        if self.order != seen:
            raise Conflict(f"{self.name} was told {version_of(self.order)} meanwhile")
        if self.delays:
            self.delays -= 1
            self.late.append((self.time.now + timedelta(seconds=10), order))
            raise Unavailable("the connection was cut")
        self.set(order)
        self.fault(f"after {self.name} tell {version_of(order)}")
        if self.loses:
            self.loses -= 1
            raise Unavailable("the connection was cut")

    def rollout(self, order: str) -> Rollout:
        """Return how far it has followed an order."""
        self._asked("rollout")
        done = sum(one == order for one in self.hosts)
        told = f"{done} of {HOSTS} hosts"
        if self.order != order:
            return Rollout(RolloutState.FAILED, "it is told something else")
        if version_of(order) in self.broken and self._passed() >= self.seconds:
            return Rollout(RolloutState.FAILED, f"{told}: the others do not start")
        return Rollout(RolloutState.DONE if done == HOSTS else RolloutState.GOING, told)

    def observe(self) -> Seen:
        """See what it runs."""
        self._asked("observe")
        if self.blind:
            raise Unavailable("nothing answers at its address")
        versions = sorted({(version_of(one), json.loads(one)["digest"]) for one in self.hosts})
        if len(versions) > 1:
            return Seen(hosts=HOSTS, mixed=" and ".join(version for version, _ in versions))
        return Seen(*versions[0], HOSTS)

    def set(self, order: str) -> None:
        """Tell it, whoever does: somebody else by hand, too."""
        if order != self.order:
            self.order, self.told_at = order, self.time.now
            self.history.append((self.time.now, version_of(order)))
            self.passes()

    def passes(self) -> None:
        """Let hosts follow, and what is late arrive, by the present time."""
        arrived = [order for at, order in self.late if at <= self.time.now]
        self.late = [one for one in self.late if one[0] > self.time.now]
        for order in arrived:
            self.set(order)
        for place in range(HOSTS):
            ready = self._passed() >= self.seconds * (place + 1) / HOSTS
            if ready and (place == 0 or version_of(self.order) not in self.broken):
                self.hosts[place] = self.order

    def _passed(self) -> float:
        if self.told_at is None:
            return float("inf")
        return (self.time.now - self.told_at).total_seconds()

    def _asked(self, what: str) -> None:
        self.passes()
        if self.down:
            raise Unavailable(f"{self.name} does not answer")
        self.fault(f"before {self.name} {what}")

    @property
    def runs(self) -> set[str]:
        """The versions that its hosts run now."""
        self.passes()
        return {version_of(one) for one in self.hosts}


def version_of(order: str) -> str:
    """Return the version in an order."""
    return str(json.loads(order)["version"])


@dataclass
class Twins:
    """Both platforms, their account, and the people."""

    aws: boto3.Session
    strict: Strict
    time: Time
    sections: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.legacy = FakePlatform("legacy", self.time)
        self.new = FakePlatform("new", self.time)

    def of(self, parameter: str) -> FakePlatform:
        """Return the platform whose parameter has a name."""
        return {"/legacy": self.legacy, "/new": self.new}[parameter]

    @property
    def both(self) -> tuple[FakePlatform, FakePlatform]:
        """Both platforms."""
        return self.legacy, self.new

    @property
    def run_steps(self) -> Run:
        """Run steps as the command line does: again, where they may be."""
        return Repeating(directly, self.sleep, self.say)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time.sleep(seconds)
        for one in self.both:
            one.passes()
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
            tandems={"shop": self.sections} if self.sections else {},
            **self.more,
        )

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        given: dict[str, Any] = {
            "aws": self.aws,
            "report": self,
            "connections": 1,
            "sleep": self.sleep,
            "monotonic": self.time.epoch,
            "host_clock": lambda: self.time.now,
            "target_of": lambda _, side: self.of(side.parameter),
            "observer_of": lambda _, side: self.of(side.parameter),
            **changes,
        }
        return World(self.settings(), given.pop("actor", Actor("ann@desk")), **given)

    def builds(self, version: str, commit: str = "", **configuration: str) -> str:
        """Somebody builds a version; return the digest of its configuration."""
        document = {
            "version": version,
            "commit": commit,
            "configuration": configuration,
            "artifacts": {"new": f"registry.example/shop@{version}"},
        }
        body, headers = json.dumps(document).encode(), Headers("application/json", "no-store")
        self.world().bucket(STATE).put(f"built/{version}.json", body, headers)
        return configuration_digest(configuration)

    def releases(self, version: str = "", **asked: Any) -> Told:
        """Somebody releases a version, or a schedule what waits."""
        world = asked.pop("world", None) or self.world()
        return tandem(world, "shop", Asked(version, **asked), run=self.run_steps)

    def reports(self, platform: Platform, version: str, digest: str = "d", **more: Any) -> None:
        """A pipeline reports that a platform is ready."""
        ready(self.world(), "shop", platform, version, digest=digest, **more)

    def fixes(self, version: str, only: Platform = LEGACY, **more: Any) -> Went:
        """Somebody releases a hotfix to one platform."""
        given = {"lasts": timedelta(hours=24), "reason": "a leak", **more}
        return hotfix(self.world(), "shop", version, only, run=self.run_steps, **given)

    def returns(self, **more: Any) -> Went:
        """Somebody returns to the pair before."""
        world = more.pop("world", None) or self.world()
        return back(world, "shop", run=self.run_steps, **more)

    @property
    def standing(self) -> Standing:
        """Where the journal says that the tandem stands."""
        return self.world().journal.head(SUBJECT, Standing)[0].state

    @property
    def word(self) -> str:
        """How the journal says that it stands."""
        head, _ = self.world().journal.head(SUBJECT, Standing)
        return word_of(head.state, head.open)

    @property
    def waiting(self) -> list[str]:
        """The versions that wait."""
        return [one.version for one in read_tandem(self.world(), "shop").inbox.state.wishes]

    @property
    def run(self) -> tuple[set[str], set[str]]:
        """What both run."""
        return self.legacy.runs, self.new.runs


def side(parameter: str, **more: Any) -> dict[str, Any]:
    """Return a platform's section."""
    see = {"kind": "http", "url": "http://127.0.0.1/version"}
    return {"kind": "parameter", "parameter": parameter, "observe": see, **more}


@contextmanager
def twins(*, ready: str = "prepared", **changes: Any) -> Iterator[Twins]:
    """Open both platforms, on which 1.4.1 runs.

    Args:
        ready: How it is known that a platform is ready.
        changes: More of the tandem's section.
    """
    time = Time(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    with mock_aws(), make_strict(clock=time.epoch) as strict:
        SESSION.client("s3").create_bucket(
            Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        section = {
            "artifact": f"s3://{STATE}/built/{{version}}.json" if ready == "prepared" else "",
            "legacy": side("/legacy", ready=ready),
            "new": side("/new", ready=ready),
            "patience": "5m",
            **changes,
        }
        yield Twins(SESSION, strict, time, section)


def at_one(both: Twins, version: str) -> bool:
    """Whether both platforms run a version and nothing else."""
    return both.run == ({version}, {version})
