"""Releases: which there are, and which of them no purge may delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import reading, working
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.documents import release_document
from crossfade.cli.render.sites import releases_blocks
from crossfade.operations.purge import pins
from crossfade.operations.status import status as read
from crossfade.plan.base.blocks import Line

if TYPE_CHECKING:
    from crossfade.operations.purge.pins import Pinned


class Listing(click.Group):
    """A group that lists where no command of it is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `releases`, `releases web` and `releases --json` as `releases list …`."""
        words = {*self.commands, *self.get_help_option_names(ctx)}
        if not ctx.resilient_parsing and not (args and args[0] in words):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Listing, subcommand_metavar="[COMPONENT] | COMMAND [ARGS]...")
def releases() -> None:
    """List the releases of COMPONENT, or of all; keep some of them from every purge."""


@releases.command("list")
@click.argument("component", default="")
@as_json_option
def list_(component: str, *, as_json: bool) -> None:
    """List the releases of COMPONENT, or of all, newest first."""
    world = reading()
    names = [component] if component else sorted(world.settings.components)
    rows = [row for name in names for row in read.releases(world, name)]
    document = {"releases": [release_document(row) for row in rows]}
    Screen(as_json=as_json).show(document, releases_blocks(rows))


@releases.command
@click.argument("component")
@click.argument("version")
@click.option("--why", required=True, metavar="TEXT", help="Whoever unpins it will ask.")
@as_json_option
def pin(component: str, version: str, *, why: str, as_json: bool) -> None:
    """Keep VERSION of COMPONENT from every purge."""
    with working(as_json=as_json) as (world, run):
        done = pins.pin(world, component, version, why, run)
    _show(done, as_json=as_json)


@releases.command
@click.argument("component")
@click.argument("version")
@as_json_option
def unpin(component: str, version: str, *, as_json: bool) -> None:
    """Let purges delete VERSION of COMPONENT again."""
    with working(as_json=as_json) as (world, run):
        done = pins.unpin(world, component, version, run)
    _show(done, as_json=as_json)


def _show(done: Pinned, *, as_json: bool) -> None:
    Screen(as_json=as_json).show(done.document(), [Line(done.line())])
