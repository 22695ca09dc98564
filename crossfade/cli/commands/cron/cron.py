"""Cron jobs: who ran which tick, how far the lock can be trusted, and the tables of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

from crossfade import cronrun
from crossfade.cli.app.commands import Commands, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

READERS, TABLES = "crossfade.cli.commands.cron.ticks", "crossfade.cli.commands.cron.tables"
WRAP = "crossfade.cli.commands.cron.wrap"


class CronCommands(Commands):
    """The commands about cron jobs."""

    called: ClassVar[str] = "crossfade cron"
    table: ClassVar[Mapping[str, Entry]] = {
        "run": Entry(
            "crossfade.cli.commands.cron.cron", "run", "Run a command if its tick is won."
        ),
        "history": Entry(READERS, "history", "Say who ran which tick of a job."),
        "gather": Entry(READERS, "gather", "Hand the record of ticks on to the journal's bucket."),
        "doctor": Entry(READERS, "doctor", "Say how far the lock can be trusted."),
        "inventory": Entry(TABLES, "inventory", "List the jobs of crontabs."),
        "lint": Entry(TABLES, "lint", "Say what cron or Kubernetes would not run."),
        "wrap": Entry(WRAP, "wrap", "Put the wrapper before the commands of a crontab."),
        "unwrap": Entry(WRAP, "unwrap", "Give a crontab its lines back."),
        "manifests": Entry(TABLES, "manifests", "Write Kubernetes CronJobs for a crontab."),
        "config": Entry(TABLES, "config", "Print the sections of crossfade.toml for crontabs."),
    }


@click.group(cls=CronCommands)
def cron() -> None:
    """Run each tick of a cron job once on two platforms, and see who did."""


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def run(words: tuple[str, ...]) -> int:
    """Run a command if its tick is won.

    `crossfade cron run` is taken up before this program is loaded, for its start must be light;
    this is where it ends up when it is called in any other way.
    """
    return cronrun.main(list(words))
