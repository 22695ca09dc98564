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
from crossfade.cli.render.table_options import (
    as_json_option,
    chosen_names,
    files,
    must_be_there,
    name_option,
    only_option,
    options_option,
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
from crossfade.plan.cron.table.kubernetes_cronjob import Workload, cronjob
from crossfade.plan.cron.table.lint import lint_crontab, lint_names
from crossfade.plan.cron.table.tables import as_before, listed_jobs, sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.adapters.cron.crontab import Table
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.cron.table.tables import TableJob


@click.command
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER]...")
@users_option
@zone_option
@as_json_option
def inventory(paths: Sequence[str], *, users: bool, zone: str, as_json: bool) -> None:
    """List the jobs of crontabs; without FILE, of /etc/crontab and /etc/cron.d."""
    there = [name for name in SYSTEM_TABLES if Path(name).exists()]
    tables = read_tables(paths or there, users=users)
    found = [(table, _jobs(table, zone)) for table in tables]
    Screen(as_json=as_json).show(inventory_document(found), inventory_lines(found))


@click.command
@files
@users_option
@zone_option
@as_json_option
def lint(paths: Sequence[str], *, users: bool, zone: str, as_json: bool) -> int:
    """Say for each line what could not be carried to Kubernetes, or would be otherwise there.

    The exit code is 1 if something cannot be carried over as it is.
    """
    tables = read_tables(paths, users=users)
    here = zone_named(zone or zone_of_host())
    since = datetime.now(UTC)
    found = []
    for table in tables:
        zones = {one.zone: zone_named(one.zone) for one in _jobs(table, zone)}
        before, lines = as_before(table.crontab)
        findings = lint_crontab(before, zone=here, zones=zones, since=since)
        found.append((table, [_moved(finding, lines) for finding in findings]))
    names = lint_names({str(one.path): [job.name for job in _jobs(one, zone)] for one in tables})
    Screen(as_json=as_json).show(lint_document(found, names), lint_lines(found, names))
    all_found = [*names, *(finding for _, ones in found for finding in ones)]
    wrong = any(finding.level is Level.PROBLEM for finding in all_found)
    return CrossfadeError.exit_code if wrong else 0


@click.command
@files
@users_option
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

    What cannot be carried over is said on standard error, and the exit code is 1; `lint` says more.
    """
    workload = Workload(
        image, tuple(shlex.split(program)), wrapper_options(server, options), namespace, not running
    )
    tables = read_tables(paths, users=users)
    names = chosen_names(named, tables)
    jobs = [job for table in tables for job in _jobs(table, zone, names)]
    _must_differ(tables, zone, names)
    must_be_there(only, [job.name for job in jobs])
    wanted = [job for job in jobs if not only or job.name in only]
    documents = {one.name: _manifest(one, workload) for one in wanted if not one.unfit}
    _write_out(documents, output)
    for one in wanted:
        if one.unfit:
            tell("warning", f"no CronJob for {one.name}: {one.unfit}")
    return CrossfadeError.exit_code if any(one.unfit for one in wanted) else 0


@click.command
@files
@users_option
@zone_option
@name_option
@only_option
def config(
    paths: Sequence[str], *, users: bool, zone: str, named: Sequence[str], only: Sequence[str]
) -> None:
    """Print the sections of crossfade.toml for the jobs of crontabs."""
    tables = read_tables(paths, users=users)
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


def _manifest(one: TableJob, workload: Workload) -> dict[str, Any]:
    schedule = read_schedule(one.job.schedule, zone_named(one.zone))
    since = int(datetime.now(UTC).timestamp()) // MINUTE
    return cronjob(one.job, one.name, workload, schedule=schedule, zone=one.zone, since=since)


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
