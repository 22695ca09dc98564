"""Going back: one checkpoint, or to the baseline. Nothing that holds a ramp is in its way.

What is expected in DNS is what stands there now, so that a foreign change does not keep anybody
from going back; a batch that meets yet another change is refused as a whole, as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Refused
from crossfade.operations.ramp_change import change_records, new_identifier
from crossfade.operations.ramp_leg import ABORT, BACK, RETURNS, REVERSE
from crossfade.operations.ramp_read import read_live, read_ramp, vector_in
from crossfade.operations.settle import resume, reverse_open
from crossfade.operations.step import directly
from crossfade.operations.world import migration_subject
from crossfade.plan.change import Change, plan_change
from crossfade.plan.going_back import Capacity, given_up, strained
from crossfade.plan.position import Freeze, frozen, returned
from crossfade.plan.vector import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.ramp_read import Live, Ramp
    from crossfade.operations.step import Run
    from crossfade.operations.world import World
    from crossfade.plan.gate import GateResult
    from crossfade.plan.operation import Json, Operation
    from crossfade.plan.position import Checkpoint, Position
    from crossfade.plan.vector import Vector


@dataclass(frozen=True)
class Returned:
    """What came of going back.

    Attributes:
        name: The migration.
        came: The weights before, or None where they were no pair.
        goes: The weights afterwards, or None where the records become simple again.
        to: The checkpoint, or None where there was nothing to go back from.
        operations: What was recorded.
        dry_run: Whether it was only planned.
    """

    name: str
    came: Vector | None
    goes: Vector | None
    to: Checkpoint | None
    operations: tuple[Operation[Any], ...] = ()
    dry_run: bool = False

    def line(self) -> str:
        """Say it in one line."""
        if self.to is None and not self.operations:
            return f"{self.name}: nothing to go back from"
        if self.to is None:
            return f"{self.name}: {self.operations[-1].title}: {self.operations[-1].status}"
        verb = "would go back" if self.dry_run else "went back"
        return f"{self.name}: {verb} to {where(self.to)} ({weights(self.goes)})"


def where(checkpoint: Checkpoint) -> str:
    """Name a checkpoint for people."""
    if checkpoint.stage:
        return f"stage {checkpoint.stage}"
    return "the baseline" if checkpoint.vector is None else "before the first stage"


def weights(vector: Vector | None) -> str:
    """Write weights with the share that they mean; None stands before the migration began."""
    if vector is None:
        return "the records as they were found"
    return f"{vector}, {percent(vector.share)} on new"


def back(
    world: World,
    name: str,
    *,
    dry_run: bool = False,
    take_over: bool = False,
    run: Run = directly,
) -> Returned:
    """Return to the previous checkpoint, and freeze there.

    Args:
        world: The world.
        name: The migration.
        dry_run: Only say where to.
        take_over: Do not wait for the lease of a worker that has an operation open.
        run: Runs each step.

    Raises:
        Refused: The way back was given up by people's decision.
        Conflict: Somebody changes the records at this moment; nothing was overwritten.
        Failed: It stopped; the text says what was left.
    """
    return _go(world, name, BACK, dry_run=dry_run, take_over=take_over, run=run)


def abort(
    world: World,
    name: str,
    *,
    dry_run: bool = False,
    take_over: bool = False,
    run: Run = directly,
) -> Returned:
    """Return to the recorded baseline, and freeze there; arguments and errors as for `back`."""
    return _go(world, name, ABORT, dry_run=dry_run, take_over=take_over, run=run)


def reverse_ramp(
    world: World, name: str, *, to: str = "", dry_run: bool = False, run: Run = directly
) -> Returned:
    """Take back finished operations of a migration, back to before one of them.

    Args:
        world: The world.
        name: The migration.
        to: The oldest operation to take back, or "" for the last one that set weights.
        dry_run: Only say where to.
        run: Runs each step.

    Raises:
        BadInput: No checkpoint of that operation is left.
    """
    return _go(world, name, REVERSE, to=to, dry_run=dry_run, run=run)


def _go(
    world: World,
    name: str,
    kind: str,
    *,
    to: str = "",
    dry_run: bool = False,
    take_over: bool = False,
    run: Run,
) -> Returned:
    settled: tuple[Operation[Any], ...] = ()
    ramp = read_ramp(world, name)
    if ramp.head.open is not None and not dry_run:
        settled = settle_towards_legacy(ramp, take_over=take_over, run=run)
        if settled and kind != ABORT:
            return Returned(name, ramp.position.vector, None, None, settled)
        ramp = read_ramp(world, name)
    checkpoint = _checkpoint(ramp, kind, to)
    live = read_live(ramp)
    came = vector_in(live.records, ramp.traffic)
    if checkpoint is None or dry_run:
        goes = checkpoint.vector if checkpoint else came
        return Returned(name, came, goes, checkpoint, settled, dry_run)
    refuse_if_given_up(ramp)
    _warn(ramp, checkpoint)
    reason = f"{kind} by {world.actor}"
    done = go_back(ramp, live, checkpoint, ramp.position, kind=kind, reason=reason, run=run)
    return Returned(name, came, checkpoint.vector, checkpoint, (*settled, done))


def _checkpoint(ramp: Ramp, kind: str, to: str) -> Checkpoint | None:
    at_hand = ramp.position.checkpoints
    if to:
        found = next((one for one in at_hand if one.operation == to), None)
        if found is None:
            known = ", ".join(f"{one.operation} ({where(one)})" for one in at_hand) or "none"
            raise BadInput(f"{ramp.subject} has no checkpoint {to}; what it can return to: {known}")
        return found
    if not at_hand:
        return None
    return at_hand[0 if kind == ABORT else -1]


def refuse_if_given_up(ramp: Ramp) -> None:
    """Refuse where people gave up the way back.

    Raises:
        Refused: They did; the text says when and how.
    """
    why = given_up(ramp.plan, ramp.position, ramp.world.clock.now())
    if why:
        raise Refused(f"{ramp.name} cannot go back: {why}; plan a migration the other way round")


def settle_towards_legacy(ramp: Ramp, *, take_over: bool, run: Run) -> tuple[Operation[Any], ...]:
    """Settle an open operation the way that brings traffic back: a return on, all else back."""
    there = ramp.head.open
    if there is None:
        return ()
    settle = resume if there.kind in RETURNS else reverse_open
    return settle(ramp.world, migration_subject(ramp.name), take_over=take_over, run=run)


def go_back(
    ramp: Ramp,
    live: Live,
    checkpoint: Checkpoint,
    position: Position,
    *,
    kind: str,
    reason: str,
    request: Json | None = None,
    results: Sequence[GateResult] = (),
    run: Run,
) -> Operation[Any]:
    """Restore what a checkpoint recorded, and freeze the ramp there until somebody thaws it.

    Args:
        ramp: The migration as read.
        live: What stands in DNS.
        checkpoint: Where to.
        position: Where it stands, with what was observed just now.
        kind: The procedure.
        reason: Why.
        request: What was decided and from what.
        results: What the gates said.
        run: Runs each step.
    """
    recorded = ramp.world.journal.operation(ramp.subject, checkpoint.operation, Change)
    target = recorded.work.expected
    change = plan_change(live.records, target, reason=f"{ramp.name} back to {where(checkpoint)}")
    now = ramp.world.clock.now()
    after = returned(position, to=checkpoint, records=target, at=now)
    after = frozen(after, Freeze(reason, str(ramp.world.actor), now))
    came = vector_in(live.records, ramp.traffic)
    return change_records(
        ramp,
        identifier=new_identifier(ramp),
        kind=kind,
        title=f"{kind} {ramp.name} to {where(checkpoint)}",
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


def _warn(ramp: Ramp, checkpoint: Checkpoint) -> None:
    """Say if legacy may not bear what it will get; it never keeps anybody from going back."""
    bears = ramp.migration.legacy.requests_per_second
    requests = sum(
        float(result.figures.get(figure) or 0)
        / max(1.0, (result.end - result.start).total_seconds())
        for result in ramp.position.results
        if result.gate == "measured-share"
        for figure in ("requests_new", "requests_legacy")
    )
    text = strained(Capacity(requests, bears), checkpoint.vector) if bears and requests else ""
    if text:
        ramp.world.report.say(text)
