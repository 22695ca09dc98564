"""Writing to a job's journal: moves, returns, and what was seen meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Failed, Refused
from crossfade.operations.cron.move.list import list_of
from crossfade.operations.cron.move.participant import BACK, CRONS, MOVE, REVERSE, MoveParticipant
from crossfade.operations.cron.move.read import read_found, usual_of
from crossfade.operations.journal import begin
from crossfade.operations.journal.begin import Intent
from crossfade.operations.journal.executor import perform
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import read_step
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference
from crossfade.plan.cron.move.move import Move, Owner, Standing, TakenBack, Watch
from crossfade.plan.cron.move.watch import sentence
from crossfade.plan.journal.operation import Direction, Untold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.cron.move.read import MovingJob
    from crossfade.operations.journal.step import Run
    from crossfade.plan.cron.move.move import TickSeen
    from crossfade.plan.journal.operation import Json, Operation


class TookBack(Failed):
    """A move met what it must not overwrite, and what it had done was taken back."""


def start(
    job: MovingJob, *, proof: tuple[TickSeen, ...] | None, reason: str, mover: str, run: Run
) -> Operation[Any, Any]:
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
    found = read_step(run, f"read how {job.name} is set", lambda: read_found(job))
    identifier = begin.new_identifier(world, [job.head])
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
    intent = _intent(
        job,
        title=f"move {job.name} to new",
        request={"job": job.name, "to": "new", "reason": reason, "mover": mover},
        work=Move(before, after, found.listed.version),
        after=standing,
        ticks=proof or (),
    )
    return _done(job, MOVE, intent, identifier=identifier, strict=True, run=run)


def take_back(
    job: MovingJob, *, reason: str, asked_by: str, ticks: tuple[TickSeen, ...] = (), run: Run
) -> Operation[Any, Any]:
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
    recorded = read_step(
        run,
        f"read the move of {job.name}",
        lambda: world.journal.operation(job.subject, job.standing.checkpoint, Move, Standing),
    )
    found = read_step(
        run,
        f"read how {job.name} is set",
        lambda: read_found(job, last=recorded.work.after),
    )
    before = Owner(job.standing.platform, found.listed.entry, found.preferred)
    returned = replace(
        recorded.before,
        platform=recorded.work.before.platform,
        preferred=recorded.work.before.preferred,
        taken_back=TakenBack(now, reason, asked_by),
        mover=job.standing.mover,
    )
    intent = _intent(
        job,
        title=f"take {job.name} back to {returned.platform}",
        request={"job": job.name, "reason": reason, "checkpoint": recorded.id},
        work=Move(before, recorded.work.before, found.listed.version),
        after=returned,
        ticks=ticks,
    )
    kind = REVERSE if asked_by else BACK
    return _done(job, kind, intent, identifier="", strict=False, run=run)


def record(
    job: MovingJob, standing: Standing, *, title: str, reason: str, ticks: tuple[TickSeen, ...]
) -> Operation[Any, Any]:
    """Record what was seen; nothing outside is changed.

    Raises:
        Conflict: The job's record was changed meanwhile; what was decided counts no more.
    """
    intent = _intent(
        job,
        title=title,
        request={"job": job.name, "reason": reason},
        work=Untold(),
        after=standing,
        ticks=ticks,
    )
    return begin.record(job.world, MOVE, intent, figures={"jobs": 0})


def _intent(
    job: MovingJob,
    *,
    title: str,
    request: Json,
    work: Move | Untold,
    after: Standing,
    ticks: Iterable[TickSeen],
) -> Intent[Any, Standing]:
    return Intent(
        head=job.head,
        etag=job.etag,
        title=title,
        request=request,
        work=work,
        after=after,
        evidence=tuple(
            (
                sentence(tick),
                {
                    "tick": tick.minute,
                    "verdict": tick.verdict,
                    "platform": tick.platform,
                    "seconds": tick.seconds,
                    "exit_code": tick.exit_code,
                },
            )
            for tick in ticks
        ),
    )


def _done(
    job: MovingJob,
    kind: str,
    intent: Intent[Any, Standing],
    *,
    identifier: str,
    strict: bool,
    run: Run,
) -> Operation[Any, Any]:
    """Open an operation, do its effects and close it."""
    world = job.world

    def participants(operations: Sequence[Operation[Any, Any]]) -> list[MoveParticipant]:
        return [
            MoveParticipant(world, one, one.work.after, one.after, strict=strict)
            for one in operations
        ]

    try:
        (closed,) = perform(world, kind, [intent], participants, identifier=identifier, run=run)
    except Failed as error:
        if not strict or not isinstance(error.__cause__, Refused):
            raise
        settle(world, CRONS, job.subject, Direction.BACK, take_over=True, run=run)
        raise TookBack(f"{intent.title} was taken back: {error.__cause__}") from error
    return closed
