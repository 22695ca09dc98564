"""Report: one page that tells everybody what is live, what is under way and what was done."""

from __future__ import annotations

import click

from crossfade.cli.app.command import as_json as as_json_option
from crossfade.cli.app.command import reading
from crossfade.cli.app.screen import Screen
from crossfade.errors import BadInput
from crossfade.plan.base.blocks import Line, Tone
from crossfade.plan.base.words import size


@click.command
@click.argument("subject", default="")
@click.option(
    "--html",
    "file",
    metavar="FILE",
    required=True,
    help="Write it to this file, as one HTML page that needs no other; - for standard output.",
)
@as_json_option
def report(subject: str, *, file: str, as_json: bool) -> None:
    """Write one page that tells everybody how it stands.

    What is live where, what is open, migrations with their pictures and decisions, cron jobs, who
    did what lately, and the ways back as commands. SUBJECT is one such as sites/production/web or
    migrations/shop; without it, the page is about everything. It only reads.
    """
    if file == "-" and as_json:
        raise BadInput("--html - and --json both want standard output: name a file for the page")
    world = reading()
    from crossfade.operations.report.make import make  # noqa: PLC0415  its help needs no extra

    page = make(world, subject)
    if file == "-":
        click.echo(page, nl=False)
        return
    from crossfade.adapters.page.file import save  # noqa: PLC0415  as above

    save(page, file)
    about = subject or "everything"
    Screen(as_json=as_json).show(
        {"subject": subject, "file": file, "bytes": len(page)},
        [Line(f"the page of {about} is in {file}: {size(len(page))}", Tone.GOOD)],
    )
