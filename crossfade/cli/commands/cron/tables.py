"""The tables of jobs: what is in them, and what they become in Kubernetes."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crossfade.adapters.cron.crontab import SYSTEM_TABLES, read_tables, zone_of_host
from crossfade.cli.app.screen import Screen, tell
from crossfade.cli.commands.cron.live import live_tables, said_passed
from crossfade.cli.commands.cron.resources import configured_resources
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
    zone_option,
)
from crossfade.cli.render.tables import (
    inventory_document,
    inventory_lines,
    lint_document,
    lint_lines,
)
from crossfade.errors import BadInput, CrossfadeError
from crossfade.plan.base.blocks import Line
from crossfade.plan.base.finding import Level
from crossfade.plan.base.zone import zone_named
from crossfade.plan.cron.schedule.ticks import MINUTE, read_schedule
from crossfade.plan.cron.table.dialect import Dialect
from crossfade.plan.cron.table.kubernetes_cronjob import Workload, cronjob
from crossfade.plan.cron.table.lint import (
    lint_crontab,
    lint_names,
    lint_resources,
    passed_file,
    whole_table,
)
from crossfade.plan.cron.table.tables import as_before, listed_jobs, sections

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from crossfade.adapters.cron.crontab import Table
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.cron.table.tables import TableJob


@click.command
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER]...")
@users_option
@dialect_option
@passwd_option
@zone_option
@as_json_option
def inventory(
    paths: Sequence[str], *, users: bool, dialect: str, passwd: str, zone: str, as_json: bool
) -> None:
    """List the jobs of crontabs; without FILE, of /etc/crontab and /etc/cron.d.

    Tables of which their cron runs nothing are named on standard error.
    """
    there = [name for name in SYSTEM_TABLES if Path(name).exists()]
    tables = read_tables(paths or there, users=users, dialect=Dialect(dialect), passwd=passwd)
    dead = {table.path: why for table in tables if (why := _dead(table))}
    found = [(table, _jobs(table, zone)) for table in tables if table.path not in dead]
    Screen(as_json=as_json).show(inventory_document(found, dead), inventory_lines(found))
    for path, why in dead.items():
        tell("warning", f"{path}: {why}")


@click.command
@files
@users_option
@dialect_option
@passwd_option
@zone_option
@as_json_option
def lint(
    paths: Sequence[str], *, users: bool, dialect: str, passwd: str, zone: str, as_json: bool
) -> int:
    """Say what cron does not run, and what Kubernetes would not run or run otherwise.

    The exit code is 1 if something cannot be carried over as it is, and 2 if cron refuses a whole
    table.
    """
    tables = read_tables(paths, users=users, dialect=Dialect(dialect), passwd=passwd)
    here = zone_named(zone or zone_of_host())
    since = datetime.now(UTC)
    found = [(table, _findings(table, zone, here, since)) for table in tables]
    live = [table for table in tables if not _dead(table)]
    jobs = {str(one.path): _jobs(one, zone) for one in live}
    given = configured_resources()
    without = [one.name for ones in jobs.values() for one in ones if not given.get(one.name)]
    names = (
        *lint_names({path: [one.name for one in ones] for path, ones in jobs.items()}),
        *lint_resources(without),
    )
    Screen(as_json=as_json).show(lint_document(found, names), lint_lines(found, names))
    all_found = [*names, *(finding for _, ones in found for finding in ones)]
    if any(finding.code == "whole-table" for finding in all_found):
        return BadInput.exit_code
    wrong = any(finding.level is Level.PROBLEM for finding in all_found)
    return CrossfadeError.exit_code if wrong else 0


@click.command
@files
@users_option
@dialect_option
@passwd_option
@zone_option
@name_option
@only_option
@click.option("--image", required=True, help="The image: holds the wrapper and the commands.")
@click.option("--namespace", default="", help="The namespace to write into the manifests.")
@server_option
@program_option
@options_option
@click.option("--running", is_flag=True, help="Begin unsuspended; else a move resumes them later.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A folder for the files.")
def manifests(
    paths: Sequence[str],
    *,
    users: bool,
    dialect: str,
    passwd: str,
    zone: str,
    named: Sequence[str],
    only: Sequence[str],
    image: str,
    namespace: str,
    server: str,
    program: str,
    options: str,
    running: bool,
    output: Path | None,
) -> int:
    """Write Kubernetes CronJobs for crontabs, as YAML.

    Cpu and memory come from [crons.JOB] of crossfade.toml, if there is one. What `lint` calls an
    error is not carried over but said on standard error, and the exit code is 1.
    """
    workload = Workload(
        image, tuple(shlex.split(program)), wrapper_options(server, options), namespace, not running
    )
    tables = live_tables(paths, users=users, dialect=dialect, passwd=passwd)
    names = chosen_names(named, tables)
    jobs = [job for table in tables for job in _fit_jobs(table, zone, names)]
    _must_differ(tables, zone, names)
    must_be_there(only, [job.name for job in jobs])
    wanted = [job for job in jobs if not only or job.name in only]
    given = configured_resources()
    documents = {
        one.name: _manifest(one, workload, given.get(one.name, {}))
        for one in wanted
        if not one.unfit
    }
    _write_out(documents, output)
    for one in wanted:
        if one.unfit:
            tell("warning", f"no CronJob for {one.name}: {one.unfit}")
    return CrossfadeError.exit_code if any(one.unfit for one in wanted) else 0


@click.command
@files
@users_option
@dialect_option
@passwd_option
@zone_option
@name_option
@only_option
def config(
    paths: Sequence[str],
    *,
    users: bool,
    dialect: str,
    passwd: str,
    zone: str,
    named: Sequence[str],
    only: Sequence[str],
) -> None:
    """Print the sections of crossfade.toml for the jobs of crontabs."""
    tables = live_tables(paths, users=users, dialect=dialect, passwd=passwd)
    names = chosen_names(named, tables)
    _must_differ(tables, zone, names)
    jobs = [job for table in tables for job in _jobs(table, zone, names)]
    must_be_there(only, [job.name for job in jobs])
    wanted = [job for job in jobs if not only or job.name in only]
    text = sections(wanted)
    Screen(as_json=False).show({}, [Line(line, whole=True) for line in text.splitlines()])
    for one in wanted:
        if one.unfit:
            tell("warning", f"no section for {one.name}: {one.unfit}")


def _jobs(table: Table, zone: str, names: dict[int, str] | None = None) -> tuple[TableJob, ...]:
    return listed_jobs(table.crontab, zone or zone_of_host(), names or {})


def _fit_jobs(table: Table, zone: str, names: dict[int, str]) -> list[TableJob]:
    """Return the jobs of a table; unfit are those about whose line the linter finds a problem."""
    here = zone_named(zone or zone_of_host())
    wrong = {
        finding.line: finding.said
        for finding in _findings(table, zone, here, datetime.now(UTC))
        if finding.level is Level.PROBLEM
    }
    return [
        replace(one, unfit=one.unfit or wrong.get(one.line, ""))
        for one in _jobs(table, zone, names)
    ]


def _findings(table: Table, zone: str, here: tzinfo, since: datetime) -> list[Finding]:
    """Return what is found about a table; its lines are numbered as they stand now."""
    if table.passed[0]:
        return [passed_file(table.path.name, table.passed, table.crontab.dialect)]
    zones = {one.zone: zone_named(one.zone) for one in _jobs(table, zone)}
    before, lines = as_before(table.crontab)
    found = lint_crontab(before, zone=here, zones=zones, since=since, users=table.users)
    whole = whole_table(table.crontab, table.users)
    return [*whole, *(_moved(finding, lines) for finding in found)]


def _dead(table: Table) -> str:
    """Say why cron runs nothing of a table; "" if it does."""
    if table.passed[0]:
        return said_passed(table)
    return "".join(finding.said for finding in whole_table(table.crontab, table.users))


def _moved(finding: Finding, lines: Sequence[int]) -> Finding:
    """Give a finding about a line as it was the number that the line has now."""
    return replace(finding, line=lines[finding.line - 1]) if finding.line else finding


def _must_differ(tables: Sequence[Table], zone: str, names: dict[int, str]) -> None:
    """Refuse names that Kubernetes would not tell apart."""
    found = lint_names(
        {str(one.path): [job.name for job in _jobs(one, zone, names)] for one in tables}
    )
    if found:
        raise BadInput(found[0].said)


def _manifest(
    one: TableJob, workload: Workload, resources: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    schedule = read_schedule(one.job.schedule, zone_named(one.zone))
    since = int(datetime.now(UTC).timestamp()) // MINUTE
    return cronjob(
        one.job, one.name, workload,
        schedule=schedule, zone=one.zone, since=since, resources=resources,
    )  # fmt: skip


def _write_out(documents: dict[str, dict[str, Any]], output: Path | None) -> None:
    """Print manifests, or write each into a file of its own."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  only here; it carries no types

    texts = {
        name: yaml.safe_dump(document, sort_keys=False, explicit_start=True, width=100)
        for name, document in documents.items()
    }
    if output is None:
        click.echo("".join(texts.values()), nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = output / f"{documents[name]['metadata']['name']}.yaml"
        path.write_text(text, encoding="utf-8")
        click.echo(path)
