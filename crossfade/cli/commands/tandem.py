"""Tandems: release one version to both platforms, and report that one is ready."""

from __future__ import annotations

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import dry_run as dry_run_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen, log
from crossfade.cli.commands.settle import take_over_option
from crossfade.cli.render.tandems import ready_answer, tandem_answer
from crossfade.operations.tandem.inbox import ready as report
from crossfade.operations.tandem.order import Ordered, carry_out
from crossfade.plan.base.platform import Platform

_PLATFORMS = click.Choice([str(platform) for platform in Platform])


@click.command
@click.argument("name")
@click.argument("version", default="")
@click.option("--commit", default="", metavar="SHA", help="The commit that it must be built from.")
@click.option("--wait", default="", metavar="TIME", help="Wait so long for its end, such as 30m.")
@click.option("--again", is_flag=True, help="Release a version once more that was taken back.")
@click.option("--reason", default="", metavar="WHY", help="Why; goes into the journal.")
@click.option(
    "--contains", multiple=True, metavar="VERSION", help="A hotfix that it contains, and so ends."
)
@click.option("--only", default="", type=click.Choice(["", "legacy", "new"]), help="A hotfix.")
@click.option("--until", default="", metavar="TIME", help="How long the hotfix is meant to last.")
@click.option("--back", is_flag=True, help="Return both platforms to what they ran before.")
@take_over_option
@dry_run_option
@as_json_option
def tandem(
    name: str,
    version: str,
    *,
    commit: str,
    wait: str,
    again: bool,
    reason: str,
    contains: tuple[str, ...],
    only: str,
    until: str,
    back: bool,
    take_over: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Release VERSION to both platforms of tandem NAME, as soon as both are ready with it.

    Without a VERSION it takes one decision about what waits, settles what a worker left, and looks
    whether both still run the same; a schedule calls it so.

    Exit codes: 0 both run it; 1 it was taken back, or both differ because of it; 3 it waits, was
    superseded by a newer one, or somebody has to look.
    """
    order = Ordered(
        name=name,
        version=version,
        commit=commit,
        wait=wait,
        again=again,
        reason=reason,
        contains=contains,
        only=only,
        until=until,
        back=back,
        take_over=take_over,
        dry_run=dry_run,
    )
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        done = carry_out(world, order, heard=log, run=run)
    Screen(as_json=as_json).show(*tandem_answer(done))
    return done.exit_code


@click.command
@click.argument("name")
@click.option("--platform", required=True, type=_PLATFORMS, help="The platform that is ready.")
@click.option("--version", required=True, help="The version that it could run at once.")
@click.option(
    "--digest",
    default="",
    help="The digest of the configuration; the other platform must report the same.",
)
@click.option("--artifact", default="", help="What it runs, such as an image by its digest.")
@click.option("--commit", default="", metavar="SHA", help="The commit that it was built from.")
@as_json_option
def ready(
    name: str,
    *,
    platform: str,
    version: str,
    digest: str,
    artifact: str,
    commit: str,
    as_json: bool,
) -> None:
    """Report that one platform of tandem NAME could run a version at once.

    A pipeline of either platform calls it and need not know of the other one.
    """
    with working(as_json=as_json) as (world, run):
        said = report(
            world,
            name,
            Platform(platform),
            version,
            digest=digest,
            artifact=artifact,
            commit=commit,
            run=run,
        )
    Screen(as_json=as_json).show(*ready_answer(name, said))
