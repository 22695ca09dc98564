"""What of a crontab cannot be carried to Kubernetes, or would be done otherwise or elsewhen there.

Every finding names its line, says what differs and what to do. Nothing here changes anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.cron.schedule.daylight_saving import touched
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.crontab import LineKind, jobs_of
from crossfade.plan.cron.table.kubernetes_cronjob import CRON_ONLY, LONGEST_NAME, cronjob_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from crossfade.plan.cron.schedule.ticks import Schedule
    from crossfade.plan.cron.table.crontab import Crontab, CrontabJob

LONGEST_COMMAND = 998
"""Characters of a command that Debian's cron takes; it drops the whole line beyond."""

_STEP_FROM_ONE = re.compile(r"(?:^|,)\d+/\d")
_SYSTEMD = "/run/systemd/system"
_DAY_FIELDS = 2, 4


class Severity(StrEnum):
    """How much a finding matters.

    `error`: the job cannot be carried over as it is. `warning`: it would run at other times, or
    otherwise. `note`: it is carried over, in another form.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before a line is carried over.

    Attributes:
        line: The line's number; 0 for the table as a whole.
        severity: How much it matters.
        code: A short name for the kind of finding.
        text: What differs, and what to do.
    """

    line: int
    severity: Severity
    code: str
    text: str


def lint_crontab(
    crontab: Crontab, *, zone: tzinfo, zones: Mapping[str, tzinfo], since: datetime
) -> tuple[Finding, ...]:
    """Look at a table line by line.

    Args:
        crontab: The table.
        zone: The zone in which cron reads it.
        zones: Other zones by name, for tables that set `CRON_TZ`.
        since: From when to look for changes of the clocks, for a year.
    """
    findings = list(_about_table(crontab))
    for job in jobs_of(crontab):
        name = job.variable("CRON_TZ")
        findings += _about_schedule(job, zones.get(name, zone) if name else zone, since)
        findings += _about_command(job)
        findings += _about_variables(job)
    return tuple(sorted(findings, key=lambda finding: finding.line))


def lint_names(jobs: Mapping[str, Iterable[str]]) -> tuple[Finding, ...]:
    """Look for names that Kubernetes would not tell apart, or not take.

    Args:
        jobs: For each table, the names of its jobs.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for table, names in jobs.items():
        for name in names:
            places[cronjob_name(name)].append(f"{name} in {table}")
    findings = []
    for kube_name, found in sorted(places.items()):
        if len(found) > 1:
            text = f"{' and '.join(found)} would both be the CronJob {kube_name}: rename one"
            findings.append(Finding(0, Severity.ERROR, "name-collision", text))
        if len(kube_name) > LONGEST_NAME:
            text = f"{found[0]} would be a CronJob with {len(kube_name)} characters in its name, "
            text += f"Kubernetes takes {LONGEST_NAME}: choose a shorter name"
            findings.append(Finding(0, Severity.ERROR, "name-too-long", text))
    return tuple(findings)


def _about_table(crontab: Crontab) -> Iterator[Finding]:
    lines = crontab.lines
    if crontab.system and "." in crontab.name:
        yield Finding(
            0, Severity.ERROR, "file-name",
            f"Debian's cron passes over {crontab.name} because of the dot in its name: rename it",
        )  # fmt: skip
    if lines and not lines[-1].end:
        yield Finding(
            lines[-1].number, Severity.ERROR, "no-line-end",
            "the last line does not end: cron refuses the table or passes over the line; end it",
        )  # fmt: skip
    for line in lines:
        if line.kind is LineKind.UNREADABLE:
            yield Finding(
                line.number, Severity.ERROR, "unreadable",
                f"cron cannot read {line.text.strip()!r}: mend or remove it",
            )  # fmt: skip
        elif line.text.endswith("\r"):
            yield Finding(
                line.number, Severity.ERROR, "carriage-return",
                "the line ends as on Windows, and the carriage return is part of it: remove it",
            )  # fmt: skip


def _about_schedule(job: CrontabJob, zone: tzinfo, since: datetime) -> Iterator[Finding]:
    number = job.line.number
    if job.schedule.lower() == "@reboot":
        text = "@reboot names no time: Kubernetes has no such thing; make it part of a Deployment"
        yield Finding(number, Severity.ERROR, "reboot", text)
        return
    try:
        schedule = read_schedule(job.schedule, zone)
    except BadInput as error:
        yield Finding(number, Severity.ERROR, "schedule", str(error))
        return
    yield from _about_days(number, schedule)
    if _STEP_FROM_ONE.search(" ".join(schedule.expression.split()).replace(" ", ",")):
        text = "a step behind a single value means 'from there on' to Kubernetes and cronie, and "
        text += "nothing to Debian's cron: write the range"
        yield Finding(number, Severity.WARNING, "step-from-value", text)
    for tick in touched(schedule, since):
        face = tick.face.strftime("%Y-%m-%d %H:%M")
        if tick.missing:
            text = f"{face} does not exist in {zone}: cron runs the job right after the gap, "
            text += "Kubernetes not at all; choose another time, or write the schedule in UTC"
            yield Finding(number, Severity.WARNING, "clock-forward", text)
        else:
            text = f"{face} comes twice in {zone}: cron runs the job once, Kubernetes starts it "
            text += "twice and the wrapper skips the second; choose another time, or UTC"
            yield Finding(number, Severity.WARNING, "clock-back", text)


def _about_days(number: int, schedule: Schedule) -> Iterator[Finding]:
    month_days, week_days = (schedule.expression.split()[at] for at in _DAY_FIELDS)
    restricted = month_days != "*" and week_days != "*"
    starred = month_days.startswith("*") or week_days.startswith("*")
    if restricted and starred:
        text = f"cron runs it when day of month {month_days} and day of week {week_days} both fit, "
        text += "Kubernetes when either does: test one of them in the command"
        yield Finding(number, Severity.ERROR, "day-and-or", text)
    elif restricted:
        text = f"it runs on days of month {month_days} and also on days of week {week_days}, on "
        text += "both platforms alike: make sure that this is meant"
        yield Finding(number, Severity.NOTE, "day-or", text)
    if "7" in re.split(r"[,/-]", week_days):
        text = "Kubernetes refuses 7 for Sunday: the manifest says 0"
        yield Finding(number, Severity.NOTE, "sunday", text)


def _about_command(job: CrontabJob) -> Iterator[Finding]:
    number = job.line.number
    if job.standard_input is not None:
        text = "what follows % is the command's input: the manifest pipes it in"
        yield Finding(number, Severity.NOTE, "percent-input", text)
    if job.user not in {"", "root"}:
        text = f"it runs as {job.user}: set runAsUser in the manifest, and give that user its files"
        yield Finding(number, Severity.WARNING, "user", text)
    if _SYSTEMD in job.script:
        text = "it looks whether systemd runs, and does nothing there: on such hosts look for its "
        text += "timer instead; in a container it would run"
        yield Finding(number, Severity.WARNING, "systemd", text)
    if len(job.command) > LONGEST_COMMAND:
        text = f"the command has {len(job.command)} characters: Debian's cron takes "
        text += f"{LONGEST_COMMAND}; put it into a script, or the options into crossfade.toml"
        yield Finding(number, Severity.ERROR, "too-long", text)


def _about_variables(job: CrontabJob) -> Iterator[Finding]:
    number, variables = job.line.number, dict(job.variables)
    if variables.get("MAILTO") != "":
        whom = variables.get("MAILTO") or job.user or "its owner"
        text = f"cron mails its output to {whom}: in Kubernetes it goes to the pod's log only"
        yield Finding(number, Severity.WARNING, "mail", text)
    if delay := variables.get("RANDOM_DELAY"):
        text = f"cron starts it up to {delay} minutes late: Kubernetes does not, and beyond half "
        text += "of its period the wrapper refuses; remove RANDOM_DELAY"
        yield Finding(number, Severity.WARNING, "random-delay", text)
    if name := variables.get("CRON_TZ"):
        text = f"its times are meant in {name}, to cronie; Debian's cron passes over CRON_TZ"
        yield Finding(number, Severity.WARNING, "zone", text)
    if job.shell != "/bin/sh":
        text = f"its shell is {job.shell}: the image needs it"
        yield Finding(number, Severity.WARNING, "shell", text)
    carried = [name for name in variables if name not in CRON_ONLY]
    if carried:
        text = f"{', '.join(carried)} set above it: in the manifest too; check that they fit the "
        text += "image"
        yield Finding(number, Severity.NOTE, "variables", text)
