"""The options that the commands about crontabs share."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from crossfade.cronrun.lock.address import read_address
from crossfade.errors import BadInput
from crossfade.plan.cron.table.dialect import Dialect
from crossfade.settings.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.adapters.cron.crontab import Table

PROGRAM = "crossfade cron run"

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)
files = click.argument("paths", nargs=-1, required=True, metavar="FILE...")
users_option = click.option(
    "--user", "users", is_flag=True, help="They are users' own tables: their lines name no user."
)
dialect_option = click.option(
    "--cron",
    "dialect",
    type=click.Choice([one.value for one in Dialect]),
    default=Dialect.DEBIAN.value,
    show_default=True,
    help="Whose tables they are.",
)
passwd_option = click.option(
    "--passwd",
    default="",
    metavar="FILE",
    help="A copy of /etc/passwd of the tables' host: who its users are.",
)
zone_option = click.option(
    "--timezone",
    "zone",
    default="",
    metavar="ZONE",
    help="The time zone in which cron reads them.  [default: this host's]",
)
name_option = click.option(
    "--name",
    "named",
    multiple=True,
    metavar="LINE=JOB",
    help="Name the job on a line, where FILE is one table; others get the names that `inventory` "
    "suggests.",
)
only_option = click.option("--only", multiple=True, metavar="JOB", help="Only this job.")
server_option = click.option("--server", default="", metavar="HOST:PORT", help="The memcached.")
options_option = click.option(
    "--options",
    default="",
    metavar="OPTIONS",
    help="More for the wrapper, e.g. '--handicap 60 --max-runtime 600'.",
)
program_option = click.option(
    "--program",
    default=PROGRAM,
    show_default=True,
    metavar="WORDS",
    help="How to call the wrapper, e.g. /usr/local/bin/crossfade-cron.",
)


def wrapper_options(server: str, options: str) -> tuple[str, ...]:
    """Return what all calls of the wrapper have in common.

    Raises:
        BadInput: The server is no address of a memcached, or a quote in the options has no end.
    """
    if server:
        read_address(server, source="--server")
    try:
        more = shlex.split(options)
    except ValueError as error:
        raise BadInput(f"--options {options!r} cannot be split into words: {error}") from error
    return (*(("--server", server) if server else ()), *more)


def must_be_there(only: Sequence[str], names: Iterable[str]) -> None:
    """Refuse a name that no job of the tables has.

    Raises:
        BadInput: There is one.
    """
    known = set(names)
    for name in only:
        if name not in known:
            raise BadInput(
                f"the tables have no job {name!r}{nearest(name, tuple(known))}: "
                "`crossfade cron inventory` lists them"
            )


def chosen_names(named: Sequence[str], tables: Sequence[Table]) -> dict[int, str]:
    """Read names that were chosen for lines.

    Raises:
        BadInput: They cannot be read, or there are several tables.
    """
    if named and len(tables) != 1:
        raise BadInput("--name is for one table: give one FILE")
    names = {}
    for text in named:
        line, separator, name = text.partition("=")
        if not separator or not line.isdecimal():
            raise BadInput(f"--name is written LINE=JOB, not {text!r}")
        names[int(line)] = name
    return names
