"""The demo of migrations: one service reaches its new platform, another is taken back on its own.

Everything is real but the world: the procedures, the journal, the rules of Route 53. Resolvers,
clients and load balancers are simulated in virtual time, so that hours take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from crossfade.local.demo.traffic import Minute, PlatformModel, Simulator, publish
from crossfade.local.demo.traffic import World as Population
from crossfade.local.strict.strict import make_strict
from crossfade.operations.base.world import World
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.ask_gates import foretell
from crossfade.operations.ramp.read import read_live, read_ramp, vector_in
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.vector import BASELINE
from crossfade.plan.journal.operation import Actor
from crossfade.plan.ramp import decide as deciding
from crossfade.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.ramp.look import Advanced

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BUCKET = "acme-state"
REGION = "us-east-1"
TICK = timedelta(minutes=1)
FAILING_AT, FAILING_RATE = timedelta(minutes=8), 0.25
"""How long after its first stage began the second service's new platform fails, and how badly."""

LONGEST = timedelta(hours=3)
STAGES: tuple[dict[str, Any], ...] = (
    {"name": "tenth", "share": 10, "bake": "12m", "gates": ["errors", "measured-share"]},
    {"name": "half", "share": 50, "bake": "12m", "gates": ["errors", "measured-share"]},
    {"name": "all", "share": 100, "bake": "5m", "gates": ["errors"]},
)


@dataclass(frozen=True, slots=True)
class Ramped:
    """What became of one service.

    Attributes:
        name: The service.
        ended: The last decision in words.
        minutes: Virtual minutes that the ramp took.
        decisions: How often the schedule asked.
        requests: Requests of both platforms together.
        bad: Requests that the new platform answered badly; from the first bad minute on where it
            began to fail.
        worst_case: Seconds to come back that the plan had stated for the stage that failed; 0
            where nothing failed.
        restored: Seconds from the beginning of the first bad minute until the weights were back in
            sync everywhere; 0 where nothing failed.
        quiet: Seconds until the end of the last minute in which anybody met the new platform.
        timeline: Each change of weights with its time.
    """

    name: str
    ended: str
    minutes: int
    decisions: int
    requests: int
    bad: int
    worst_case: float
    restored: float
    quiet: float
    timeline: tuple[str, ...]


@dataclass
class _Stage:
    """Virtual time, and the traffic that lives in it."""

    say: Callable[[str], None]
    aws: boto3.Session
    now: datetime = START
    simulator: Simulator | None = None
    balancers: dict[Platform, str] = field(default_factory=dict)
    served: list[Minute] = field(default_factory=list)
    weights: tuple[int, int] = (BASELINE.legacy, BASELINE.new)
    read: Callable[[], tuple[int, int]] = field(default=lambda: (BASELINE.legacy, BASELINE.new))

    def epoch(self) -> float:
        """Return the seconds since 1970."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass: clients ask, load balancers publish."""
        self.weights = self.read()
        if self.simulator is not None:
            minutes = self.simulator.run(timedelta(seconds=seconds))
            publish(self.aws.client("cloudwatch"), minutes, self.balancers)
            self.served.extend(minutes)
        self.now += timedelta(seconds=seconds)

    def world(self, settings: Settings) -> World:
        """Return the world of one scheduled run."""
        return World(
            settings,
            Actor("the schedule", trigger="schedule"),
            aws=self.aws,
            monotonic=self.epoch,
            sleep=self.sleep,
            host_clock=lambda: self.now,
        )


def tell_ramps(
    say: Callable[[str], None], *, ended: Callable[[World, str], None] = lambda *_: None
) -> tuple[Ramped, ...]:
    """Ramp one service to the end, and one whose new platform begins to fail at 10 percent.

    Args:
        say: Told what happens, line by line.
        ended: Told each service whose ramp has ended, while its world is still there to be read.
    """
    session = boto3.Session("local", "local", region_name=REGION)
    stage = _Stage(say, session)
    with mock_aws(), make_strict(in_sync_seconds=25, clock=stage.epoch):
        session.client("s3").create_bucket(Bucket=BUCKET)
        zone = session.client("route53").create_hosted_zone(
            Name="acme.example.", CallerReference="demo"
        )["HostedZone"]["Id"]
        names = ("shop", "cart")
        for name in names:
            _legacy_alone(session, zone, name)
        settings = _settings(zone.removeprefix("/hostedzone/"), names)
        ramped = []
        for name in names:
            ramped.append(_ramp(stage, settings, name, fails=name == "cart"))
            ended(stage.world(settings), name)
        return tuple(ramped)


def _ramp(stage: _Stage, settings: Settings, name: str, *, fails: bool) -> Ramped:
    """Let a schedule ask every minute until the ramp is complete or was taken back."""
    begun = stage.now
    _enter(stage, settings, name)
    worst = {one.name: one.back.total for one in foretell(stage.world(settings), name)}
    failing: datetime | None = None
    told: Advanced | None = None
    decisions = 0
    timeline: list[str] = []
    while stage.now < begun + LONGEST:
        if fails and failing is None and _long_enough(stage, settings, name):
            failing = _break_new(stage, name)
        told = advance(stage.world(settings), name)
        decisions += 1
        if not (isinstance(told.decision, deciding.Hold) and told.decision.waiting):
            stage.say(f"{_at(stage)} {told.line()}")
        if not isinstance(told.decision, deciding.Hold):
            timeline.append(f"{_at(stage)} {told.progress.vector or 'as it was found'}")
        if told.done or isinstance(told.decision, deciding.Back):
            break
        stage.sleep(TICK.total_seconds())
    restored = stage.now
    stage.sleep(10 * TICK.total_seconds())
    assert told is not None  # noqa: S101  the loop runs at least once
    return _figures(
        stage,
        name,
        told,
        begun=begun,
        failing=failing,
        restored=restored,
        decisions=decisions,
        timeline=timeline,
        worst=worst,
    )


def _long_enough(stage: _Stage, settings: Settings, name: str) -> bool:
    """Whether the first stage has stood for so long that its new platform may begin to fail."""
    progress = read_ramp(stage.world(settings), name).progress
    since = progress.since if progress.stage else None
    return since is not None and stage.now >= since + FAILING_AT


def _break_new(stage: _Stage, name: str) -> datetime:
    """Let the new platform fail from now on."""
    if stage.simulator is not None:
        stage.simulator.new.error_rate = FAILING_RATE
    stage.say(f"{_at(stage)} {name}: the new platform begins to fail {FAILING_RATE:.0%}")
    return stage.now


def _figures(
    stage: _Stage,
    name: str,
    told: Advanced,
    *,
    begun: datetime,
    failing: datetime | None,
    restored: datetime,
    decisions: int,
    timeline: list[str],
    worst: dict[str, timedelta],
) -> Ramped:
    new = [minute for minute in stage.served if minute.platform is Platform.NEW]
    bad = [minute for minute in new if failing and minute.at + TICK > failing]
    first = min((max(minute.at, failing) for minute in bad), default=None) if failing else None
    last = max((minute.at + TICK for minute in new), default=restored)
    return Ramped(
        name=name,
        ended=told.line(),
        minutes=round((restored - begun) / TICK),
        decisions=decisions,
        requests=sum(minute.requests for minute in stage.served),
        bad=sum(minute.errors for minute in (bad if failing else new)),
        worst_case=worst[STAGES[0]["name"]].total_seconds() if first else 0.0,
        restored=(restored - first).total_seconds() if first else 0.0,
        quiet=(last - first).total_seconds() if first else 0.0,
        timeline=tuple(timeline),
    )


def _enter(stage: _Stage, settings: Settings, name: str) -> None:
    """Bring the clients of a service on, for half an hour before anything is changed."""
    ramp = read_ramp(stage.world(settings), name)

    def weights() -> tuple[int, int]:
        vector = vector_in(read_live(ramp).records, ramp.traffic) or BASELINE
        return vector.legacy, vector.new

    stage.read, stage.served = weights, []
    stage.balancers = {one: ramp.traffic.side(one).load_balancer for one in Platform}
    stage.simulator = Simulator(
        weights=lambda: stage.weights,
        start=stage.now,
        world=Population(clients=1000, requests=60.0, propagation=20.0, connection=20.0),
        legacy=PlatformModel(error_rate=0.0005),
        new=PlatformModel(error_rate=0.0005),
    )
    stage.sleep(timedelta(minutes=30).total_seconds())


def _legacy_alone(session: boto3.Session, zone: str, name: str) -> None:
    """Create a service's record as it is before any migration."""
    record = {
        "Name": f"{name}.acme.example.",
        "Type": "A",
        "AliasTarget": {
            "HostedZoneId": "ZLB",
            "DNSName": f"legacy-{name}.example.",
            "EvaluateTargetHealth": False,
        },
    }
    batch: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    session.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def _settings(zone: str, names: tuple[str, ...]) -> Settings:
    values: dict[str, Any] = {
        "state": {"bucket": BUCKET},
        "releases": {"bucket": BUCKET},
        "migrations": {
            name: {
                "zone": zone,
                "records": [f"{name}.acme.example"],
                "legacy": {
                    "target": f"legacy-{name}.example",
                    "load_balancer": f"app/legacy-{name}/1",
                },
                "new": {"target": f"k8s-{name}.example", "load_balancer": f"app/k8s-{name}/1"},
                "stages": list(STAGES),
                "keep_alive": "60s",
                "probe": {"scheme": "none"},
            }
            for name in names
        },
    }
    return Settings(**values)


def _at(stage: _Stage) -> str:
    return f"{stage.now:%H:%M:%S}"
