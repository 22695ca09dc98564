"""Move cron jobs: take one decision about each, or about all that are on new or on their way."""

from __future__ import annotations

from crossfade.errors import Conflict, Failed
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.cron.move.waves import begun, exit_code_of, move_crons
from crossfade.operations.journal.step import read_step
from crossfade.plan.base.duration import parse_duration
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Wish
from flows.parameters import CronNames, PlatformName
from flows.verb import Ended, done, verb
from tasks.artifacts import show_moves
from tasks.steps import run_step
from tasks.world import world_of_run


@verb("move-cron-{jobs}")
def move_cron(
    *,
    jobs: CronNames = (),
    to: PlatformName = "new",
    wave: int = 0,
    proof_from: str = "",
    again: bool = False,
    dry_run: bool = False,
    by: str = "",
) -> Ended:
    """Decide about each job, do that one thing, and end; a schedule makes a move of it.

    The run fails when a job was taken back, so that people hear of it.

    Args:
        jobs: The jobs; empty for those that are on new or on their way.
        to: Which platform is to run them: new or legacy.
        wave: How many are moved at a time; 0 for all.
        proof_from: Take the ticks that new ran in this time, such as 2d, as the proof.
        again: Try again what was taken back before.
        dry_run: Only decide.
        by: Who asks; recorded in the journal.
    """
    world = world_of_run(by)
    asked = Asked(
        wish=Wish(Platform(to), again=again),
        proof_from=parse_duration(proof_from) if proof_from else None,
        wave=wave,
        dry_run=dry_run,
    )
    wanted = list(jobs) or read_step(run_step, "read all jobs", lambda: begun(world))
    moved = move_crons(world, wanted, asked, run=run_step)
    show_moves(moved)
    told = "; ".join(one.line() for one in moved) or "no job is on new or on its way"
    code = exit_code_of(moved)
    if code == Conflict.exit_code:
        raise Conflict(told)
    if code:
        raise Failed(told)
    return done(told)
