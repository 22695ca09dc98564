"""Moving cron jobs: read, decide, do that one thing, record it, and end.

As with a ramp, a schedule that calls it drives a move for days with no process that sleeps, and a
worker that crashed costs nothing, since the next call finishes what it left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, CrossfadeError, Failed, Refused
from crossfade.operations.base.world import cron_subject
from crossfade.operations.cron.move.change import TookBack, record, start, take_back
from crossfade.operations.cron.move.participant import CRONS, MOVE
from crossfade.operations.cron.move.read import gather_facts, mend_preference, read_standing
from crossfade.operations.journal.recall import recalled
from crossfade.operations.journal.settle import settle
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import (
    Done,
    Held,
    Start,
    TakeBack,
    Watching,
    Wish,
    decide,
)
from crossfade.plan.cron.move.move import Standing, seen_more, settled
from crossfade.plan.journal.head import already_open, lapsed
from crossfade.plan.journal.operation import Direction, Status

if TYPE_CHECKING:
    from datetime import timedelta

    from crossfade.operations.base.world import World
    from crossfade.operations.cron.move.read import MovingJob
    from crossfade.operations.journal.step import Run
    from crossfade.plan.cron.move.decide import Decision, Facts
    from crossfade.plan.journal.operation import Operation


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the mover.

    Attributes:
        wish: Which platform is to run the jobs.
        proof_from: How far back to look for ticks that prove the move; None to watch what comes.
        wave: How many jobs are moved at a time; 0 for all.
        dry_run: Only decide; nothing is changed nor recorded.
        take_over: Do not wait for the lease of a worker that has an operation open.
        mover: Whose stage moves them, such as `migrations/shop`; "" for a person.
    """

    wish: Wish = field(default_factory=Wish)
    proof_from: timedelta | None = None
    wave: int = 0
    dry_run: bool = False
    take_over: bool = False
    mover: str = ""


@dataclass(frozen=True)
class Moved:
    """What came of one call for one job.

    Attributes:
        job: The job.
        decision: What was decided; None where something failed.
        standing: Where it stands now.
        operations: What was recorded.
        mended: What was seen and done about a preference that was not as recorded.
        trouble: What failed, or None.
        asked: What was asked.
    """

    job: str
    decision: Decision | None
    standing: Standing
    operations: tuple[Operation[Any, Any], ...] = ()
    mended: str = ""
    trouble: CrossfadeError | None = None
    asked: Asked = field(default_factory=Asked)

    @property
    def unfinished(self) -> bool:
        """Whether it goes on at a later call by itself."""
        return isinstance(self.decision, Start | Watching)

    @property
    def exit_code(self) -> int:
        """0 done or watching; 1 taken back because of its ticks, or failed; 3 where it is held."""
        if self.trouble is not None:
            return self.trouble.exit_code
        match self.decision:
            case TakeBack() if self.asked.wish.to is Platform.NEW:
                return Failed.exit_code
            case Held():
                return Refused.exit_code
        return 0

    def line(self) -> str:
        """Say it in one line."""
        would = "would be " if self.asked.dry_run else ""
        match self.decision:
            case Start(reason=reason):
                text = f"{would}put on the new platform: {reason}"
            case Watching(reason=reason):
                text = f"watching: {reason}"
            case Done(reason=reason):
                text = f"done: {reason}"
            case TakeBack(reason=reason):
                text = f"{would}taken back: {reason}"
            case Held(reason=reason):
                text = f"held: {reason}"
            case _:
                text = str(self.trouble)
        return f"{self.job}: {text}" + (f" ({self.mended})" if self.mended else "")


def move_cron(world: World, name: str, asked: Asked, *, run: Run = directly) -> Moved:
    """Take one decision about one job and do it.

    Raises:
        BadInput: The configuration knows no such job.
        Refused: Another worker has an operation open on it.
        Unavailable: Something that must answer did not.
        Failed: It stopped; the text says what was left.
    """
    if asked.wish.to is Platform.LEGACY:
        world = recalled(world, cron_subject(name), run=run)
    job = read_step(run, f"read {name}", lambda: read_standing(world, name))
    operations: tuple[Operation[Any, Any], ...] = ()
    if job.head.open is not None and not asked.dry_run:
        operations = _settled(job, asked, run)
        job = read_step(run, f"read {name}", lambda: read_standing(world, name))
        if _undone(operations) and asked.wish.to is Platform.NEW:
            trouble = TookBack(f"{operations[0].title} was begun by another worker and taken back")
            return Moved(name, None, job.standing, operations, trouble=trouble, asked=asked)
    mended = "" if asked.dry_run else mend_preference(job)
    facts, decision = read_step(run, f"decide about {name}", lambda: _decided(job, asked))
    told = Moved(name, decision, job.standing, operations, mended, asked=asked)
    world.report.say(told.line())
    if asked.dry_run:
        return told
    try:
        done = _do(job, decision, facts, asked, run)
    except TookBack as error:
        return replace(told, decision=None, trouble=error)
    if done:
        job = read_step(run, f"read {name}", lambda: read_standing(world, name))
    return replace(told, standing=job.standing, operations=(*operations, *done))


def _undone(operations: tuple[Operation[Any, Any], ...]) -> bool:
    """Whether a move that another worker left was taken back instead of being finished."""
    return any(one.kind == MOVE and one.status is Status.REVERSED for one in operations)


def _decided(job: MovingJob, asked: Asked) -> tuple[Facts, Decision]:
    facts = gather_facts(job, asked.wish, asked.proof_from)
    return facts, decide(asked.wish, job.standing, facts)


def _do(
    job: MovingJob, decision: Decision, facts: Facts, asked: Asked, run: Run
) -> tuple[Operation[Any, Any], ...]:
    match decision:
        case Start(reason=reason):
            proof = facts.proof
            return (start(job, proof=proof, reason=reason, mover=asked.mover, run=run),)
        case TakeBack(reason=reason):
            by_ticks = asked.wish.to is Platform.NEW
            by = "" if by_ticks else asked.mover or str(job.world.actor)
            why = f"{reason} by {by}" if by else reason
            return (take_back(job, reason=why, asked_by=by, ticks=facts.ticks, run=run),)
    standing = seen_more(job.standing, facts.ticks)
    if isinstance(decision, Done) and decision.news:
        standing = settled(standing, job.world.clock.now())
    if standing == job.standing:
        return ()
    title = f"watch {job.name}: {decision.reason}"
    step = Step(
        f"record: {title}",
        lambda: record(job, standing, title=title, reason=decision.reason, ticks=facts.ticks),
    )
    return (run(step),)


def _settled(job: MovingJob, asked: Asked, run: Run) -> tuple[Operation[Any, Any], ...]:
    """Settle what a worker left open: a return is finished, and so is a move unless it cannot be.

    Raises:
        Refused: That worker still holds its lease.
    """
    world, there = job.world, job.head.open
    now = world.clock.now()
    if there is None or not (lapsed(job.head, now) or asked.take_over):
        raise Refused(already_open(job.head, now))
    backward = there.direction is Direction.BACK
    if there.kind == MOVE and (backward or asked.wish.to is Platform.LEGACY):
        return _settle(job, Direction.BACK, take_over=asked.take_over, run=run)
    try:
        return _settle(job, Direction.FORWARD, take_over=asked.take_over, run=run)
    except Failed as error:
        if there.kind != MOVE or not isinstance(error.__cause__, Refused):
            raise
    return _settle(job, Direction.BACK, take_over=True, run=run)


def _settle(
    job: MovingJob, direction: Direction, *, take_over: bool, run: Run
) -> tuple[Operation[Any, Any], ...]:
    return settle(job.world, CRONS, job.subject, direction, take_over=take_over, run=run)


def reverse_cron(
    world: World, name: str, *, to: str = "", dry_run: bool = False, run: Run = directly
) -> Moved:
    """Take a job's last move back.

    Args:
        world: The world.
        name: The job.
        to: The operation of that move, or "" for whichever it is.
        dry_run: Only say what would be done.
        run: Runs each step.

    Raises:
        BadInput: `to` is another operation; errors otherwise as of `move_cron`.
    """
    job = read_step(run, f"read {name}", lambda: read_standing(world, name))
    checkpoint = job.standing.checkpoint
    if to and to != checkpoint:
        raise BadInput(
            f"crons/{name} has no checkpoint {to}; what it can return to: {checkpoint or 'none'}"
        )
    return move_cron(world, name, Asked(Wish(Platform.LEGACY), dry_run=dry_run), run=run)
