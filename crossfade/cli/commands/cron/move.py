"""Moving cron jobs to the new platform, and back."""

from __future__ import annotations

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import dry_run as dry_run_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen, log
from crossfade.cli.commands.settle import take_over_option
from crossfade.cli.render.moves import moved_answer
from crossfade.errors import BadInput
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.cron.move.waves import begun, exit_code_of, move_and_wait, move_crons
from crossfade.plan.base.duration import parse_duration
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Wish


@click.command("move-cron")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option(
    "--to",
    type=click.Choice([str(platform) for platform in Platform]),
    default=str(Platform.NEW),
    show_default=True,
    help="Which platform is to run them.",
)
@click.option(
    "--wave",
    type=click.IntRange(min=1),
    help="Move N jobs at a time; the next ones when those are done.  [default: all]",
)
@click.option(
    "--proof-from",
    metavar="PERIOD",
    default="",
    help="Take the ticks that new ran in this time, such as 2d, as the proof.",
)
@click.option("--again", is_flag=True, help="Try again what was taken back before.")
@click.option("--wait", is_flag=True, help="Wait until each is done, taken back or held.")
@take_over_option
@dry_run_option
@as_json_option
def move_cron(
    jobs: tuple[str, ...],
    *,
    to: str,
    wave: int | None,
    proof_from: str,
    again: bool,
    wait: bool,
    take_over: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Take one decision about moving each JOB, do it, and end.

    Each job goes on the new platform's list, new becomes preferred, and its next ticks are watched
    by later calls; one that is not as it must be takes the job back. Without a JOB, those that are
    on new or on their way are looked after.

    Exit codes: 0 done or watching; 1 a job was taken back, or failed; 3 one is held.
    """
    asked = Asked(
        wish=Wish(Platform(to), again=again),
        proof_from=parse_duration(proof_from) if proof_from else None,
        wave=wave or 0,
        dry_run=dry_run,
        take_over=take_over,
    )
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        if not jobs and asked.wish.to is Platform.LEGACY:
            raise BadInput("name the jobs that are to go back to legacy")
        names = jobs or begun(world)
        if wait:
            done = move_and_wait(world, names, asked, seen=lambda one: log(one.line()), run=run)
        else:
            done = move_crons(world, names, asked, run=run)
    Screen(as_json=as_json).show(*moved_answer(done))
    return exit_code_of(done)
