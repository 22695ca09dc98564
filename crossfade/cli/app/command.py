"""What the commands share: their options, and the world that they work in."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from crossfade.cli.app.progress import progress
from crossfade.operations.base.world import World, person
from crossfade.operations.journal.step import Repeating
from crossfade.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.journal.step import Run
    from crossfade.settings import Settings

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)
dry_run = click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
expect = click.option(
    "--plan",
    "expect",
    metavar="DIGEST",
    default="",
    help="Do the plan that a dry run printed under this digest, or refuse.",
)


def reading() -> World:
    """Return the world for a reader, which is done before anybody asks how it goes.

    Raises:
        BadInput: The configuration is missing or wrong.
    """
    return World(configured(), person())


def configured() -> Settings:
    """Return the settings, having said what is wrong in them and was left out.

    Raises:
        BadInput: They cannot be used at all.
    """
    settings = load()
    if said := settings.without():
        click.echo(said, err=True)
    return settings


@contextmanager
def working(*, as_json: bool, dry_run: bool = False) -> Iterator[tuple[World, Run]]:
    """Give the world for an operation, and what runs its steps, telling how it goes.

    Args:
        as_json: Standard output is for a script.
        dry_run: Nothing but a plan is asked for.

    Raises:
        BadInput: The configuration is missing or wrong.
    """
    settings = configured()
    with progress(as_json=as_json, dry_run=dry_run) as told:
        world = World(settings, person(), report=told)
        yield world, Repeating(told.run, world.sleep, told.say)
