"""Advance: read, decide, do that one thing, record it, and end.

A schedule that calls it drives a ramp for weeks with no process that sleeps. A worker that crashed
costs nothing, since the next call finishes what it left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.errors import Conflict, Failed, Refused, Unavailable
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.operations.ramp.adopt import must_be_ready
from crossfade.operations.ramp.back import go_back
from crossfade.operations.ramp.change import RampOperation, change_records, new_identifier, record
from crossfade.operations.ramp.look import Advanced, look_and_decide
from crossfade.operations.ramp.participants.traffic import ADVANCE, BACK, MIGRATIONS
from crossfade.operations.ramp.read import circumstances, read_ramp, read_samples
from crossfade.operations.ramp.tend_crons import tend_crons
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import adopted, at_vector, live_vector, pairs_of
from crossfade.plan.dns.records import records_digest
from crossfade.plan.dns.vector import weights
from crossfade.plan.gates.measured_share import concentration_of
from crossfade.plan.gates.samples import Source, minute_after
from crossfade.plan.journal.head import already_open, lapsed
from crossfade.plan.ramp import decide as deciding
from crossfade.plan.ramp.progress import Checkpoint, entered, measured

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.look import Look
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.dns.change import RecordsChange
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.gates.measured_share import Concentration


def advance(world: World, name: str, *, dry_run: bool = False, run: Run = directly) -> Advanced:
    """Take one decision about a migration and do it.

    Args:
        world: The world.
        name: The migration.
        dry_run: Only decide; nothing is changed nor recorded.
        run: Runs each step.

    Raises:
        Refused: Another worker has an operation open, or the records cannot be adopted.
        Conflict: Somebody changed the records while they were being changed.
        Unavailable: The records cannot be read, and it would go on.
        Failed: It stopped; the text says what was left.
    """
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    if ramp.head.open is not None and not dry_run:
        return _settled(ramp, run)
    look = read_step(run, f"decide about {name}", lambda: look_and_decide(ramp))
    was = ramp.progress.vector
    told = Advanced(name, look.decision, look.evidence, was, look.progress, dry_run=dry_run)
    world.report.say(told.line())
    if dry_run:
        return told
    if not look.repeats:
        operation = _do(look, run)
        told = replace(told, operations=(operation,), progress=operation.after)
    if not ramp.plan.crons:
        return told
    return replace(told, crons=tend_crons(ramp, told.progress, run=run))


def _settled(ramp: Ramp, run: Run) -> Advanced:
    """Finish what a worker left, in the direction in which it was going.

    Raises:
        Refused: That worker still holds its lease.
        Conflict: Somebody else changed the records since; nothing was overwritten, it stays open.
    """
    world, there = ramp.world, ramp.head.open
    if there is None or not lapsed(ramp.head, world.clock.now()):
        raise Refused(already_open(ramp.head, world.clock.now()))
    try:
        operations = settle(world, MIGRATIONS, ramp.subject, there.direction, run=run)
    except Failed as error:
        if isinstance(error.__cause__, Conflict):
            raise Conflict(str(error)) from error
        raise
    progress = read_step(run, f"read {ramp.name}", lambda: read_ramp(world, ramp.name)).progress
    return Advanced(ramp.name, None, None, ramp.progress.vector, progress, operations)


def _do(look: Look, run: Run) -> RampOperation:
    ramp, decision = look.ramp, look.decision
    match decision:
        case deciding.Back(to=checkpoint, reason=reason):
            return go_back(
                ramp,
                look.live,
                checkpoint,
                look.progress,
                kind=BACK,
                reason=reason,
                request=look.request(),
                results=look.evidence.results,
                run=run,
            )
        case deciding.Advance(stage=stage, vector=vector):
            if look.live.unread:
                raise Unavailable(f"{ramp.name} does not go on: {look.live.unread}")
            return _adopt(look, run) if vector is None else _enter(look, stage, vector, run)
    title = f"hold {ramp.name} at {ramp.progress.stage or 'the start'}"
    step = Step(
        f"record: {title}",
        lambda: record(
            ramp,
            kind=ADVANCE,
            title=title,
            request=look.request(),
            progress=look.progress,
            results=look.evidence.results,
        ),
    )
    return run(step)


def _adopt(look: Look, run: Run) -> RampOperation:
    """Make the records weighted pairs, if they are none yet, and record them."""
    ramp, records = look.ramp, look.live.records
    target = adopted(records, must_be_ready(ramp, look.live))
    change = plan_change(records, target, reason=f"{ramp.name} becomes weighted pairs")
    vector = live_vector(pairs_of(target, ramp.traffic))
    return _go(look, "", vector, change, title=f"adopt {ramp.name} at {vector}", run=run)


def _enter(look: Look, stage: str, vector: Vector, run: Run) -> RampOperation:
    """Set the weights of the next stage."""
    ramp, records = look.ramp, look.live.records
    target = at_vector(pairs_of(records, ramp.traffic), vector)
    change = plan_change(records, target, reason=f"advance {ramp.name} to {stage} at {vector}")
    return _go(look, stage, vector, change, title=change.reason, run=run)


def _go(
    look: Look, stage: str, vector: Vector, change: RecordsChange, *, title: str, run: Run
) -> RampOperation:
    ramp, now = look.ramp, look.ramp.world.clock.now()
    identifier = new_identifier(ramp)
    before = ramp.progress
    checkpoint = Checkpoint(
        identifier, before.stage, before.vector, records_digest(change.expected), now
    )
    after = entered(
        replace(measured(look.progress, _concentration(look)), zone=ramp.traffic.zone),
        stage=stage,
        vector=vector,
        records=change.target,
        checkpoint=checkpoint,
        at=now,
    )
    return change_records(
        ramp,
        identifier=identifier,
        kind=ADVANCE,
        title=title,
        request={**look.request(), "to": weights(vector)},
        change=change,
        after=after,
        results=look.evidence.results,
        run=run,
    )


def _concentration(look: Look) -> Concentration | None:
    """Measure how uneven the resolvers were at the stage that is left; it only sharpens a gate."""
    ramp = look.ramp
    stage = ramp.plan.stage(ramp.progress.stage)
    at = circumstances(ramp, look.live)
    gates = ramp.plan.gates_of(stage) if stage else ()
    if at is None or not any(gate.source is Source.TRAFFIC for gate in gates):
        return None
    start, end = minute_after(at.since + at.ttl), at.period(ramp.plan.metric_delay).end
    if not start < end:
        return None
    samples = read_samples(ramp, gates, start, end, only=Source.TRAFFIC)
    return concentration_of(samples, at, start=start, end=end)
