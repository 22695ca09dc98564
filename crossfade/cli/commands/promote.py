"""Promote and rollback: what changes which release is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import dry_run as dry_run_option
from crossfade.cli.app.command import expect as expect_option
from crossfade.cli.app.command import working
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.documents import outcome_document
from crossfade.cli.render.plan import outcome_blocks
from crossfade.errors import BadInput
from crossfade.operations.base.world import site_subject
from crossfade.operations.sites.promote import PromoteRequest
from crossfade.operations.sites.promote import promote as promoting
from crossfade.operations.sites.rollback import RollbackRequest
from crossfade.operations.sites.rollback import rollback as rolling_back
from crossfade.plan.sites.rollback import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command
@click.argument("environment")
@click.argument("component")
@click.argument("version")
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="COMPONENT=VERSION",
    help="Another component that goes live, and comes back, together with it; may be repeated.",
)
@dry_run_option
@expect_option
@as_json_option
def promote(
    environment: str,
    component: str,
    version: str,
    *,
    others: Sequence[str],
    dry_run: bool,
    expect: str,
    as_json: bool,
) -> None:
    """Make VERSION of COMPONENT live in ENVIRONMENT.

    New assets are copied first and entry pages last; assets that left the release stay for pages
    that visitors have open. Every step is recorded before it is done and can be taken back.
    """
    versions = _train(component, version, others)
    request = PromoteRequest(environment, versions, dry_run=dry_run, expect=expect)
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        outcome = promoting(world, request, run)
    back = f"crossfade rollback {environment} {component}"
    Screen(as_json=as_json).show(outcome_document(outcome), outcome_blocks(outcome, back=back))


@click.command
@click.argument("environment")
@click.argument("component")
@click.option(
    "--to",
    default="",
    metavar="VERSION|CHECKPOINT",
    help="A version that was live before, or the id of an operation to go back before.  "
    "[default: what was live before]",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.AUTO.value,
    show_default=True,
    help="Promote the earlier release again (redeploy), or put back the objects that the "
    "checkpoints recorded (restore); auto redeploys where that release is still there.",
)
@click.option(
    "--if-live",
    default="",
    metavar="VERSION",
    help="Do it only where this version is live, else do nothing: safe to repeat.",
)
@dry_run_option
@expect_option
@as_json_option
def rollback(
    environment: str,
    component: str,
    *,
    to: str,
    mode: str,
    if_live: str,
    dry_run: bool,
    expect: str,
    as_json: bool,
) -> None:
    """Make live in ENVIRONMENT what was live before of COMPONENT.

    Components that were promoted together come back together.
    """
    request = RollbackRequest(
        environment,
        component,
        to=to,
        mode=Mode(mode),
        dry_run=dry_run,
        expect=expect,
        if_live=if_live,
    )
    with working(as_json=as_json, dry_run=dry_run) as (world, run):
        outcome = rolling_back(world, request, run)
    back = f"crossfade reverse {site_subject(environment, component)} --last"
    Screen(as_json=as_json).show(outcome_document(outcome), outcome_blocks(outcome, back=back))


def _train(component: str, version: str, others: Sequence[str]) -> dict[str, str]:
    """Return the version of each component that goes live.

    Raises:
        BadInput: One of them is not COMPONENT=VERSION, or a component is named twice.
    """
    versions = {component: version}
    for other in others:
        name, equals, wanted = other.partition("=")
        if not (name and equals and wanted):
            raise BadInput(f"--with {other} is not COMPONENT=VERSION, such as checkout=2.0.1")
        if name in versions:
            raise BadInput(f"{name} is named twice ({versions[name]} and {wanted}): name it once")
        versions[name] = wanted
    return versions
