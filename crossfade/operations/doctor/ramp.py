"""The doctor's look at a migration: records, load balancers, gates, windows, rights, way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from crossfade.adapters.aws.route53_rights import may_change, may_follow
from crossfade.errors import BadInput
from crossfade.operations.doctor import journal
from crossfade.operations.doctor.guard import guarded, mend_of
from crossfade.operations.doctor.probe_rights import RIGHTS
from crossfade.operations.ramp.adopt import survey
from crossfade.operations.ramp.ask_gates import LOAD_WINDOW, check_gates
from crossfade.operations.ramp.capacity import requests_per_second
from crossfade.operations.ramp.read import read_live, read_ramp, read_samples, vector_in
from crossfade.plan.base.dns_names import shown
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.records import TRAFFIC_TYPES, longest_ttl
from crossfade.plan.dns.vector import BASELINE
from crossfade.plan.doctor.gates import say_answers, say_traffic
from crossfade.plan.doctor.ramp import (
    GATES,
    PREFLIGHT,
    RECORDS,
    WAY_BACK,
    WINDOWS,
    say_first_change,
    say_preflight,
    say_records,
    say_too_few,
    say_way_back,
    say_windows,
    stages_ahead,
)
from crossfade.plan.gates.balancer import Balancer
from crossfade.plan.gates.samples import Samples, Source, minute_of
from crossfade.plan.ramp.preflight_balancers import kept_by
from crossfade.plan.ramp.preview import preview

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_route53.literals import RRTypeType

    from crossfade.operations.base.world import World
    from crossfade.operations.ramp.adopt import Survey
    from crossfade.operations.ramp.read import LiveRecords, Ramp
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.gates.kinds import AnyGate
    from crossfade.plan.ramp.stages import Stage

MIGRATION = "migration"
BALANCER = "load balancer"


def examine_migration(world: World, name: str, *, read_only: bool) -> Iterator[Finding]:
    """Examine one migration; whatever cannot be examined does not hide the rest.

    Args:
        world: The world.
        name: The migration.
        read_only: Leave out what asks whether the records may be changed.
    """
    ramp = read_ramp(world, name)
    yield from guarded(
        journal.OPERATION, ramp.subject, lambda: journal.examine_operation(world, ramp.subject)
    )
    if ramp.progress.final_at is not None:
        when = f"{ramp.progress.final_at:%Y-%m-%d %H:%M} UTC"
        yield ok(MIGRATION, ramp.subject, f"past the point of no return since {when}")
        return
    try:
        look = _Look(ramp, read_live(ramp, marks=True))
    except BadInput as error:  # there is no such zone
        yield problem(RECORDS, ramp.subject, str(error), mend_of(error))
        return
    parts = [
        (RECORDS, look.records),
        (PREFLIGHT, look.preflight),
        (BALANCER, look.balancers),
        (GATES, look.gates),
        (WINDOWS, look.windows),
        (WAY_BACK, look.way_back),
    ]
    if not read_only:
        parts.append((RIGHTS, look.rights))
    for check, part in parts:
        yield from guarded(check, ramp.subject, part)


@dataclass(frozen=True)
class _Look:
    """One look at a migration; what several checks need is read once."""

    ramp: Ramp
    live: LiveRecords

    @property
    def subject(self) -> str:
        return self.ramp.subject

    @cached_property
    def survey(self) -> Survey:
        return survey(self.ramp, self.live)

    @cached_property
    def begun(self) -> bool:
        """Whether the records are adopted: a return to the baseline takes that back."""
        return self.ramp.progress.vector is not None

    @cached_property
    def ahead(self) -> tuple[Stage, ...]:
        """The stages that have not begun."""
        return stages_ahead(self.ramp.plan, self.ramp.progress)

    @cached_property
    def left(self) -> tuple[Stage, ...]:
        """The present stage and those that have not begun: whose gates are still asked."""
        present = self.ramp.plan.stage(self.ramp.progress.stage)
        return (present, *self.ahead) if present else self.ahead

    @cached_property
    def asked(self) -> tuple[AnyGate, ...]:
        """The gates that are still asked, each once."""
        gates = [gate for stage in self.left for gate in self.ramp.plan.gates_of(stage)]
        return tuple({gate.name: gate for gate in gates}.values())

    @cached_property
    def samples(self) -> Samples:
        end = self.end
        gates = [gate for gate in self.asked if gate.source is Source.TRAFFIC]
        return read_samples(self.ramp, gates, end - LOAD_WINDOW, end, only=Source.TRAFFIC)

    @property
    def end(self) -> datetime:
        """The end of the last minute whose metrics are complete."""
        return minute_of(self.ramp.world.clock.now() - self.ramp.plan.metric_delay)

    def records(self) -> Iterator[Finding]:
        """Say whether the records stand as they should, or what would become of them."""
        ramp, live = self.ramp, self.live
        if live.unread:
            yield problem(
                RECORDS,
                self.subject,
                live.unread,
                "without reading the records nothing goes on; `crossfade back` and `abort` expect "
                "those that were recorded last",
            )
        elif ramp.head.open is not None:
            yield ok(RECORDS, self.subject, "not compared while an operation is open")
        elif self.begun:
            yield say_records(self.subject, ramp.name, ramp.progress, live.records)
        else:
            yield from say_first_change(self.subject, live.records, self.survey.traffic)

    def preflight(self) -> Iterator[Finding]:
        """Say what stands in the way, and what of it is accepted."""
        if self.live.unread or not self.ahead:
            return
        yield from say_preflight(
            self.subject,
            self.survey.findings,
            accepted=frozenset(self.ramp.migration.accept),
            begun=self.begun,
        )

    def balancers(self) -> Iterator[Finding]:
        """Say what the load balancers told; what they did not tell is the preflight's to say."""
        for platform, reading in self.survey.balancers.items():
            if isinstance(reading, Balancer):
                yield ok(BALANCER, self.subject, f"{platform}: {reading}")

    def gates(self) -> Iterator[Finding]:
        """Say whether what the gates ask about is there."""
        if not any(stage.gates for stage in self.ramp.plan.stages):
            yield warning(
                GATES,
                self.subject,
                "no stage names a gate: nothing but time and people decide",
                'name some: gates = ["errors", "measured-share"]',
            )
            return
        others = [gate.name for gate in self.asked if gate.source is not Source.TRAFFIC]
        if len(others) < len(self.asked):
            yield from self._traffic()
        if others:
            results = check_gates(self.ramp.world, self.ramp.name, others)
            yield from say_answers(self.subject, results)

    def _traffic(self) -> Iterator[Finding]:
        yield from say_traffic(
            self.subject,
            self.samples,
            self.ramp.traffic,
            vector=vector_in(self.live.records, self.ramp.traffic) or BASELINE,
            end=self.end,
            window=LOAD_WINDOW,
        )
        load = requests_per_second(self.ramp, LOAD_WINDOW)
        if load:
            yield from say_too_few(self.subject, self.ramp.plan, self.left, load)

    def windows(self) -> Iterator[Finding]:
        """Say when the next stage may begin, and which can never."""
        stop = self.ramp.world.settings.stop_migrations
        if stop:
            yield warning(
                WINDOWS,
                self.subject,
                f"all migrations are stopped: {stop}; going back is open",
                "take `stop_migrations` away to let them go on",
            )
        yield from say_windows(
            self.subject, self.ramp.plan, self.ahead, self.ramp.world.clock.now()
        )

    def way_back(self) -> Iterator[Finding]:
        """Say the worst-case time to come back: it is new's connections that must end."""
        new = self.survey.balancers.get(Platform.NEW)
        plan = replace(self.ramp.plan, keep_alive=kept_by(new, self.ramp.plan.keep_alive))
        previews = preview(plan, requests=None, ttl=longest_ttl(self.live.records))
        yield from say_way_back(self.subject, previews, left={one.name for one in self.left})

    def rights(self) -> Iterator[Finding]:
        """Ask whether the records may be changed, and whether a change may be followed."""
        world, traffic = self.ramp.world, self.ramp.traffic
        denied = [
            f"change {shown(name)}"
            for name in traffic.names
            if not may_change(
                world.route53, traffic.zone, name, self._kind(name), token=world.chance()
            )
        ]
        if not may_follow(world.route53):
            denied.append("read how a change comes on")
        if denied:
            yield warning(
                RIGHTS,
                self.subject,
                f"these credentials may not {', '.join(denied)}, so they cannot advance or go back",
                "attach what `crossfade doctor --rights advance` prints, or examine with the "
                "identity that is to do it",
            )
        else:
            yield ok(RIGHTS, self.subject, "these credentials may change its records")

    def _kind(self, name: str) -> RRTypeType:
        """A type of the name that the migration moves, since rights may be narrowed to types."""
        there = {record.type for record in self.live.records if record.name == name}
        moved = there or set(self.ramp.traffic.types) or set(TRAFFIC_TYPES)
        if "A" in moved:
            return "A"
        return "AAAA" if "AAAA" in moved else "CNAME"
