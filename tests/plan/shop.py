"""The story of the traffic tests: a shop that moves from its legacy load balancer to a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crossfade.plan.dns.records import Alias, RecordSet, in_order
from crossfade.plan.dns.traffic import Target, Traffic
from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.gates.gate import Circumstances, GateResult, Outcome
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Point, Samples, Series
from crossfade.plan.ramp.progress import Checkpoint, Progress, entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""

NAME = "shop.acme.example."
ALIAS_ZONE = "ZLB"
SHOP = Traffic(
    zone="Z1",
    names=(NAME,),
    legacy=Target("legacy-lb.example", "app/legacy/1"),
    new=Target("k8s-lb.example", "app/k8s/1"),
)


def alias(
    target: str = "legacy-lb.example.",
    *,
    name: str = NAME,
    kind: str = "A",
    health: bool = False,
) -> RecordSet:
    """A simple alias record."""
    return RecordSet(name, kind, alias=Alias(ALIAS_ZONE, target, health))


def cname(target: str = "legacy-lb.example", *, name: str = NAME, ttl: int = 60) -> RecordSet:
    """A simple CNAME record."""
    return RecordSet(name, "CNAME", ttl=ttl, values=(target,))


def weighted(record: RecordSet, identifier: str, weight: int) -> RecordSet:
    """The same record, weighted."""
    return replace(record, identifier=identifier, weight=weight)


def pair(
    legacy: int, new: int, *, name: str = NAME, kind: str = "A", health: bool = False
) -> tuple[RecordSet, ...]:
    """A weighted pair of aliases."""
    return in_order(
        (
            weighted(alias(name=name, kind=kind, health=health), "legacy", legacy),
            weighted(alias("k8s-lb.example.", name=name, kind=kind, health=health), "new", new),
        )
    )


def minutes(values: Iterable[float], *, until: datetime = NOON) -> Series:
    """A series whose last minute ends at `until`."""
    known = list(values)
    begun = until - len(known) * MINUTE
    return tuple(Point(begun + at * MINUTE, value) for at, value in enumerate(known))


class Ranked(Mapping[float, Series]):
    """Percentile ranks of minutes in which all requests took equally long, for any limit."""

    def __init__(self, latency: Series) -> None:
        self.latency = latency

    def __getitem__(self, seconds: float) -> Series:
        return tuple(Point(at, 100.0 * (value > seconds)) for at, value in self.latency)

    def __iter__(self) -> Iterator[float]:
        return iter(())

    def __len__(self) -> int:
        return 0


def timed(requests: Iterable[float], seconds: Iterable[float]) -> PlatformSamples:
    """A platform whose minutes have these requests, all of one of them equally long."""
    latency = minutes(seconds)
    return PlatformSamples(minutes(requests), latency=latency, slow=Ranked(latency))


def served(
    requests: float, *, errors: float = 0, seconds: float = 0.05, over: int = 30
) -> PlatformSamples:
    """A platform that serves the same each minute; no errors means no 5xx series."""
    latency = minutes([seconds] * over) if requests else ()
    return PlatformSamples(
        requests=minutes([requests] * over) if requests else (),
        errors=minutes([errors] * over) if errors else (),
        latency=latency,
        slow=Ranked(latency),
    )


def measured(new: PlatformSamples, legacy: PlatformSamples) -> Samples:
    """What both platforms published."""
    return Samples(legacy=legacy, new=new)


def circumstances(
    new: int = 10,
    *,
    before: int = 0,
    since: timedelta = timedelta(hours=1),
    keep_alive: timedelta = timedelta(),
    concentration: float | None = None,
) -> Circumstances:
    """At noon, `since` after the weights became 100 - new / new."""
    return Circumstances(
        now=NOON,
        since=NOON - since,
        vector=Vector(100 - new, new),
        previous=Vector(100 - before, before),
        keep_alive=keep_alive,
        concentration=concentration,
        delay=timedelta(),
    )


def said(gate: str, outcome: Outcome, *, at: datetime = NOON, why: str = "because") -> GateResult:
    """A gate's word."""
    return GateResult(gate, outcome, why, at - 5 * MINUTE, at)


def standing(*stages: tuple[str, int], since: datetime = NOON - timedelta(hours=1)) -> Progress:
    """A migration that went through stages; the last one began at `since`."""
    progress = Progress(vector=BASELINE, records=pair(100, 0))
    for number, (stage, new) in enumerate(stages):
        before = progress.vector or BASELINE
        checkpoint = Checkpoint(
            f"op-{number}", progress.stage, before, "digest", since - timedelta(hours=9 - number)
        )
        progress = entered(
            progress,
            stage=stage,
            vector=Vector(100 - new, new),
            records=pair(100 - new, new),
            checkpoint=checkpoint,
            at=since,
        )
    return progress
