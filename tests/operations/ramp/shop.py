"""A shop that moves from its legacy load balancer to a new one: its zone, its metrics, its people.

Time is virtual: it passes when somebody sleeps or `passes` is called, and S3, Route 53 and the
metrics all go by it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from crossfade.adapters.aws.route53 import apply_change, read_records
from crossfade.adapters.aws.route53_form import to_aws
from crossfade.local.demo.traffic import Minute, publish
from crossfade.local.strict.strict import make_strict
from crossfade.operations.base.world import World
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.read import read_ramp
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import at_vector, pairs_of
from crossfade.plan.dns.records import carrying_traffic
from crossfade.plan.dns.traffic import platform_of
from crossfade.plan.gates.samples import ProbeSample
from crossfade.plan.journal.operation import Actor
from crossfade.settings import Settings
from tests.operations.sites.test_crash import SESSION
from tests.plan.shop import NOON, alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.ramp.look import Advanced
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.ramp.progress import Progress

STATE = "acme-state"
SUBJECT = "migrations/shop"
ALARM = "pager"

STAGES: tuple[dict[str, Any], ...] = (
    {"name": "canary", "share": 10, "bake": "5m", "gates": ["errors"]},
    {"name": "half", "share": 50, "bake": "5m", "gates": ["errors"]},
    {"name": "all", "share": 100},
)


@dataclass
class Time:
    """Virtual time: it passes when somebody sleeps."""

    now: datetime = NOON

    def epoch(self) -> float:
        """Return the seconds since 1970."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Shop:
    """The shop's account, and people who do things in it."""

    aws: boto3.Session
    strict: Strict
    time: Time = field(default_factory=Time)
    changes: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    new_answers: int = 200
    per_minute: int = 6000
    zone: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def founded(self, *records: RecordSet) -> Shop:
        """Make the state bucket and a zone with some records; a simple alias if none is given."""
        s3 = self.aws.client("s3")
        s3.create_bucket(
            Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        zone = self.aws.client("route53").create_hosted_zone(
            Name="acme.example.", CallerReference="shop"
        )
        self.zone = zone["HostedZone"]["Id"].removeprefix("/hostedzone/")
        self.batch(*(("CREATE", record) for record in records or (alias(),)))
        return self

    def migration(self) -> dict[str, Any]:
        """Return the migration's section."""
        return {
            "zone": self.zone,
            "records": ["shop.acme.example"],
            "legacy": {"target": "legacy-lb.example", "load_balancer": "app/legacy/1"},
            "new": {"target": "k8s-lb.example", "load_balancer": "app/k8s/1"},
            "stages": list(STAGES),
            "keep_alive": "60s",
            **self.changes,
        }

    def settings(self) -> Settings:
        """Return the configuration."""
        migration = self.migration()
        stop = migration.pop("stop_migrations", "")
        return Settings(
            state={"bucket": STATE},
            releases={"bucket": STATE},
            migrations={"shop": migration},
            stop_migrations=stop,
            **self.more,
        )

    @property
    def traffic(self) -> Traffic:
        """Return its records and both targets."""
        return self.settings().migration("shop").traffic()

    def say(self, text: str) -> None:
        """Listen to a procedure."""
        self.said.append(text)

    def begin(self, title: str, total: int) -> Any:
        """Listen to a step."""
        del title, total
        return lambda _: None

    def probe(self, host: str, target: str, **_: Any) -> ProbeSample:
        """Answer a probe; the new platform as it was told."""
        status = self.new_answers if target == "k8s-lb.example" else 200
        return ProbeSample(host, target, status, 0.05)

    def world(self, **changes: Any) -> World:
        """Return a fresh worker's world."""
        given: dict[str, Any] = {
            "aws": self.aws,
            "report": self,
            "connections": 1,
            "sleep": self.time.sleep,
            "monotonic": self.time.epoch,
            "host_clock": lambda: self.time.now,
            "probe": self.probe,
            **changes,
        }
        return World(self.settings(), given.pop("actor", Actor("ann@desk")), **given)

    def advance(self, **changes: Any) -> Advanced:
        """A schedule takes one decision."""
        world = changes.pop("world", None) or self.world()
        return advance(world, "shop", **changes)

    def reaches(self, stage: str) -> Shop:
        """Advance until a stage has begun, everything being well."""
        for _ in range(40):
            if self.progress().stage == stage:
                return self
            self.passes(5, errors=0)
            self.advance()
        raise AssertionError(f"{stage} was not reached: {self.said[-3:]}")

    def hurries(self) -> Shop:
        """Bring all traffic to new at once, through stages that ask for nothing."""
        stages = [{"name": stage["name"], "share": stage["share"]} for stage in STAGES]
        self.changes |= {"stages": stages, "accept": ["keep-alive"]}
        for _ in range(len(STAGES) + 1):
            self.advance()
        return self

    def alarmed(self, state: Any) -> None:
        """Set the state of an alarm that a gate can ask."""
        client = self.aws.client("cloudwatch")
        client.put_metric_alarm(
            AlarmName=ALARM,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Namespace="shop",
            MetricName="orders",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
        client.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="so it is")

    def passes(self, minutes: int, *, errors: float = 0) -> None:
        """Let minutes pass, served as the weights say.

        Args:
            minutes: How many.
            errors: Part of the new platform's requests that fail, 0 to 1.
        """
        begun = self.time.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        served = []
        vector = self.weights()
        part = float(vector.share / 100) if vector else float(self.ended())
        for minute in range(minutes + 2):
            at = begun + timedelta(minutes=minute - 2)
            for platform, share in ((Platform.LEGACY, 1 - part), (Platform.NEW, part)):
                requests = round(self.per_minute * share)
                bad = round(requests * errors) if platform is Platform.NEW else 0
                if requests:
                    served.append(Minute(at, platform, requests, bad, ((0.05, requests),)))
        publish(
            self.aws.client("cloudwatch"),
            served,
            {one: self.migration()[one.value]["load_balancer"] for one in Platform},
        )
        self.time.sleep(60.0 * minutes)

    def progress(self) -> Progress:
        """Return where the journal says that the migration stands."""
        return read_ramp(self.world(), "shop").progress

    def records(self) -> tuple[RecordSet, ...]:
        """Return what stands in DNS."""
        return carrying_traffic(
            read_records(self.aws.client("route53"), self.zone, ("shop.acme.example",))
        )

    def weights(self) -> Vector | None:
        """Return the weights in DNS, or None where the record is simple."""
        records = self.records()
        if all(record.weight is None for record in records):
            return None
        (vector,) = {pair.vector for pair in pairs_of(records, self.traffic)}
        return vector

    def ended(self) -> bool:
        """Whether the records are simple ones of new."""
        return all(platform_of(record, self.traffic) is Platform.NEW for record in self.records())

    def somebody_sets(self, vector: Vector) -> None:
        """Somebody else changes the weights by hand."""
        target = at_vector(pairs_of(self.records(), self.traffic), vector)
        change = plan_change(self.records(), target, reason="by hand")
        apply_change(self.aws.client("route53"), self.zone, change, sleep=self.time.sleep)

    def batch(self, *changes: tuple[str, RecordSet]) -> None:
        """Somebody sends one batch."""
        self.aws.client("route53").change_resource_record_sets(
            HostedZoneId=self.zone,
            ChangeBatch={
                "Changes": [
                    {"Action": action, "ResourceRecordSet": to_aws(record)}
                    for action, record in changes
                ]
            },
        )


@contextmanager
def shop(*records: RecordSet, in_sync_seconds: float = 20) -> Iterator[Shop]:
    """Open the shop in an account of its own, on virtual time."""
    time = Time()
    with mock_aws(), make_strict(in_sync_seconds=in_sync_seconds, clock=time.epoch) as strict:
        yield Shop(SESSION, strict, time).founded(*records)
