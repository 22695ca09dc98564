"""Purge: what deletes releases for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import expect as expect_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen, tell
from crossfade.cli.render.sites import operation_blocks
from crossfade.operations.purge.purge import PurgeRequest
from crossfade.operations.purge.purge import purge as purging
from crossfade.plan.base.blocks import Block, Line, Tone
from crossfade.plan.purge.effects import effects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.plan.purge.text import PurgeOutcome


@click.command
@click.option("--component", default="", metavar="C", help="Purge one component.  [default: all]")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="Newest releases that stay.  [default: the largest keep_releases of the configuration]",
)
@click.option(
    "--versions", is_flag=True, help="Delete noncurrent versions that no checkpoint needs, too."
)
@click.option("--apply", is_flag=True, help="Do it; without it the plan is printed.")
@expect_option
@as_json_option
def purge(
    *,
    component: str,
    keep: int | None,
    versions: bool,
    apply: bool,
    expect: str,
    as_json: bool,
) -> int:
    """Delete old releases, and assets that pages need no longer.

    What is live anywhere, pinned, among the newest, or needed to go back stays in any case.
    """
    request = PurgeRequest(component, keep, apply=apply, versions=versions, expect=expect)
    with working(as_json=as_json, dry_run=not apply) as (world, run):
        outcome = purging(world, request, run)
    Screen(as_json=as_json).show(outcome.document(), _blocks(outcome))
    for name, why in () if as_json else outcome.refused.items():
        tell("refused", f"{name}: {why}")
    return outcome.exit_code


def _blocks(outcome: PurgeOutcome) -> Iterator[Block]:
    if not outcome.dry_run:
        yield from operation_blocks(tuple(outcome.operations.values()))
        for plan in outcome.plans:
            if plan.nothing:
                yield Line(plan.line())
        return
    for plan in outcome.plans:
        yield Line(plan.line(), Tone.TITLE)
        yield from effects(plan, done=False)
    if any(not plan.nothing for plan in outcome.plans):
        yield Line(f"nothing was deleted; --apply --plan {outcome.digest} does exactly this")
