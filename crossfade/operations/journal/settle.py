"""Settling an open operation: `resume` takes it to its end, `reverse` back to its start.

Both work from the journal and from what stands in the world, on any machine, whether Prefect is up
or not. A lease that still runs is waited out, or taken over at once if a person says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossfade.errors import CrossfadeError, Refused
from crossfade.operations.journal.executor import AT_ONCE, execute, new_lease
from crossfade.operations.journal.lease import NOTICE_SECONDS
from crossfade.operations.journal.step import Step, directly
from crossfade.operations.sites.recovery import backward_participant, forward_participant
from crossfade.plan.journal.operation import Direction, Status, lapsed, seconds_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.executor import Participant
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.operation import Head, Operation, Untold

LOOK_SECONDS = 5
"""Between two looks at a lease that is waited out."""


def resume(
    world: World,
    subject: str,
    *,
    take_over: bool = False,
    at_once: bool = False,
    run: Run = directly,
) -> tuple[Operation[Any], ...]:
    """Finish the open operation of a subject; of a train, on all its subjects.

    Args:
        world: The world.
        subject: The subject.
        take_over: Do not wait for the lease to lapse: the other worker sees it within a second or
            so and stops.
        at_once: Make none of the pauses that it was asked to make.
        run: Runs each step.

    Returns:
        The operations that were closed; none where none was open.
    """
    return _settle(world, subject, Direction.FORWARD, take_over=take_over, at_once=at_once, run=run)


def reverse_open(
    world: World, subject: str, *, take_over: bool = False, run: Run = directly
) -> tuple[Operation[Any], ...]:
    """Take the open operation of a subject back to its start; arguments as for `resume`."""
    return _settle(world, subject, Direction.BACK, take_over=take_over, run=run)


def _settle(
    world: World,
    subject: str,
    direction: Direction,
    *,
    take_over: bool,
    at_once: bool = False,
    run: Run,
) -> tuple[Operation[Any], ...]:
    head, _ = world.journal.head(subject)
    if head.open is None:
        return ()
    head = run(Step(f"wait for {subject}", lambda: _waited(world, head, take_over=take_over)))
    if head.open is None:
        return ()
    verb = "resume" if direction is Direction.FORWARD else "reverse"
    title = f"{verb} {head.open.title}"
    hold = new_lease(world)
    operation, members = head.open.operation, head.open.members

    def take() -> Sequence[Participant]:
        records = [world.journal.record(member, operation) for member in members]
        build = forward_participant if direction is Direction.FORWARD else backward_participant
        try:
            held = [record for record in records if hold.take_over(record, direction)]
            if not lapsed(head, world.clock.now()):
                world.sleep(NOTICE_SECONDS)
            participants = [
                build(world, _noted(world, record, verb, at_once=at_once)) for record in held
            ]
            for participant in participants:
                hold.adopt(participant.operation)
        except CrossfadeError as error:
            hold.release(str(error))
            raise
        return participants

    world.report.say(title)
    participants = run(Step(f"take over {head.open.title}", take))
    status = Status.DONE if direction is Direction.FORWARD else Status.REVERSED
    return execute(world, hold, participants, status, run)


def _noted(
    world: World, record: Operation[Untold], verb: str, *, at_once: bool
) -> Operation[Untold]:
    now = world.clock.now()
    if at_once:
        return record.noted(now, f"{verb}d at once by {world.actor}", **{AT_ONCE: True})
    return record.noted(now, f"{verb}d by {world.actor}")


def _waited(world: World, head: Head, *, take_over: bool) -> Head:
    """Wait until the lease of the open operation has lapsed, saying how long.

    Raises:
        Refused: Its worker is alive and goes on extending the lease.
    """
    there = head.open
    while head.open is not None and not take_over and not lapsed(head, world.clock.now()):
        if there is not None and head.open.operation != there.operation:
            raise Refused(f"{head.subject}: another operation was opened meanwhile; look again")
        left = seconds_left(head, world.clock.now())
        world.report.say(
            f"{head.open.title} is held by its worker for another {left:.0f} s; waiting "
            "(--take-over does not wait)"
        )
        world.sleep(min(left + 1, LOOK_SECONDS))
        head, _ = world.journal.head(head.subject)
    return head
