"""Putting the wrapper before the commands of crontabs, and taking it away again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from crossfade.adapters.cron.crontab import read_tables, write_table
from crossfade.cli.app.screen import Screen, tell
from crossfade.cli.commands.cron.live import live_tables
from crossfade.cli.render.table_options import (
    as_json_option,
    chosen_names,
    dialect_option,
    files,
    must_be_there,
    name_option,
    only_option,
    options_option,
    passwd_option,
    program_option,
    server_option,
    users_option,
    wrapper_options,
)
from crossfade.cli.render.tables import passed_lines, rewritten_document, rewritten_lines
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.table.tables import listed_jobs, unwrapped_table, wrapped_table
from crossfade.plan.cron.table.wrap import Wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.adapters.cron.crontab import Table
    from crossfade.plan.cron.table.tables import Rewritten


@click.command
@files
@users_option
@dialect_option
@passwd_option
@name_option
@only_option
@server_option
@click.option(
    "--platform",
    type=click.Choice([one.value for one in Platform]),
    default=Platform.LEGACY.value,
    show_default=True,
    help="Where the tables are.",
)
@program_option
@options_option
@click.option("--write", is_flag=True, help="Write the tables; else print what would change.")
@as_json_option
def wrap(
    paths: Sequence[str],
    *,
    users: bool,
    dialect: str,
    passwd: str,
    named: Sequence[str],
    only: Sequence[str],
    server: str,
    platform: str,
    program: str,
    options: str,
    write: bool,
    as_json: bool,
) -> None:
    """Put the wrapper before the commands of crontabs; each original stays in a comment.

    A table that its cron refuses as a whole is refused here too.
    """
    wrapper = Wrapper(tuple(shlex.split(program)), wrapper_options(server, options), platform)
    tables = live_tables(paths, users=users, dialect=dialect, passwd=passwd)
    names = chosen_names(named, tables)
    jobs = [job for table in tables for job in listed_jobs(table.crontab, "", names)]
    must_be_there(only, [job.name for job in jobs])
    _rewrite(
        tables,
        lambda table: wrapped_table(table.crontab, wrapper, names=names, only=only),
        write=write,
        as_json=as_json,
    )


@click.command
@files
@users_option
@only_option
@click.option("--write", is_flag=True, help="Write the tables; else print what would change.")
@as_json_option
def unwrap(
    paths: Sequence[str], *, users: bool, only: Sequence[str], write: bool, as_json: bool
) -> None:
    """Give crontabs the lines back that they had before they were wrapped, byte for byte."""
    tables = read_tables(paths, users=users)
    jobs = [job for table in tables for job in listed_jobs(table.crontab, "", {})]
    must_be_there(only, [job.name for job in jobs if job.wrapped])
    _rewrite(
        tables,
        lambda table: unwrapped_table(table.crontab, only),
        write=write,
        as_json=as_json,
    )


def _rewrite(
    tables: Sequence[Table],
    change: Callable[[Table], Rewritten],
    *,
    write: bool,
    as_json: bool,
) -> None:
    """Change tables, or show what would change."""
    found = [(table, change(table)) for table in tables]  # all are planned before one is written
    for table, rewritten in found:
        if write and rewritten.names:
            write_table(table, rewritten.after)
    screen = Screen(as_json=as_json)
    screen.show(rewritten_document(found, written=write), rewritten_lines(found, written=write))
    for text in passed_lines(found):
        tell("note", text)
