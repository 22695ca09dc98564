"""Writing to a migration's journal: changes of records that are carried out, and mere decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Conflict, Failed, Refused
from crossfade.operations.journal.executor import execute, new_lease
from crossfade.operations.journal.step import Step
from crossfade.operations.ramp.participants.traffic import records_participant
from crossfade.plan.journal import operation as moves
from crossfade.plan.journal.operation import (
    Operation,
    Status,
    Untold,
    already_open,
    iso,
    operation_id,
)
from crossfade.plan.ramp.progress import progress_to_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crossfade.operations.journal.lease import HeldLease
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.dns.change import RecordsChange
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Json
    from crossfade.plan.ramp.progress import Progress


def refuse_if_open(ramp: Ramp) -> None:
    """Refuse to act beside an open operation.

    Raises:
        Refused: One is open; the text names it.
    """
    if ramp.head.open is not None:
        raise Refused(already_open(ramp.head, ramp.world.clock.now()))


def new_identifier(ramp: Ramp) -> str:
    """Name the operation that is going to be recorded."""
    world = ramp.world
    return operation_id(world.clock.now(), world.chance(), after=ramp.head.last)


def change_records(
    ramp: Ramp,
    *,
    identifier: str,
    kind: str,
    title: str,
    request: Json,
    change: RecordsChange,
    after: Progress,
    results: Sequence[GateResult] = (),
    run: Run,
) -> Operation[Any]:
    """Carry out one change of records as an operation, with its checkpoint written first.

    Args:
        ramp: The migration as read.
        identifier: The operation's id.
        kind: The procedure.
        title: One line that says what it does.
        request: What was asked, or decided and from what.
        change: The batch, which is also the checkpoint.
        after: Where the migration stands afterwards.
        results: What the gates said.
        run: Runs each step.

    Raises:
        Conflict: Somebody else changed the records. If the batch was refused nothing was changed
            and the operation is closed as reversed; otherwise it is left open, and says so.
        Failed: It stopped; the operation is left open.
    """
    world = ramp.world
    operation = _operation(
        ramp, identifier, kind=kind, title=title, request=request, work=change, after=after
    )
    operation = _with_evidence(operation, results, at=world.clock.now())
    lease = new_lease(world)
    heads = {ramp.subject: (ramp.head, ramp.etag)}
    run(Step(f"open {title}", lambda: lease.open([operation], heads)))
    participant = records_participant(world, operation, change, operation.after)
    try:
        (closed,) = execute(world, lease, [participant], Status.DONE, run)
    except Failed as error:
        if not isinstance(error.__cause__, Refused):
            raise
        if not participant.refused:
            raise Conflict(str(error)) from error
        _close_untouched(ramp, lease, operation, error.__cause__)
        raise error.__cause__ from error
    return closed


def record(
    ramp: Ramp,
    *,
    kind: str,
    title: str,
    request: Json,
    progress: Progress,
    results: Sequence[GateResult] = (),
) -> Operation[Any]:
    """Record a decision or a person's word that changes nothing outside: one record, one swap.

    Raises:
        Conflict: The migration moved meanwhile; what was decided counts no more.
    """
    world = ramp.world
    identifier = new_identifier(ramp)
    operation = _operation(
        ramp, identifier, kind=kind, title=title, request=request, work=Untold(), after=progress
    )
    operation = _with_evidence(operation, results, at=world.clock.now())
    operation = operation.ended(Status.DONE, world.clock.now(), {})
    head = moves.recorded(ramp.head, operation, operation.after)
    world.journal.write(operation)
    try:
        world.journal.swap(head, ramp.etag)
    except Conflict:
        world.journal.drop(operation)
        raise
    return operation


def _operation(
    ramp: Ramp,
    identifier: str,
    *,
    kind: str,
    title: str,
    request: Json,
    work: RecordsChange | Untold,
    after: Progress,
) -> Operation[Any]:
    return Operation(
        id=identifier,
        subject=ramp.subject,
        kind=kind,
        title=title,
        by=ramp.world.actor,
        begun_at=iso(ramp.world.clock.now()),
        request=request,
        before=ramp.head.state,
        after=progress_to_state(after),
        work=work,
        members=(ramp.subject,),
    )


def _with_evidence(
    operation: Operation[Any], results: Iterable[GateResult], *, at: datetime
) -> Operation[Any]:
    for result in results:
        operation = operation.noted(
            at,
            f"gate {result.gate}: {result.outcome} ({result.reason})",
            gate=result.gate,
            outcome=result.outcome.value,
            start=iso(result.start),
            end=iso(result.end),
            **result.figures,
        )
    return operation


def _close_untouched(
    ramp: Ramp, lease: HeldLease, operation: Operation[Any], why: BaseException
) -> None:
    """Close an operation whose one batch was refused as a whole: nothing was changed."""
    now = ramp.world.clock.now()
    noted = operation.noted(now, f"nothing was changed: {why}")
    ended = replace(noted, after=ramp.head.state).ended(Status.REVERSED, now, {"records": 0})
    lease.close(ended, ramp.head.state)
