"""A hosted zone in the strict Route 53, spoken of as a story."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.server import ThreadedMotoServer

from crossfade.adapters.aws.route53 import Applied, apply_change, read_records
from crossfade.adapters.aws.route53_form import to_aws
from crossfade.local.strict.strict_route53 import strict_route53
from crossfade.plan.dns.change import RecordsChange, plan_change
from tests.plan.shop import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crossfade.local.strict.route53_state import Rate, StrictRoute53
    from crossfade.plan.dns.records import RecordSet

ZONE_NAME = "acme.example."


@dataclass
class Clock:
    """Virtual seconds: sleeping lets them pass."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Return the present second."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Dns:
    """A zone, a client that counts its calls, and the switches of the service behind it."""

    client: Any
    zone: str
    strict: StrictRoute53
    clock: Clock
    calls: list[str] = field(default_factory=list)

    def has(self, *records: RecordSet) -> None:
        """Somebody creates records."""
        self.write("CREATE", *records)

    def loses(self, *records: RecordSet) -> None:
        """Somebody deletes records."""
        self.write("DELETE", *records)

    def changes(self, before: Iterable[RecordSet], after: Iterable[RecordSet]) -> None:
        """Somebody else replaces records."""
        self.batch(
            *(("DELETE", record) for record in before), *(("CREATE", record) for record in after)
        )

    def write(self, action: str, *records: RecordSet) -> None:
        """Send one batch of one action."""
        self.batch(*((action, record) for record in records))

    def batch(self, *changes: tuple[str, RecordSet]) -> str:
        """Send one batch; return the change's id."""
        wanted = [
            {"Action": action, "ResourceRecordSet": to_aws(record)} for action, record in changes
        ]
        answer = self.client.change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": wanted}
        )
        return str(answer["ChangeInfo"]["Id"])

    def shows(self, *names: str) -> tuple[RecordSet, ...]:
        """Return what stands under the shop's name, or under others."""
        return read_records(self.client, self.zone, names or (NAME,))

    def apply(
        self, before: Iterable[RecordSet], after: Iterable[RecordSet], *, why: str = "go"
    ) -> Applied:
        """Make a change the way crossfade does."""
        return self.do(plan_change(before, after, reason=why))

    def do(self, change: RecordsChange) -> Applied:
        """Make a planned change."""
        return apply_change(self.client, self.zone, change, sleep=self.clock.sleep)

    def counted(self, act: Callable[[], object]) -> list[str]:
        """Do something; return the calls that it made."""
        before = len(self.calls)
        act()
        return self.calls[before:]


@contextmanager
def dns_in_process(*, rate: Rate | None = None, attempts: int = 1) -> Iterator[Dns]:
    """A zone in moto's decorator, on virtual time."""
    clock = Clock()
    with mock_aws(), strict_route53(rate=rate, clock=clock) as strict:
        yield _founded(_client(None, attempts), strict, clock)


@contextmanager
def dns_on_server(*, rate: Rate | None = None, attempts: int = 1) -> Iterator[Dns]:
    """A zone in moto's server, on virtual time."""
    clock = Clock()
    with strict_route53(rate=rate, clock=clock) as strict:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield _founded(_client(f"http://{host}:{port}", attempts), strict, clock)
        finally:
            server.stop()


def _client(endpoint: str | None, attempts: int) -> Any:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=2,
        read_timeout=5,
    )
    return session().client("route53", endpoint_url=endpoint, config=config)


@cache
def session() -> boto3.Session:
    """One session for all zones: it is slow to make and holds nothing of a test."""
    return boto3.Session("test", "test", region_name="us-east-1")


def _founded(client: Any, strict: StrictRoute53, clock: Clock) -> Dns:
    zone = client.create_hosted_zone(Name=ZONE_NAME, CallerReference=str(id(strict)))
    dns = Dns(client, zone["HostedZone"]["Id"].removeprefix("/hostedzone/"), strict, clock)
    client.meta.events.register(
        "before-call.route-53", lambda model, **_: dns.calls.append(model.name)
    )
    return dns
