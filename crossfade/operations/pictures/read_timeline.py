"""Reading the timeline of a ramp: its journal, and what the load balancers counted.

However long the ramp: two requests for each thousand operations (listed by name), at most
`MOST_READ` operations, and one for the metrics. Every change of weights is always among what is
read; of the decisions between them a very long journal gives an even sample.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crossfade.adapters.aws.cloudwatch import read_requests
from crossfade.adapters.aws.journal import happened
from crossfade.errors import CrossfadeError
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.ramp.read import read_ramp
from crossfade.plan.base.platform import Platform
from crossfade.plan.base.words import count
from crossfade.plan.gates.samples import PlatformSamples, Samples
from crossfade.plan.journal.operation import operation_id
from crossfade.plan.pictures.marks import marks_of
from crossfade.plan.pictures.measured import (
    aligned,
    counted_of,
    journalled,
    judged_of,
    resolution_of,
)
from crossfade.plan.pictures.timeline import Timeline, propagated, set_weights, settings_of
from crossfade.plan.ramp.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crossfade.operations.base.world import World
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.pictures.timeline import Setting, TimelineMark

MOST_READ = 400
"""Operations that one timeline reads."""

MOST_TRIES = 8
"""Records of one change of weights that are looked at: workers that died leave some unopened."""

BESIDE = 0.06
"""Part of its time that a timeline shows before its beginning, and after the end of a ramp."""

LEAST_BESIDE = timedelta(minutes=5)


def read_timeline(world: World, name: str, *, most: int = MOST_READ) -> Timeline:
    """Read the timeline of a migration.

    Metrics that cannot be read are said in its caveats; the measured share is then what the gates
    recorded with the decisions.

    Args:
        world: The world.
        name: The migration.
        most: How many operations are read at the most, but for those that changed the weights.

    Raises:
        BadInput: The configuration has no such migration.
    """
    ramp = read_ramp(world, name)
    operations, caveats = _operations(ramp, most)
    settings, marks = settings_of(operations), marks_of(operations)
    now = world.clock.now()
    if not settings:
        return Timeline(name, now - LEAST_BESIDE, now, caveats=("the ramp has not begun",))
    start, end = _span(ramp, settings, marks, now)
    resolution = resolution_of(start, end, now)
    samples = Samples()
    try:
        samples = _requests(ramp, start, end, resolution)
    except CrossfadeError as error:
        caveats.append(f"requests could not be read: {error}")
    until = _until(ramp, end, resolution)
    judged = judged_of(settings, samples, ramp.plan, resolution=resolution, until=until)
    return Timeline(
        name=name,
        start=start,
        end=end,
        settings=settings,
        propagated=propagated(settings, end),
        judged=judged or journalled(operations, settings),
        counted=counted_of(samples.legacy.requests, samples.new.requests, resolution),
        resolution=resolution,
        marks=marks,
        caveats=tuple(caveats),
    )


def _operations(ramp: Ramp, most: int) -> tuple[list[Operation[Any, Progress]], list[str]]:
    """Read all operations, or of a long journal the changes of weights and an even sample."""
    journal, subject = ramp.world.journal, ramp.subject
    identifiers = journal.identifiers(subject)[::-1]
    wanted, caveats = identifiers, []
    if len(identifiers) > most:
        changes = _changes(ramp, identifiers)
        every = -(-len(identifiers) // max(1, most - len(changes)))
        wanted = sorted({*identifiers[::-every], *changes})
        caveats = [f"{len(wanted)} of {count(len(identifiers), 'operation')} read"]
    found = fan_out(
        lambda one: journal.record(subject, one, Progress), wanted, width=ramp.world.connections
    )
    return [operation for operation in found if happened(operation, ramp.head)], caveats


def _changes(ramp: Ramp, identifiers: Sequence[str]) -> set[str]:
    """Follow the journal from each change of the weights to the one before it.

    Each state says since when its weights are in sync. Nothing else is recorded while an operation
    is open, so that the newest id up to that instant is that of the operation which set them.
    """
    found: set[str] = set()
    since = ramp.progress.since
    while since is not None and len(found) < MOST_READ:
        upto = bisect_right(identifiers, operation_id(since, "~", after=""))
        setter = _setter(ramp, identifiers[max(0, upto - MOST_TRIES) : upto])
        if setter is None or setter.id in found:
            break
        found.add(setter.id)
        since = setter.before.since
    return found


def _setter(ramp: Ramp, near: Sequence[str]) -> Operation[Any, Progress] | None:
    """Return the newest operation that set weights."""
    records = (
        ramp.world.journal.record(ramp.subject, identifier, Progress)
        for identifier in reversed(near)
    )
    return next(filter(set_weights, records), None)


def _span(
    ramp: Ramp, settings: Sequence[Setting], marks: Sequence[TimelineMark], now: datetime
) -> tuple[datetime, datetime]:
    """Return what a timeline shows: up to now, or not far beyond the end of a ramp that is over."""
    begun = settings[0].begun
    last = max([settings[-1].at + settings[-1].ttl, *(mark.at for mark in marks)])
    progress = ramp.progress
    over = progress.completed_at is not None or progress.frozen is not None
    beside = max((last - begun) * BESIDE, LEAST_BESIDE)
    end = min(now, last + max(2 * beside, 3 * LEAST_BESIDE)) if over else now
    return begun - beside, max(end, last)


def _until(ramp: Ramp, end: datetime, resolution: timedelta) -> datetime:
    """Return the end of the last period whose metrics are complete."""
    return aligned(min(end, ramp.world.clock.now() - ramp.plan.metric_delay), resolution)


def _requests(ramp: Ramp, start: datetime, end: datetime, resolution: timedelta) -> Samples:
    legacy, new = (ramp.traffic.side(one).load_balancer for one in Platform)
    if not legacy or not new:
        return Samples()
    read = read_requests(
        ramp.world.cloudwatch,
        legacy=legacy,
        new=new,
        start=aligned(start, resolution),
        end=_until(ramp, end, resolution),
        resolution=resolution,
    )
    return Samples(PlatformSamples(read.legacy.requests), PlatformSamples(read.new.requests))
