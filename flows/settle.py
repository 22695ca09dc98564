"""Settle: find operations whose worker is gone, and take them on where that is safe.

A worker that meets an error says so in the journal and gives its lease back: that is for a person.
One that died says nothing and its lease runs out: what it did is taken on in the direction in which
it was going, so that a decision to go back is never turned round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import CrossfadeError, Refused
from crossfade.operations.journal.executor import told_to_stop
from crossfade.operations.journal.step import Step, read_step
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.status.status import status
from crossfade.plan.base.words import count
from crossfade.plan.journal.operation import Direction
from flows.verb import Ended, done, verb
from tasks.artifacts import show_open, show_settled
from tasks.half_done import told_to_run
from tasks.pages import WHERE
from tasks.steps import run_step
from tasks.world import world_of_run

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.status.status import SubjectStatus


@verb("settle")
def settle(*, apply: bool = False, cancelled: str = "", by: str = "") -> Ended:
    """Look at all subjects for operations that nobody works on any more; fails if there are any.

    Args:
        apply: First take on those whose worker died; those that stopped with an error stay.
        cancelled: The id of a cancelled run: do nothing but write into its state what it left half
            done, and how that is ended. The automation of that name gives it.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    if cancelled:
        return done(run_step(Step("tell what is left", lambda: told_to_run(world, cancelled))))
    for found in read_step(run_step, "wait for leases", lambda: deserted(world)) if apply else ():
        take_on(world, found)
    there = read_step(run_step, "read all subjects", lambda: opened(world))
    show_open(there)
    left = [found for found in there if not found.lease_left]
    if left:
        raise Refused(
            f"{len(left)} of {count(len(there), 'open operation')} without a worker: "
            + "; ".join(f"`crossfade status {found.subject}`" for found in left)
            + f"; `resume/{WHERE}` finishes one, `reverse/{WHERE}` takes it back"
        )
    return done(
        f"{count(len(there), 'operation is', 'operations are')} open, each with its worker"
        if there
        else "all closed"
    )


def opened(world: World) -> list[SubjectStatus]:
    """Return the subjects on which an operation is open."""
    return [found for found in status(world) if found.open is not None]


def deserted(world: World) -> list[SubjectStatus]:
    """Wait until every lease that runs now must have been extended, and return the lapsed ones.

    Of a train, the first subject stands for all.
    """
    silent = [found for found in opened(world) if found.open and not found.open.trouble]
    longest = max((found.lease_left for found in silent), default=0.0)
    if longest:
        world.report.say(f"waiting {longest:.0f} s for leases that may have lost their worker")
        world.sleep(longest + 1)
    lapsed: dict[str, SubjectStatus] = {}
    for found in opened(world):
        if found.open and not found.open.trouble and not found.lease_left:
            lapsed.setdefault(found.open.operation, found)
    return list(lapsed.values())


def take_on(world: World, found: SubjectStatus) -> None:
    """Take an operation to where it was going; one that stops again does not stop the others."""
    back = found.open is not None and found.open.direction is Direction.BACK
    try:
        settled = (reverse_open if back else resume)(world, found.subject, run=run_step)
    except CrossfadeError as error:
        if told_to_stop(error):
            raise
        world.report.say(str(error))
    else:
        show_settled(world, settled)
