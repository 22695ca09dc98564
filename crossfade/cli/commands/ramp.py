"""Migrations: run one, take one decision, freeze it, go back, and end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import dry_run as dry_run_option
from crossfade.cli.app.command import reading, working
from crossfade.cli.app.screen import Screen, log
from crossfade.cli.commands.settle import take_over_option
from crossfade.cli.render.ramp import (
    advanced_answer,
    finished_answer,
    preview_answer,
    returned_answer,
    said_answer,
)
from crossfade.errors import BadInput
from crossfade.operations.ramp import back as ramp_back
from crossfade.operations.ramp import consent as ramp_consent
from crossfade.operations.ramp import finish as ramp_end
from crossfade.operations.ramp.advance import advance as advancing
from crossfade.operations.ramp.ask_gates import foretell
from crossfade.operations.ramp.migrate import migrate as migrating
from crossfade.plan.base.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.ramp.return_plan import Returned


@click.command
@click.argument("name")
@dry_run_option
@as_json_option
def migrate(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Run the ramp of migration NAME to its end, waiting as its stages ask.

    It ends when the ramp is complete (0), went back (1), or waits for a person (3). A dry run
    foretells each stage: weights, least duration, load, and the worst-case time to come back.
    """
    screen = Screen(as_json=as_json)
    if dry_run:
        screen.show(*preview_answer(name, foretell(reading(), name)))
        return 0
    with working(as_json=as_json) as (world, run):
        done = migrating(world, name, seen=lambda told: log(told.line()), run=run)
    screen.show(*advanced_answer(done))
    return done.exit_code


@click.command
@click.argument("name")
@dry_run_option
@as_json_option
def advance(name: str, *, dry_run: bool, as_json: bool) -> int:
    """Read the evidence about migration NAME, take one decision, do it, and end.

    Exit codes: 0 it went on, is complete, or its stage still bakes; 1 it went back; 3 it holds,
    for a gate, a window, a missing approval, a freeze, or a change by somebody else.
    """
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        done = advancing(world, name, dry_run=dry_run, run=run)
    Screen(as_json=as_json).show(*advanced_answer(done))
    return done.exit_code


@click.command
@click.argument("name")
@click.option("--reason", default="", help="Why, for whoever finds it frozen.")
@click.option("--release", is_flag=True, help="Let it go forward again.")
@as_json_option
def hold(name: str, *, reason: str, release: bool, as_json: bool) -> None:
    """Freeze migration NAME: it does not go forward until it is released. Going back stays open."""
    with working(as_json=as_json) as (world, run):
        said = (
            ramp_consent.thaw(world, name, run=run)
            if release
            else ramp_consent.hold(world, name, reason=reason, run=run)
        )
    Screen(as_json=as_json).show(*said_answer(said))


gradual_option = click.option(
    "--gradual",
    is_flag=True,
    help="Pass through the weights of the stages between, and stay at each.",
)
pause_option = click.option(
    "--pause", default="", metavar="TIME", help="The least time at each of them, such as 90s."
)


@click.command
@click.argument("name")
@gradual_option
@pause_option
@take_over_option
@dry_run_option
@as_json_option
def back(
    name: str, *, gradual: bool, pause: str, take_over: bool, dry_run: bool, as_json: bool
) -> int:
    """Return migration NAME to its previous checkpoint, and freeze it there.

    No gate, window, freeze, missing metric or failed query is in the way.
    """
    return _return(
        ramp_back.back,
        name,
        gradual=gradual,
        pause=pause,
        take_over=take_over,
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command
@click.argument("name")
@gradual_option
@pause_option
@take_over_option
@dry_run_option
@as_json_option
def abort(
    name: str, *, gradual: bool, pause: str, take_over: bool, dry_run: bool, as_json: bool
) -> int:
    """Return migration NAME to its baseline, exactly as it was found, and freeze it there.

    During a gradual return it goes the rest of the way at once.
    """
    return _return(
        ramp_back.abort,
        name,
        gradual=gradual,
        pause=pause,
        take_over=take_over,
        dry_run=dry_run,
        as_json=as_json,
    )


@click.command
@click.argument("name")
@click.option(
    "--simple",
    is_flag=True,
    help="Make the weighted pairs simple records of new instead, which can be taken back.",
)
@click.option(
    "--without-proof",
    default="",
    metavar="REASON",
    help="Declare it whatever the proof says; the reason goes into the journal.",
)
@dry_run_option
@as_json_option
def finish(name: str, *, simple: bool, without_proof: str, dry_run: bool, as_json: bool) -> None:
    """Declare the point of no return of migration NAME, once legacy is proven drained.

    It gives up the way back and changes nothing outside. Make the records simple first, if you want
    them so: `--simple` does that and nothing else, and can be taken back.
    """
    if simple and without_proof:
        raise BadInput("--simple needs no proof: leave --without-proof away")
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        done = (
            ramp_end.make_simple(world, name, dry_run=dry_run, run=run)
            if simple
            else ramp_end.finish(world, name, without_proof=without_proof, dry_run=dry_run, run=run)
        )
    Screen(as_json=as_json).show(*finished_answer(done))


def _return(
    go: Callable[..., Returned],
    name: str,
    *,
    gradual: bool,
    pause: str,
    take_over: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    kind, _, rest = name.partition("/")
    if rest and kind == "tandems":
        raise BadInput(
            f"{name} is a tandem and has no weights: `crossfade tandem {rest} --back` returns both "
            "platforms, an open release first"
        )
    if pause and not gradual:
        raise BadInput(f"--pause {pause} is for a gradual return: add --gradual, or leave it away")
    least = parse_duration(pause) if pause else None
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        done = go(
            world,
            name,
            gradual=gradual,
            pause=least,
            take_over=take_over,
            dry_run=dry_run,
            run=run,
        )
    Screen(as_json=as_json).show(*returned_answer(done))
    return done.exit_code
