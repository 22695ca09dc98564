"""Reading a migration: its record, what stands in DNS, and what its gates say."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.cloudwatch import read_alarms, read_slow, read_traffic
from crossfade.adapters.aws.route53 import read_records
from crossfade.adapters.http.probe import HTTPS_PORT
from crossfade.errors import BadInput, CrossfadeError, Failed, Refused, Unavailable
from crossfade.operations.base.world import migration_subject
from crossfade.operations.tandem.parity import read_parity
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.change import approval_digest, plan_change
from crossfade.plan.dns.pair import at_vector, away_from_legacy, live_vector, pairs_of
from crossfade.plan.dns.records import (
    carrying_traffic,
    differences,
    differing_names,
    longest_ttl,
    names_of,
)
from crossfade.plan.dns.vector import BASELINE
from crossfade.plan.gates.gate import Circumstances
from crossfade.plan.gates.judge import judge_all, reading_period
from crossfade.plan.gates.kinds import AlarmGate, LatencyGate, ProbeGate
from crossfade.plan.gates.latency import slow_limits
from crossfade.plan.gates.measured_share import pooled
from crossfade.plan.gates.samples import PlatformSamples, Samples, Source
from crossfade.plan.ramp.decide import Evidence
from crossfade.plan.ramp.preflight_records import owner_names
from crossfade.plan.ramp.progress import Progress, began, steps
from crossfade.plan.ramp.stages import plan_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crossfade.operations.base.world import World
    from crossfade.plan.dns.records import RecordSet
    from crossfade.plan.dns.traffic import Traffic
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.gates.kinds import AnyGate
    from crossfade.plan.gates.samples import ParitySample, ProbeSample
    from crossfade.plan.journal.head import Head
    from crossfade.plan.ramp.stages import Plan
    from crossfade.settings.migrations import Migration

HTTP_PORT = 80


@dataclass(frozen=True)
class Ramp:
    """A migration as its configuration and its record say it.

    Attributes:
        world: The world.
        name: Its name.
        migration: Its configuration.
        plan: How its traffic moves.
        traffic: Its records and both targets.
        head: Its head.
        etag: The head's ETag, or "" where there is none.
    """

    world: World
    name: str
    migration: Migration
    plan: Plan
    traffic: Traffic
    head: Head[Progress]
    etag: str

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        return self.head.state

    @property
    def subject(self) -> str:
        """Its name in the journal."""
        return migration_subject(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that move together: those adopted, whatever the configuration names now."""
        begun = self.progress.vector is not None
        return names_of(self.progress.records) if begun else self.traffic.names


def read_ramp(world: World, name: str) -> Ramp:
    """Read a migration's record.

    Raises:
        BadInput: The configuration has no such migration.
    """
    migration = world.settings.migration(name)
    head, etag = world.journal.head(migration_subject(name), Progress)
    progress = head.state
    traffic = migration.traffic()
    if progress.vector is not None and progress.zone:
        traffic = replace(traffic, zone=progress.zone)  # the records are where they were adopted
    return Ramp(
        world=world,
        name=name,
        migration=migration,
        plan=migration.plan(),
        traffic=traffic,
        head=head,
        etag=etag,
    )


@dataclass(frozen=True, slots=True)
class LiveRecords:
    """What stands in DNS.

    Attributes:
        records: The record sets of the migration; where they could not be read, those that were
            recorded last: a change that expects them is refused if they are not what stands there.
        found: All that was read, other types and external-dns' marks included.
        unread: Why they could not be read, or "".
    """

    records: tuple[RecordSet, ...]
    found: tuple[RecordSet, ...] = ()
    unread: str = ""


def read_live(ramp: Ramp, *, marks: bool = False) -> LiveRecords:
    """Read what stands in DNS.

    Args:
        ramp: The migration.
        marks: Whether the names under which external-dns marks its own are read too.
    """
    names = ramp.names
    wanted = (*names, *owner_names(names)) if marks else names
    try:
        found = read_records(ramp.world.route53, ramp.traffic.zone, wanted)
    except (Unavailable, Failed) as error:
        return LiveRecords(ramp.progress.records, unread=str(error))
    moved = [record for record in found if record.name in names]
    return LiveRecords(carrying_traffic(moved), found)


def vector_in(records: Iterable[RecordSet], traffic: Traffic) -> Vector | None:
    """Return the weights that record sets show, or None where they are no pairs of one vector."""
    try:
        return live_vector(pairs_of(records, traffic))
    except (Refused, BadInput):
        return None


def gather(ramp: Ramp, live: LiveRecords) -> Evidence:
    """Read everything that one decision needs; what cannot be read is part of the evidence."""
    progress = ramp.progress
    begun = progress.vector is not None and not live.unread
    recorded = progress.records if begun else live.records
    return Evidence(
        results=ask_gates(ramp, live),
        difference=(
            *differences(recorded, live.records),
            *differing_names(ramp.names, ramp.traffic.names),
            *_differing_zone(ramp),
        ),
        live=None if live.unread else vector_in(live.records, ramp.traffic),
        away=None if live.unread else away_from_legacy(live.records, ramp.traffic),
        stopped=ramp.world.settings.stop_migrations,
        digest=next_digest(ramp, live),
    )


def _differing_zone(ramp: Ramp) -> tuple[str, ...]:
    """Tell whether the configuration names another zone than the one of the adopted records."""
    adopted, configured = ramp.traffic.zone, ramp.migration.zone
    if adopted == configured:
        return ()
    told = f"zone {configured}: the configuration names it, and the migration began in {adopted}"
    return (f"{told}: put it back, or abort and begin anew",)


def ask_gates(ramp: Ramp, live: LiveRecords) -> tuple[GateResult, ...]:
    """Ask the gates of the present stage."""
    stage = ramp.plan.stage(ramp.progress.stage)
    gates = ramp.plan.gates_of(stage) if stage else _before_the_first(ramp)
    at = circumstances(ramp, live)
    if not gates or at is None:
        return ()
    return judge_all(gates, read_samples(ramp, gates, *reading_period(gates, at), at=at), at)


def _before_the_first(ramp: Ramp) -> tuple[AnyGate, ...]:
    """Return what is asked before any traffic moves: whether both platforms run the same."""
    first = ramp.plan.stages[0]
    return tuple(gate for gate in ramp.plan.gates_of(first) if gate.source is Source.PARITY)


def circumstances(ramp: Ramp, live: LiveRecords) -> Circumstances | None:
    """Return what the gates need to know besides the samples; None before the first change."""
    progress = ramp.progress
    if progress.since is None or progress.vector is None:
        return None
    return Circumstances(
        now=ramp.world.clock.now(),
        since=progress.since,
        vector=progress.vector,
        previous=progress.previous or BASELINE,
        ttl=longest_ttl(live.records),
        keep_alive=ramp.plan.keep_alive,
        concentration=pooled(progress.concentration),
        delay=ramp.plan.metric_delay,
        began=began(progress),
        step=steps(progress),
    )


def next_digest(ramp: Ramp, live: LiveRecords) -> str:
    """Return the digest that an approval of the next stage is tied to; "" where there is none."""
    stage = ramp.plan.after(ramp.progress.stage)
    if stage is None or ramp.progress.vector is None:
        return ""
    try:
        pairs = pairs_of(live.records, ramp.traffic)
        change = plan_change(live.records, at_vector(pairs, stage.vector), reason=stage.name)
    except (Refused, BadInput):
        return ""
    return approval_digest(change, plan_digest(ramp.plan, after=ramp.progress.stage))


def read_samples(
    ramp: Ramp,
    gates: Sequence[AnyGate],
    start: datetime,
    end: datetime,
    *,
    at: Circumstances | None = None,
    only: Source | None = None,
) -> Samples:
    """Read what some gates ask about; a source that cannot be read is named with the reason.

    Args:
        ramp: The migration.
        gates: The gates.
        start: Beginning of the period.
        end: Its end, not included.
        at: The circumstances in which gates will be asked; None where none will be.
        only: The one source to read, or None for all that the gates need.
    """
    unread: dict[Source, str] = {}
    sources = {gate.source for gate in gates if only in (None, gate.source)}
    read: dict[str, Any] = {}
    if Source.TRAFFIC in sources:
        try:
            read |= _traffic(ramp, gates, start, end, at)
        except CrossfadeError as error:
            unread[Source.TRAFFIC] = str(error)
    if Source.ALARMS in sources:
        names = [name for gate in gates if isinstance(gate, AlarmGate) for name in gate.alarms]
        try:
            read["alarms"] = read_alarms(ramp.world.cloudwatch, list(dict.fromkeys(names)))
        except CrossfadeError as error:
            unread[Source.ALARMS] = str(error)
    if Source.PROBES in sources:
        path = next(gate.path for gate in gates if isinstance(gate, ProbeGate))
        read["probes"] = probes(ramp, Platform.NEW, path)
        read["control_probes"] = probes(ramp, Platform.LEGACY, path)
    if Source.PARITY in sources:
        try:
            read["parity"] = _parity(ramp)
        except CrossfadeError as error:
            unread[Source.PARITY] = str(error)
    return Samples(**read, unread=unread)


def _parity(ramp: Ramp) -> ParitySample:
    name = ramp.migration.tandem
    if not name:
        raise BadInput(
            f"[migrations.{ramp.name}] names no tandem, so nobody knows what both platforms are to "
            "run: add `tandem`, or leave the gate `parity` away"
        )
    return read_parity(ramp.world, name)


def _traffic(
    ramp: Ramp,
    gates: Sequence[AnyGate],
    start: datetime,
    end: datetime,
    at: Circumstances | None,
) -> dict[str, PlatformSamples]:
    legacy, new = (ramp.traffic.side(one).load_balancer for one in Platform)
    if not legacy or not new:
        raise BadInput(
            f"[migrations.{ramp.name}] names no load_balancer for each platform, so there are no "
            "metrics: add them, or use alarms and probes"
        )
    timed = [gate for gate in gates if isinstance(gate, LatencyGate)]
    latency = next((gate.statistic for gate in timed), "p90")
    client = ramp.world.cloudwatch
    read = read_traffic(client, legacy=legacy, new=new, start=start, end=end, latency=latency)
    if at is None:
        return {"legacy": read.legacy, "new": read.new}
    samples = Samples(read.legacy, read.new)
    limits = {one.seconds for gate in timed for one in slow_limits(gate, samples, at)}
    slow = read_slow(client, legacy=legacy, new=new, start=start, end=end, limits=sorted(limits))
    return {
        "legacy": replace(read.legacy, slow=slow.legacy.slow),
        "new": replace(read.new, slow=slow.new.slow),
    }


def probes(ramp: Ramp, platform: Platform, path: str) -> tuple[ProbeSample, ...]:
    """Ask one platform for every host name; nothing where the configuration says not to."""
    asking = ramp.migration.probe
    if asking.scheme == "none":
        return ()
    secure = asking.scheme == "https"
    tls = ssl.create_default_context() if secure else None
    return tuple(
        ramp.world.probe(
            name,
            ramp.traffic.side(platform).target,
            clock=ramp.world.monotonic,
            now=ramp.world.clock.now,
            path=path,
            port=asking.port or (HTTPS_PORT if secure else HTTP_PORT),
            tls=tls,
        )
        for name in ramp.traffic.names
    )
