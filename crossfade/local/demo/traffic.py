"""A simulator of traffic in virtual time: what weights in DNS do to two load balancers.

Resolvers of uneven size keep an answer for its TTL; clients ask their resolver when they open a
connection, and stay on it. So the traffic follows the weights late and with the noise that real
DNS has, and each platform answers with the errors and latency that it was told to have.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from math import log, sqrt
from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

Weights = tuple[int, int]
"""The weights of legacy and new, as they stand in DNS."""

NAMESPACE = "AWS/ApplicationELB"
LATENCIES = 60
"""Response times that are drawn for each minute; each stands for its part of the requests."""

_MINUTE = timedelta(minutes=1)
_SURE_NORMAL = 50.0
_UNEVEN_LIFE = (0.5, 1.5)


@dataclass
class PlatformModel:
    """How one platform answers; change it while the simulation runs.

    Attributes:
        error_rate: Part of the requests that it answers with 5xx, 0 to 1.
        latency: Median response time, in seconds.
        spread: How uneven the response times are: sigma of their logarithm.
    """

    error_rate: float = 0.0
    latency: float = 0.05
    spread: float = 0.4


@dataclass(frozen=True, slots=True)
class Minute:
    """What one load balancer saw in one minute.

    Attributes:
        at: The minute's beginning.
        platform: Whose load balancer.
        requests: Requests that it answered.
        errors: Those that it answered with 5xx.
        latencies: Response times in seconds, each with the number of requests it stands for.
    """

    at: datetime
    platform: Platform
    requests: int
    errors: int
    latencies: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class World:
    """The population, and how DNS and connections carry it.

    Attributes:
        resolvers: How many; their sizes follow Zipf's law.
        clients: How many; each belongs to one resolver and sends equally much.
        requests: Requests per second of all clients together.
        ttl: Seconds that a resolver keeps an answer.
        connection: Seconds that a client stays on one connection, on average.
        propagation: Seconds until new weights are answered.
        step: Seconds of virtual time between two readings of the weights.
    """

    resolvers: int = 1000
    clients: int = 2000
    requests: float = 100.0
    ttl: float = 60.0
    connection: float = 10.0
    propagation: float = 0.0
    step: float = 5.0


@dataclass
class Simulator:
    """The running simulation.

    Attributes:
        weights: Reads the weights that stand in DNS now; called once each step.
        start: The virtual instant that it begins at; a whole minute.
        seed: The same seed and the same weights give the same traffic.
        world: The population.
        legacy: How legacy answers.
        new: How the new platform answers.
    """

    weights: Callable[[], Weights]
    start: datetime
    seed: int = 1
    world: World = field(default_factory=World)
    legacy: PlatformModel = field(default_factory=PlatformModel)
    new: PlatformModel = field(default_factory=PlatformModel)
    _elapsed: float = 0.0
    _published: int = 0
    _chance: random.Random = field(init=False)
    _resolver_of: list[int] = field(init=False)
    _answers: dict[int, tuple[float, Platform]] = field(default_factory=dict)
    _opening: list[tuple[float, int]] = field(init=False)
    _sent: dict[tuple[int, Platform], float] = field(default_factory=lambda: defaultdict(float))
    _history: list[tuple[float, Weights]] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world
        self._chance = random.Random(self.seed)  # noqa: S311  a simulation, no secret
        sizes = list(accumulate(1 / rank for rank in range(1, world.resolvers + 1)))
        ranks = range(world.resolvers)
        self._resolver_of = self._chance.choices(ranks, cum_weights=sizes, k=world.clients)
        self._opening = [
            (self._chance.uniform(0, world.connection), client) for client in range(world.clients)
        ]
        heapq.heapify(self._opening)

    @property
    def now(self) -> datetime:
        """The present virtual instant."""
        return self.start + timedelta(seconds=self._elapsed)

    @property
    def concentration(self) -> float:
        """H: the sum of the squared parts of the traffic that each resolver stands for."""
        sizes: dict[int, int] = defaultdict(int)
        for resolver in self._resolver_of:
            sizes[resolver] += 1
        return sum((size / self.world.clients) ** 2 for size in sizes.values())

    def run(self, duration: timedelta) -> tuple[Minute, ...]:
        """Let virtual time pass; return the minutes that ended, with requests only.

        Like a load balancer, a platform without requests has no minute.
        """
        until = self._elapsed + duration.total_seconds()
        ended: list[Minute] = []
        while self._elapsed < until:
            self._history.append((self._elapsed, self.weights()))
            self._step(min(self._elapsed + self.world.step, until))
            ended.extend(self._ended_minutes())
        return tuple(ended)

    def _step(self, end: float) -> None:
        weights = self._answered_weights()
        while self._opening[0][0] < end:
            at, client = heapq.heappop(self._opening)
            platform = self._resolve(self._resolver_of[client], at, weights)
            lasts = max(self.world.connection * self._chance.uniform(*_UNEVEN_LIFE), 0.1)
            self._send(platform, at, at + lasts)
            heapq.heappush(self._opening, (at + lasts, client))
        self._elapsed = end

    def _answered_weights(self) -> Weights:
        """The newest weights that have reached Route 53's servers."""
        reached = self._elapsed - self.world.propagation
        arrived = [weights for at, weights in self._history if at <= reached]
        answered = arrived[-1] if arrived else self._history[0][1]
        self._history = [one for one in self._history if one[0] > reached - self.world.step]
        return answered

    def _resolve(self, resolver: int, at: float, weights: Weights) -> Platform:
        known = self._answers.get(resolver)
        if known is not None and at < known[0]:
            return known[1]
        # all zeros are an even split
        drawn = weights if any(weights) else (1, 1)
        platform = self._chance.choices((Platform.LEGACY, Platform.NEW), drawn)[0]
        # a first answer is older than the simulation: resolvers are not in step with each other
        lasts = self.world.ttl * (1.0 if known is not None else self._chance.random())
        self._answers[resolver] = (at + lasts, platform)
        return platform

    def _send(self, platform: Platform, start: float, end: float) -> None:
        rate = self.world.requests / self.world.clients
        while start < end:
            minute = int(start // 60)
            upto = min(end, (minute + 1) * 60.0)
            self._sent[(minute, platform)] += rate * (upto - start)
            start = upto

    def _ended_minutes(self) -> Iterable[Minute]:
        while (self._published + 1) * 60 <= self._elapsed:
            for platform in Platform:
                sent = self._sent.pop((self._published, platform), 0.0)
                requests = int(sent + self._chance.random())
                if requests:
                    yield self._answered(platform, requests)
            self._published += 1

    def _answered(self, platform: Platform, requests: int) -> Minute:
        model = self.legacy if platform is Platform.LEGACY else self.new
        drawn = min(LATENCIES, requests)
        each = requests / drawn
        return Minute(
            at=self.start + self._published * _MINUTE,
            platform=platform,
            requests=requests,
            errors=self._errors(requests, model.error_rate),
            latencies=tuple(
                (self._chance.lognormvariate(log(model.latency), model.spread), each)
                for _ in range(drawn)
            ),
        )

    def _errors(self, requests: int, rate: float) -> int:
        variance = requests * rate * (1 - rate)
        if variance < _SURE_NORMAL:
            return sum(self._chance.random() < rate for _ in range(requests))
        drawn = round(self._chance.gauss(requests * rate, sqrt(variance)))
        return max(0, min(requests, drawn))


def publish(
    client: CloudWatchClient,
    minutes: Iterable[Minute],
    load_balancers: Mapping[Platform, str],
) -> None:
    """Put minutes into the embedded stack's CloudWatch as load balancers do.

    A count of 5xx is there only where it is not zero. The real CloudWatch takes metrics of `AWS/`
    from AWS alone.
    """
    for minute in minutes:
        entries: list[MetricDatumTypeDef] = [
            _count("RequestCount", minute.requests),
            {
                "MetricName": "TargetResponseTime",
                "Values": [value for value, _ in minute.latencies],
                "Counts": [count for _, count in minute.latencies],
                "Unit": "Seconds",
            },
        ]
        if minute.errors:
            entries.append(_count("HTTPCode_Target_5XX_Count", minute.errors))
        balancer: DimensionTypeDef = {
            "Name": "LoadBalancer",
            "Value": load_balancers[minute.platform],
        }
        for entry in entries:
            entry["Timestamp"] = minute.at
            entry["Dimensions"] = [balancer]
        client.put_metric_data(Namespace=NAMESPACE, MetricData=entries)


def _count(metric: str, number: int) -> MetricDatumTypeDef:
    return {"MetricName": metric, "Value": float(number), "Unit": "Count"}
