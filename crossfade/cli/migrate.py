"""Migrations: run one, take one decision, freeze it, and go back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.command import as_json as as_json_option
from crossfade.cli.command import dry_run as dry_run_option
from crossfade.cli.command import reading, working
from crossfade.cli.screen import Screen, log
from crossfade.cli.settle import take_over_option
from crossfade.cli.show_ramp import (
    advanced_answer,
    preview_answer,
    returned_answer,
    said_answer,
)
from crossfade.operations import ramp_back, ramp_consent
from crossfade.operations.migrate import migrate as migrating
from crossfade.operations.ramp_advance import advance as advancing
from crossfade.operations.ramp_gates import foretell

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.operations.ramp_back import Returned


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


@click.command
@click.argument("name")
@take_over_option
@dry_run_option
@as_json_option
def back(name: str, *, take_over: bool, dry_run: bool, as_json: bool) -> None:
    """Return migration NAME to its previous checkpoint, and freeze it there.

    No gate, window, freeze, missing metric or failed query is in the way.
    """
    _return(ramp_back.back, name, take_over=take_over, dry_run=dry_run, as_json=as_json)


@click.command
@click.argument("name")
@take_over_option
@dry_run_option
@as_json_option
def abort(name: str, *, take_over: bool, dry_run: bool, as_json: bool) -> None:
    """Return migration NAME to its baseline, exactly as it was found, and freeze it there."""
    _return(ramp_back.abort, name, take_over=take_over, dry_run=dry_run, as_json=as_json)


def _return(
    go: Callable[..., Returned], name: str, *, take_over: bool, dry_run: bool, as_json: bool
) -> None:
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        done = go(world, name, take_over=take_over, dry_run=dry_run, run=run)
    Screen(as_json=as_json).show(*returned_answer(done))
