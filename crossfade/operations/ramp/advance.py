"""Advance: read, decide, do that one thing, record it, and end.

A schedule that calls it drives a ramp for weeks with no process that sleeps. A worker that crashed
costs nothing, since the next call finishes what it left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        dry_run: Only decide and plan; nothing is changed nor recorded. It refuses what would be
            refused.
        run: Runs each step.

    Raises:
        Refused: Another worker has an operation open, or the records cannot be adopted.
        Conflict: Somebody changed the records while they were being changed.
        Unavailable: The records cannot be read, and it would go on.
        Failed: It stopped; the text says what was left.
    """
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    if ramp.head.open is not None:
        return _settled(ramp, run, dry_run=dry_run)
    look = read_step(run, f"decide about {name}", lambda: look_and_decide(ramp))
    forward = _forward(look)
    was = ramp.progress.vector
    told = Advanced(name, look.decision, look.evidence, was, look.progress, dry_run=dry_run)
    world.report.say(told.line())
    if dry_run:
        return told
    if not look.repeats:
        operation = _go(look, forward, run) if forward else _do(look, run)
        told = replace(told, operations=(operation,), progress=operation.after)
    if not ramp.plan.crons:
        return told
    return replace(told, crons=tend_crons(ramp, told.progress, run=run))


def _settled(ramp: Ramp, run: Run, *, dry_run: bool) -> Advanced:
    """Finish what a worker left, in the direction in which it was going, or say that it would be.

    Raises:
        Refused: That worker still holds its lease.
        Conflict: Somebody else changed the records since; nothing was overwritten, it stays open.
    """
    world, there = ramp.world, ramp.head.open
    if there is None or not lapsed(ramp.head, world.clock.now()):
        raise Refused(already_open(ramp.head, world.clock.now()))
    was = ramp.progress.vector
    if dry_run:
        return Advanced(
            ramp.name, None, None, was, ramp.progress, dry_run=True, unsettled=there.title
        )
    try:
        operations = settle(world, MIGRATIONS, ramp.subject, there.direction, run=run)
    except Failed as error:
        if isinstance(error.__cause__, Conflict):
            raise Conflict(str(error)) from error
        raise
    progress = read_step(run, f"read {ramp.name}", lambda: read_ramp(world, ramp.name)).progress
    return Advanced(ramp.name, None, None, was, progress, operations)


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


@dataclass(frozen=True)
class _Forward:
    """The change with which a migration goes on."""

    stage: str
    vector: Vector
    change: RecordsChange
    title: str


def _forward(look: Look) -> _Forward | None:
    """Plan the change that was decided on; None where it does not go on.

    Raises:
        Refused: The records cannot be adopted.
        Unavailable: They cannot be read.
    """
    decision = look.decision
    if not isinstance(decision, deciding.Advance):
        return None
    if look.live.unread:
        raise Unavailable(f"{look.ramp.name} does not go on: {look.live.unread}")
    if decision.vector is None:
        return _adoption(look)
    return _entry(look, decision.stage, decision.vector)


def _adoption(look: Look) -> _Forward:
    """Make the records weighted pairs, if they are none yet."""
    ramp, records = look.ramp, look.live.records
    target = adopted(records, must_be_ready(ramp, look.live))
    change = plan_change(records, target, reason=f"{ramp.name} becomes weighted pairs")
    vector = live_vector(pairs_of(target, ramp.traffic))
    return _Forward("", vector, change, f"adopt {ramp.name} at {vector}")


def _entry(look: Look, stage: str, vector: Vector) -> _Forward:
    """Set the weights of the next stage."""
    ramp, records = look.ramp, look.live.records
    target = at_vector(pairs_of(records, ramp.traffic), vector)
    change = plan_change(records, target, reason=f"advance {ramp.name} to {stage} at {vector}")
    return _Forward(stage, vector, change, change.reason)


def _go(look: Look, forward: _Forward, run: Run) -> RampOperation:
    ramp, now = look.ramp, look.ramp.world.clock.now()
    identifier = new_identifier(ramp)
    before = ramp.progress
    checkpoint = Checkpoint(
        identifier, before.stage, before.vector, records_digest(forward.change.expected), now
    )
    after = entered(
        replace(measured(look.progress, _concentration(look)), zone=ramp.traffic.zone),
        stage=forward.stage,
        vector=forward.vector,
        records=forward.change.target,
        checkpoint=checkpoint,
        at=now,
    )
    return change_records(
        ramp,
        identifier=identifier,
        kind=ADVANCE,
        title=forward.title,
        request={**look.request(), "to": weights(forward.vector)},
        change=forward.change,
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
