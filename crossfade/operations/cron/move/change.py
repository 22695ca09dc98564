"""Writing to a job's journal: moves, returns, and what was seen meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Conflict, Failed, Refused
from crossfade.operations.cron.move.list import list_of
from crossfade.operations.cron.move.participant import BACK, MOVE, REVERSE, MoveParticipant
from crossfade.operations.cron.move.read import read_found, usual_of
from crossfade.operations.journal.executor import execute, new_lease
from crossfade.operations.journal.settle import reverse_open
from crossfade.operations.journal.step import Step
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.move import (
    Move,
    Owner,
    Standing,
    TakenBack,
    Watch,
    standing_from_state,
    standing_to_state,
)
from crossfade.plan.cron.move.watch import sentence
from crossfade.plan.journal import operation as moves
from crossfade.plan.journal.operation import Operation, Status, Untold, iso, operation_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.operations.cron.move.read import MovingJob
    from crossfade.operations.journal.step import Run
    from crossfade.plan.cron.move.move import TickSeen
    from crossfade.plan.journal.operation import Json


class TookBack(Failed):
    """A move met what it must not overwrite, and what it had done was taken back."""


def start(
    job: MovingJob, *, proof: tuple[TickSeen, ...] | None, reason: str, mover: str, run: Run
) -> Operation[Any]:
    """Put a job on the new platform's list and make new preferred, with its checkpoint first.

    Args:
        job: The job as read.
        proof: Ticks that prove it already; None to watch those that come.
        reason: Why it may begin.
        mover: Whose stage moves it, or "".
        run: Runs each step.

    Raises:
        TookBack: Somebody else changed the list or the preference; all is as it was found.
        Failed: It stopped and is left open.
    """
    world, now = job.world, job.world.clock.now()
    found = read_found(job)
    identifier = operation_id(now, world.chance(), after=job.head.last)
    prefer = Preference(str(Platform.NEW), now.timestamp(), identifier)
    after = Owner(Platform.NEW, list_of(world, job.name).entry(by=identifier), prefer)
    before = Owner(job.standing.platform, found.listed.entry, found.preferred)
    watch = Watch(
        since=now,
        ticks=job.cron.watch,
        usual=usual_of(job),
        applies_until=now if job.cron.on == "document" else None,
        seen=proof or (),
    )
    standing = Standing(
        platform=Platform.NEW,
        preferred=prefer,
        checkpoint=identifier,
        watch=watch,
        moved_at=None if proof is None else now,
        mover=mover or job.standing.mover,
    )
    operation = _operation(
        job,
        identifier,
        kind=MOVE,
        title=f"move {job.name} to new",
        request={"job": job.name, "to": "new", "reason": reason, "mover": mover},
        work=Move(before, after, found.listed.version),
        after=standing,
        ticks=proof or (),
    )
    return _carried(job, operation, strict=True, run=run)


def take_back(
    job: MovingJob, *, reason: str, asked_by: str, ticks: tuple[TickSeen, ...] = (), run: Run
) -> Operation[Any]:
    """Return a job to the checkpoint of its move.

    Args:
        job: The job as read.
        reason: Why.
        asked_by: Who asked for it: a person or a migration; "" for what its ticks showed.
        ticks: Ticks that were judged just now.
        run: Runs each step.

    Raises:
        Failed: It stopped and is left open; the text says what was left.
    """
    world, now = job.world, job.world.clock.now()
    recorded = world.journal.operation(job.subject, job.standing.checkpoint, Move)
    found = read_found(job, last=recorded.work.after)
    before = Owner(job.standing.platform, found.listed.entry, found.preferred)
    was = standing_from_state(recorded.before)
    returned = replace(
        was,
        platform=recorded.work.before.platform,
        preferred=recorded.work.before.preferred,
        taken_back=TakenBack(now, reason, asked_by),
        mover=job.standing.mover,
    )
    operation = _operation(
        job,
        operation_id(now, world.chance(), after=job.head.last),
        kind=REVERSE if asked_by else BACK,
        title=f"take {job.name} back to {returned.platform}",
        request={"job": job.name, "reason": reason, "checkpoint": recorded.id},
        work=Move(before, recorded.work.before, found.listed.version),
        after=returned,
        ticks=ticks,
    )
    return _carried(job, operation, strict=False, run=run)


def record(
    job: MovingJob, standing: Standing, *, title: str, reason: str, ticks: tuple[TickSeen, ...]
) -> Operation[Any]:
    """Record what was seen; nothing outside is changed.

    Raises:
        Conflict: The job's record was changed meanwhile; what was decided counts no more.
    """
    world, now = job.world, job.world.clock.now()
    operation = _operation(
        job,
        operation_id(now, world.chance(), after=job.head.last),
        kind=MOVE,
        title=title,
        request={"job": job.name, "reason": reason},
        work=Untold(),
        after=standing,
        ticks=ticks,
    )
    operation = operation.ended(Status.DONE, now, {"jobs": 0})
    head = moves.recorded(job.head, operation, operation.after)
    world.journal.write(operation)
    try:
        world.journal.swap(head, job.etag)
    except Conflict:
        world.journal.drop(operation)
        raise
    return operation


def _operation(
    job: MovingJob,
    identifier: str,
    *,
    kind: str,
    title: str,
    request: Json,
    work: Move | Untold,
    after: Standing,
    ticks: Iterable[TickSeen],
) -> Operation[Any]:
    now = job.world.clock.now()
    operation: Operation[Any] = Operation(
        id=identifier,
        subject=job.subject,
        kind=kind,
        title=title,
        by=job.world.actor,
        begun_at=iso(now),
        request=request,
        before=job.head.state,
        after=standing_to_state(after),
        work=work,
        members=(job.subject,),
    )
    for tick in ticks:
        operation = operation.noted(
            now,
            sentence(tick),
            tick=tick.minute,
            verdict=tick.verdict,
            platform=tick.platform,
            seconds=tick.seconds,
            exit_code=tick.exit_code,
        )
    return operation


def _carried(
    job: MovingJob, operation: Operation[Any], *, strict: bool, run: Run
) -> Operation[Any]:
    """Open an operation, do its effects and close it."""
    world, title = job.world, operation.title
    hold = new_lease(world)
    heads = {job.subject: (job.head, job.etag)}
    run(Step(f"open {title}", lambda: hold.open([operation], heads)))
    participant = MoveParticipant(
        world, operation, operation.work.after, operation.after, strict=strict
    )
    try:
        (closed,) = execute(world, hold, [participant], Status.DONE, run)
    except Failed as error:
        if not strict or not isinstance(error.__cause__, Refused):
            raise
        reverse_open(world, job.subject, take_over=True, run=run)
        raise TookBack(f"{title} was taken back: {error.__cause__}") from error
    return closed
