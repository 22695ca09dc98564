"""Writing to a migration's journal: changes of records that are done, and mere decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from crossfade.errors import Conflict, Failed, Refused
from crossfade.operations.journal import begin
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.executor import perform
from crossfade.operations.ramp.participants.traffic import records_participant
from crossfade.plan.journal.operation import Untold, iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.participants.records import RecordsParticipant
    from crossfade.operations.ramp.read import Ramp
    from crossfade.plan.dns.change import RecordsChange
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.ramp.progress import Progress

RampOperation: TypeAlias = "Operation[Any, Progress]"
"""An operation of a migration."""


def refuse_if_open(ramp: Ramp) -> None:
    """Refuse to act beside an open operation.

    Raises:
        Refused: One is open; the text names it.
    """
    begin.refuse_if_open(ramp.world, ramp.head)


def new_identifier(ramp: Ramp) -> str:
    """Name the operation that is going to be recorded."""
    return begin.new_identifier(ramp.world, [ramp.head])


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
) -> RampOperation:
    """Change records as an operation, with its checkpoint written first.

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
    intent = Intent(
        head=ramp.head,
        etag=ramp.etag,
        title=title,
        request=request,
        work=change,
        after=after,
        evidence=_evidence(results),
    )

    def participants(operations: Sequence[Operation[Any, Any]]) -> list[RecordsParticipant]:
        return [records_participant(ramp.world, one, change, one.after) for one in operations]

    try:
        (closed,) = perform(
            ramp.world, kind, [intent], participants, identifier=identifier, run=run
        )
    except Failed as error:
        if isinstance(error.__cause__, Refused):
            raise Conflict(str(error)) from error
        raise
    return closed


def record(
    ramp: Ramp,
    *,
    kind: str,
    title: str,
    request: Json,
    progress: Progress,
    results: Sequence[GateResult] = (),
) -> RampOperation:
    """Record a decision or a person's word that changes nothing outside: one record, one swap.

    Raises:
        Conflict: The migration moved meanwhile; what was decided counts no more.
    """
    intent = Intent(
        head=ramp.head,
        etag=ramp.etag,
        title=title,
        request=request,
        work=Untold(),
        after=progress,
        evidence=_evidence(results),
    )
    return begin.record(ramp.world, kind, intent, figures={})


def _evidence(results: Iterable[GateResult]) -> tuple[tuple[str, Json], ...]:
    return tuple(
        (
            f"gate {result.gate}: {result.outcome} ({result.reason})",
            {
                "gate": result.gate,
                "outcome": result.outcome.value,
                "start": iso(result.start),
                "end": iso(result.end),
                **result.figures,
            },
        )
        for result in results
    )
