"""The world as a procedure sees it: settings, clients, clock and who is asking.

Everything that a procedure touches is handed to it here, so that tests can hand in other things.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from crossfade.adapters.aws.fence import fence_client
from crossfade.adapters.aws.journal import Journal
from crossfade.adapters.aws.s3 import Bucket
from crossfade.adapters.aws.s3_clock import S3Clock
from crossfade.adapters.aws.session import new_client, session
from crossfade.adapters.cron.lines import batch_api, connect, kube_api
from crossfade.adapters.http.probe import probe
from crossfade.adapters.http.web import ask
from crossfade.adapters.tandem.lines import observer_of, target_of
from crossfade.plan.journal.operation import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client

    from crossfade.adapters.tandem.port import Lines, Observer, Target
    from crossfade.cronrun.lock.connection import Connection
    from crossfade.plan.gates.samples import ProbeSample
    from crossfade.settings import Settings
    from crossfade.settings.tandems import TandemSide

CONNECTIONS = 32
"""Requests under way at once. boto3 costs about 1.2 ms of processor time for each, so more gain
nothing at 30 ms of latency."""


class Reporter(Protocol):
    """Tells a person how a procedure goes."""

    def say(self, text: str) -> None:
        """Say one line."""

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Begin a step of `total` units; call what is returned with the units just done."""


class Quiet:
    """A reporter that says nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def begin(self, title: str, total: int) -> Callable[[int], None]:
        """Count nothing."""
        del title, total
        return lambda _: None


@dataclass
class RequestTally:
    """Requests sent to AWS, by operation name."""

    requests: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, event_name: str, **_: object) -> None:
        """Count one request; a handler of botocore's event `before-send.SERVICE.OPERATION`."""
        name = event_name.rsplit(".", 1)[-1]
        with self._lock:
            self.requests[name] = self.requests.get(name, 0) + 1

    @property
    def total(self) -> int:
        """All requests so far, retries included."""
        return sum(self.requests.values())


def boottime() -> float:
    """Return seconds that go on while the machine is suspended, where the system counts them.

    Linux stops CLOCK_MONOTONIC in a suspend and goes on with CLOCK_BOOTTIME; on macOS the monotonic
    clock stops, so that there a lease is only as good as its look at the head.
    """
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class World:
    """What a procedure works with.

    Attributes:
        settings: The settings.
        actor: Who or what is asking.
        aws: The AWS session.
        report: Where progress is told.
        monotonic: Seconds that only go forward, also while the machine is suspended.
        sleep: Waits some seconds.
        host_clock: The host's time, used until S3 has told its own.
        chance: Gives a few random characters; for names and tokens.
        connections: Requests under way at once.
        tally: Counts the requests.
        probe: Asks a platform for a host name; see `crossfade.adapters.http.probe`.
        batch_api: Gives the API of CronJobs in the cluster of a kubeconfig's context.
        connect: Gives a line to the memcached at an address.
        kube_api: Gives the client of the cluster of a kubeconfig's context.
        ask: Gets an address; see `crossfade.adapters.http.web`.
        target_of: Gives what tells a platform of a tandem; see `crossfade.adapters.tandem.lines`.
        observer_of: Gives what sees such a platform.
    """

    settings: Settings
    actor: Actor
    aws: boto3.Session = field(default_factory=session)
    report: Reporter = field(default_factory=Quiet)
    monotonic: Callable[[], float] = boottime
    sleep: Callable[[float], None] = time.sleep
    host_clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    chance: Callable[[], str] = field(default=lambda: secrets.token_hex(3))
    connections: int = CONNECTIONS
    tally: RequestTally = field(default_factory=RequestTally)
    probe: Callable[..., ProbeSample] = probe
    batch_api: Callable[[str], Any] = batch_api
    connect: Callable[[str], Connection] = connect
    kube_api: Callable[[str], Any] = kube_api
    ask: Callable[[str], bytes] = ask
    target_of: Callable[[Lines, TandemSide], Target] = target_of
    observer_of: Callable[[Lines, TandemSide], Observer] = observer_of

    @cached_property
    def clock(self) -> S3Clock:
        """S3's clock."""
        return S3Clock(self.monotonic, self.host_clock)

    @cached_property
    def s3(self) -> S3Client:
        """The S3 client."""
        client: S3Client = self._client("s3")
        fence_client(client)
        return client

    @cached_property
    def cloudfront(self) -> CloudFrontClient:
        """The CloudFront client."""
        client: CloudFrontClient = self._client("cloudfront")
        return client

    @cached_property
    def route53(self) -> Route53Client:
        """The Route 53 client."""
        client: Route53Client = self._client("route53")
        return client

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """The CloudWatch client."""
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @cached_property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """The client of application and network load balancers."""
        client: ElasticLoadBalancingv2Client = self._client("elbv2")
        return client

    @cached_property
    def ssm(self) -> Any:  # noqa: ANN401  boto3's own types are in no extra of ours
        """The client of Systems Manager."""
        return self._client("ssm")

    @cached_property
    def autoscaling(self) -> Any:  # noqa: ANN401  as above
        """The client of Auto Scaling."""
        return self._client("autoscaling")

    @cached_property
    def ec2(self) -> Any:  # noqa: ANN401  as above
        """The client of EC2."""
        return self._client("ec2")

    def _client(self, service: Any) -> Any:  # noqa: ANN401  boto3 types each service apart
        client = new_client(self.aws, service, connections=self.connections)
        client.meta.events.register("before-send", self.tally.count)
        return client

    def bucket(self, name: str) -> Bucket:
        """Return a bucket by name."""
        return Bucket(self.s3, name, self.clock)

    @cached_property
    def journal(self) -> Journal:
        """The journal."""
        state = self.settings.state
        return Journal(self.bucket(state.bucket), state.prefix)

    @cached_property
    def releases(self) -> Bucket:
        """The bucket of the releases."""
        return self.bucket(self.settings.releases_place().bucket)


def site_subject(environment: str, component: str) -> str:
    """Name a site in the journal."""
    return f"sites/{environment}/{component}"


def releases_subject(component: str) -> str:
    """Name a component's releases in the journal: what a purge changes."""
    return f"releases/{component}"


def migration_subject(name: str) -> str:
    """Name a migration in the journal."""
    return f"migrations/{name}"


def cron_subject(job: str) -> str:
    """Name a cron job in the journal."""
    return f"crons/{job}"


def tandem_subject(name: str) -> str:
    """Name a tandem in the journal."""
    return f"tandems/{name}"


def inbox_subject(name: str) -> str:
    """Name what was reported and asked of a tandem: it is written also while a release is open."""
    return f"tandems/{name}/inbox"


def person() -> Actor:
    """Return the person at the terminal, or what CROSSFADE_ACTOR says it is."""
    try:
        who = os.environ.get("CROSSFADE_ACTOR") or f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # no name for this user id, as in a container
        who = f"uid {os.getuid()}@{socket.gethostname()}"
    return Actor(who)
