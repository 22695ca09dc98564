"""Readers: status and history. They change nothing and open no operation."""

from __future__ import annotations

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import reading
from crossfade.cli.app.screen import Screen
from crossfade.cli.render.documents import live_document, operation_document, status_document
from crossfade.cli.render.ramp import standing_code
from crossfade.cli.render.sites import history_blocks, live_at_line, status_blocks
from crossfade.errors import BadInput, Failed
from crossfade.operations.status import status as read
from crossfade.plan.base.blocks import Line
from crossfade.plan.base.words import instant
from crossfade.plan.journal.operation import iso

SHOWN = 20
"""Operations that `history` shows to people unless told otherwise."""

WATCH_SECONDS = 2
"""Between two looks of `status --watch`."""


@click.command
@click.argument("subject", default="")
@click.option("--watch", is_flag=True, help="Follow a migration until it is complete or goes back.")
@click.option("--picture", default="", metavar="FILE", help="Draw a migration as .svg or .png.")
@as_json_option
def status(subject: str, *, watch: bool, picture: str, as_json: bool) -> int:
    """Say what is live and what is open.

    SUBJECT is a site such as sites/production/web, a component's releases such as releases/web, a
    migration such as migrations/shop, a cron job such as crons/reports.daily, or a tandem such as
    tandems/shop; without it, all of the configuration and of the journal are listed.

    Of one migration the exit code tells how it stands: 0 it goes on or is complete, 1 it went back,
    3 it waits for a person.
    """
    if watch and (as_json or not subject.startswith("migrations/")):
        raise BadInput("--watch follows one migration, such as migrations/shop, without --json")
    world, screen = reading(), Screen(as_json=as_json)
    if picture:
        _must_be_migration(subject)
        from crossfade.cli.commands.draw import draw_timeline  # noqa: PLC0415  `status` itself must be quick

        draw_timeline(world, subject.partition("/")[2], picture)
    while True:
        found = read.status(world, subject)
        if watch:
            click.clear()
        blocks = status_blocks(found) if found else [Line("no environment has a component yet")]
        screen.show(status_document(found), blocks)
        progress = found[0].progress if subject else None
        code = 0 if progress is None else standing_code(progress)
        if any(one.trouble for one in found):
            return Failed.exit_code
        if not watch or progress is None or code or progress.completed_at is not None:
            return code
        world.sleep(WATCH_SECONDS)


@click.command
@click.argument("subject")
@click.option("--at", default="", metavar="TIME", help="Say what was live then; UTC or with zone.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"List the newest N operations; 0 lists all.  [default: {SHOWN}; with --json all]",
)
@as_json_option
def history(subject: str, *, at: str, limit: int | None, as_json: bool) -> None:
    """List the operations of a subject: when, by whom, from what to what, and how it ended.

    SUBJECT is a site such as sites/production/web, or a component's releases such as releases/web.
    """
    world, screen = reading(), Screen(as_json=as_json)
    if at:
        moment = instant(at)
        _must_be_site(subject)
        live = read.live_at(read.history(world, subject), moment)
        document = {"subject": subject, "at": iso(moment), "live": live_document(live)}
        screen.show(document, [live_at_line(subject, iso(moment), live)])
        return
    most = (0 if as_json else SHOWN) if limit is None else limit
    found = read.history(world, subject, most=most + 1 if most else 0)
    if not found:  # a site that left the configuration keeps its history
        read.must_be_known(world, subject)
    shown, more = (found[:most], len(found) > most) if most else (found, False)
    screen.show(
        {
            "subject": subject,
            "operations": [operation_document(one) for one in shown],
            "more": more,
        },
        history_blocks(subject, shown, more=more),
    )


def _must_be_migration(subject: str) -> None:
    if not subject.startswith("migrations/"):
        raise BadInput(
            "--picture draws one migration: name it, as in `crossfade status migrations/shop "
            "--picture shop.svg`"
        )


def _must_be_site(subject: str) -> None:
    if not subject.startswith("sites/"):
        raise BadInput(f"--at answers for sites: {subject!r} is not sites/ENVIRONMENT/COMPONENT")
