"""Who ran which tick, and how far the lock can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import configured, reading, working
from crossfade.cli.app.screen import Screen, tell
from crossfade.cli.render.lock import GRADE_CODES, doctor_document, doctor_lines
from crossfade.cli.render.ticks import gathered_document, history_document, history_lines
from crossfade.cronrun.configured import the_one
from crossfade.errors import BadInput, CrossfadeError
from crossfade.operations.cron.ticks.gather import gather as gathering
from crossfade.operations.cron.ticks.history import cron_history
from crossfade.operations.cron.ticks.lock_grade import examine_lock
from crossfade.plan.base.blocks import Line, Tone
from crossfade.plan.base.duration import parse_duration
from crossfade.plan.base.words import instant
from crossfade.plan.cron.claim.records import check_job
from crossfade.plan.cron.claim.terms import LEASE, TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 20
"""Ticks that `history` shows to people unless told otherwise; wrong ones are shown in any case."""

spool_option = click.option(
    "--spool",
    default="",
    metavar="FOLDER",
    help="Read the lines of this host's wrapper too (/var/spool/crossfade), or of a folder with "
    "copies from several hosts.",
)


@click.command
@click.argument("job")
@click.option("--since", default="1d", metavar="SPAN", help="How far to look back, e.g. 12h or 7d.")
@click.option("--at", default="", metavar="TIME", help="Only the tick that was due then.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, help="Newest ticks; 0: all.")
@click.option("--check", is_flag=True, help="Exit with 1 if a tick was missed, failed or doubled.")
@click.option("--picture", default="", metavar="FILE", help="Draw it as .svg or .png.")
@spool_option
@as_json_option
def history(
    job: str,
    *,
    since: str,
    at: str,
    limit: int,
    check: bool,
    picture: str,
    spool: str,
    as_json: bool,
) -> int:
    """Say who ran which tick of JOB: where, when, for how long, how it ended, and what nobody ran.

    Put together from what was gathered, what memcached still knows, and --spool.
    """
    world = reading()
    found = cron_history(
        world,
        job,
        seconds=_seconds(since),
        at=instant(at) if at else None,
        spool=spool,
    )
    if picture:
        from crossfade.cli.commands.draw import draw_history  # noqa: PLC0415  only pictures need it

        draw_history(found, picture)
    if found.trouble:
        tell("warning", f"only what was gathered is shown: {found.trouble}")
    Screen(as_json=as_json).show(history_document(found), history_lines(found, limit))
    return CrossfadeError.exit_code if check and found.wrong else 0


@click.command
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option(
    "--since",
    default="",
    metavar="SPAN",
    help="How far to look back in --spool.  [default: as long as memcached keeps records]",
)
@spool_option
@as_json_option
def gather(jobs: Sequence[str], *, since: str, spool: str, as_json: bool) -> int:
    """Hand the record of who ran which tick on to the journal's bucket, where it stays.

    memcached forgets it after two days. Gathering twice changes nothing, and two may gather at
    once; a run that is not over is gathered again later.
    """
    with working(as_json=as_json) as (world, run):
        found = gathering(
            world, jobs, spool=spool, since=_seconds(since) if since else 0.0, run=run
        )
    lines = [Line(one.line(), Tone.NOTICE if one.trouble else Tone.PLAIN) for one in found]
    Screen(as_json=as_json).show(
        gathered_document(found), lines or [Line("the configuration has no cron jobs yet")]
    )
    return CrossfadeError.exit_code if any(one.trouble for one in found) else 0


@click.command
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--job", "more", multiple=True, metavar="JOB", help="The same as an argument.")
@click.option(
    "--server", default="", metavar="HOST:PORT", help="Ask this memcached; needs no configuration."
)
@click.option("--clock-tolerance", default=TOLERANCE, show_default=True, help="As the wrapper's.")
@click.option("--lease", default=LEASE, show_default=True, help="As the wrapper's.")
@as_json_option
def doctor(
    jobs: Sequence[str],
    *,
    more: Sequence[str],
    server: str,
    clock_tolerance: float,
    lease: int,
    as_json: bool,
) -> int:
    """Say what the lock guarantees: for each JOB, or for all of the configuration.

    Reads the server's flags, losses, age and identity, each side's newest mark with its clock's
    offset, the preferred platform, and the running lease. Exit codes: 0 the guarantee is strong,
    3 it is weak, 1 the lock cannot be used.
    """
    names = [check_job(name) for name in (*jobs, *more)]
    address = server
    if not server:
        settings = configured()
        address = the_one(settings.lock.servers)
        for name in names:
            settings.cron(name)
        names = names or sorted(settings.crons)
    found = examine_lock(address, names, tolerance=clock_tolerance, lease=lease)
    Screen(as_json=as_json).show(doctor_document(found), doctor_lines(found))
    return GRADE_CODES[found.grade]


def _seconds(span: str) -> float:
    seconds = parse_duration(span).total_seconds()
    if not seconds:
        raise BadInput(f"--since {span} is no time at all: write it like 12h or 7d")
    return seconds
