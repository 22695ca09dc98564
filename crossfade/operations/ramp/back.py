"""Going back: one checkpoint, or to the baseline. Nothing that holds a ramp is in its way.

What is expected in DNS is what stands there now, so that a foreign change does not keep anybody
from going back; a batch that meets yet another change is refused as a whole, as any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossfade.operations.base.world import migration_subject
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.step import directly, read_step
from crossfade.operations.ramp.change import RampOperation, change_records, new_identifier
from crossfade.operations.ramp.participants.traffic import ABORT, BACK, FINISH, REVERSE, STEPS
from crossfade.operations.ramp.read import read_live, read_ramp
from crossfade.operations.ramp.return_plan import (
    IMMEDIATELY,
    Pace,
    Returned,
    asked,
    checkpoint_of,
    plan_return,
    refuse_if_given_up,
    weights_now,
)
from crossfade.operations.ramp.settle_towards_legacy import settle_towards_legacy
from crossfade.operations.ramp.tend_crons import return_crons
from crossfade.plan.dns.change import RecordsChange, plan_change
from crossfade.plan.dns.vector import weights
from crossfade.plan.ramp.progress import Decided, Freeze, Progress, frozen, returned
from crossfade.plan.ramp.return_plan import where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import LiveRecords, Ramp
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.ramp.progress import Checkpoint


def back(
    world: World,
    name: str,
    *,
    gradual: bool = False,
    pause: timedelta | None = None,
    dry_run: bool = False,
    take_over: bool = False,
    run: Run = directly,
) -> Returned:
    """Return to the previous checkpoint, and freeze there.

    Args:
        world: The world.
        name: The migration.
        gradual: Pass through the weights of the stages between and stay at each; else at once.
        pause: The least time at each of them, or None for what the configuration says.
        dry_run: Only say where to.
        take_over: Do not wait for the lease of a worker that has an operation open.
        run: Runs each step.

    Raises:
        Refused: The way back was given up by people's decision.
        Conflict: Somebody changes the records at this moment; nothing was overwritten.
        Failed: It stopped; the text says what was left.
    """
    pace = Pace(gradual=gradual, pause=pause)
    return _go(world, name, BACK, pace=pace, dry_run=dry_run, take_over=take_over, run=run)


def abort(
    world: World,
    name: str,
    *,
    gradual: bool = False,
    pause: timedelta | None = None,
    dry_run: bool = False,
    take_over: bool = False,
    run: Run = directly,
) -> Returned:
    """Return to the recorded baseline, and freeze there; arguments and errors as for `back`."""
    pace = Pace(gradual=gradual, pause=pause)
    return _go(world, name, ABORT, pace=pace, dry_run=dry_run, take_over=take_over, run=run)


def reverse_ramp(
    world: World, name: str, *, to: str = "", dry_run: bool = False, run: Run = directly
) -> Returned:
    """Take back finished operations of a migration, back to before one of them.

    Args:
        world: The world.
        name: The migration.
        to: The oldest operation to take back, or "" for the last one that changed the records.
        dry_run: Only say where to.
        run: Runs each step.

    Raises:
        BadInput: No checkpoint of that operation is left.
        Refused: The way back was given up by people's decision.
    """
    return _go(world, name, REVERSE, to=to, dry_run=dry_run, run=run)


def _go(
    world: World,
    name: str,
    kind: str,
    *,
    to: str = "",
    pace: Pace = IMMEDIATELY,
    dry_run: bool = False,
    take_over: bool = False,
    run: Run,
) -> Returned:
    """Bring the traffic back, and then the cron jobs that moved with it."""
    world = recalled(world, migration_subject(name), run=run)
    gone = _traffic(
        world, name, kind, to=to, pace=pace, dry_run=dry_run, take_over=take_over, run=run
    )
    if dry_run:
        return gone
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    return replace(gone, crons=return_crons(ramp, ramp.progress, run=run))


def _traffic(
    world: World,
    name: str,
    kind: str,
    *,
    to: str,
    pace: Pace,
    dry_run: bool,
    take_over: bool,
    run: Run,
) -> Returned:
    settled: tuple[Operation[Any, Any], ...] = ()
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    if ramp.head.open is not None and not dry_run:
        settled = settle_towards_legacy(ramp, take_over=take_over, gradual=pace.gradual, run=run)
        if kind != ABORT and any(one.kind != FINISH for one in settled):
            return Returned(name, ramp.progress.vector, None, None, settled)
        ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    refuse_if_given_up(ramp)
    reason = f"{kind} by {world.actor}"
    if pace.gradual and ramp.progress.simple_at and not dry_run:
        settled = (*settled, _become_pairs(ramp, kind, reason, run))
        ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    live, planned = read_step(
        run, f"plan the way back of {name}", lambda: _planned(ramp, kind, to, pace)
    )
    if planned.to is None or dry_run:
        return replace(planned, operations=settled, dry_run=dry_run)
    done = go_back(
        ramp,
        live,
        planned.to,
        ramp.progress,
        kind=kind,
        reason=reason,
        request=asked(planned),
        run=run,
    )
    return replace(planned, operations=(*settled, done))


def _planned(ramp: Ramp, kind: str, to: str, pace: Pace) -> tuple[LiveRecords, Returned]:
    live = read_live(ramp)
    return live, plan_return(ramp, live, checkpoint_of(ramp, live, kind, to), pace)


def _become_pairs(ramp: Ramp, kind: str, reason: str, run: Run) -> RampOperation:
    """Make simple records weighted pairs again, as they were: only pairs can go down by steps."""
    last = ramp.progress.checkpoints[-1]
    live = read_step(run, f"read the records of {ramp.name}", lambda: read_live(ramp))
    return go_back(ramp, live, last, ramp.progress, kind=kind, reason=reason, run=run)


def go_back(
    ramp: Ramp,
    live: LiveRecords,
    checkpoint: Checkpoint,
    progress: Progress,
    *,
    kind: str,
    reason: str,
    request: Json | None = None,
    results: Sequence[GateResult] = (),
    run: Run,
) -> RampOperation:
    """Restore what a checkpoint recorded, and freeze the ramp there until somebody thaws it.

    Args:
        ramp: The migration as read.
        live: What stands in DNS.
        checkpoint: Where to.
        progress: Where it stands, with what was observed just now.
        kind: The procedure.
        reason: Why.
        request: What was decided and from what.
        results: What the gates said.
        run: Runs each step.
    """
    journal, subject = ramp.world.journal, ramp.subject
    recorded = read_step(
        run,
        f"read the checkpoint {checkpoint.operation}",
        lambda: journal.operation(subject, checkpoint.operation, RecordsChange, Progress),
    )
    target = recorded.work.expected
    change = plan_change(live.records, target, reason=f"{ramp.name} back to {where(checkpoint)}")
    now = ramp.world.clock.now()
    after = returned(progress, to=checkpoint, records=target, at=now)
    after = replace(after, decided=Decided("back", reason, now))
    after = frozen(after, Freeze(reason, str(ramp.world.actor), now))
    came = weights_now(ramp, live)
    how = ", by steps" if STEPS in (request or {}) else ""
    return change_records(
        ramp,
        identifier=new_identifier(ramp),
        kind=kind,
        title=f"{kind} {ramp.name} to {where(checkpoint)}{how}",
        request={
            **(request or {}),
            "migration": ramp.name,
            "reason": reason,
            "from": weights(came),
            "to": weights(checkpoint.vector),
            "checkpoint": checkpoint.operation,
        },
        change=change,
        after=after,
        results=results,
        run=run,
    )
