"""What of a crontab cannot be carried to Kubernetes, or would be done otherwise or elsewhen there.

Every finding names its line, says what differs and what to do. Nothing here changes anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from crossfade.errors import BadInput
from crossfade.plan.base.finding import Finding, Level
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


class _At(NamedTuple):
    """A line of a table; 0 stands for the table as a whole.

    A problem keeps the job from being carried over as it is, a warning means that it would run at
    other times or otherwise, and a note that it is carried over in another form.
    """

    table: str
    line: int

    def finds(self, level: Level, code: str, saw: str, mend: str = "") -> Finding:
        """Return a finding about this line."""
        return Finding(level, code, self.table, saw, mend, self.line)


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
        at, name = _At(crontab.name, job.line.number), job.variable("CRON_TZ")
        findings += _about_schedule(at, job, zones.get(name, zone) if name else zone, since)
        findings += _about_command(at, job)
        findings += _about_variables(at, job)
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
    findings, at = [], _At("names", 0)
    for kube_name, found in sorted(places.items()):
        if len(found) > 1:
            saw = f"{' and '.join(found)} would both be the CronJob {kube_name}"
            findings.append(at.finds(Level.PROBLEM, "name-collision", saw, "rename one"))
        if len(kube_name) > LONGEST_NAME:
            saw = (
                f"{found[0]} would be a CronJob with {len(kube_name)} characters in its name, "
                f"Kubernetes takes {LONGEST_NAME}"
            )
            findings.append(at.finds(Level.PROBLEM, "name-too-long", saw, "choose a shorter name"))
    return tuple(findings)


def _about_table(crontab: Crontab) -> Iterator[Finding]:
    lines, whole = crontab.lines, _At(crontab.name, 0)
    if crontab.system and "." in crontab.name:
        saw = f"Debian's cron passes over {crontab.name} because of the dot in its name"
        yield whole.finds(Level.PROBLEM, "file-name", saw, "rename it")
    if lines and not lines[-1].end:
        saw = "the last line does not end: cron refuses the table or passes over the line"
        last = whole._replace(line=lines[-1].number)
        yield last.finds(Level.PROBLEM, "no-line-end", saw, "end it")
    for line in lines:
        at = whole._replace(line=line.number)
        if line.kind is LineKind.UNREADABLE:
            saw = f"cron cannot read {line.text.strip()!r}"
            yield at.finds(Level.PROBLEM, "unreadable", saw, "mend or remove it")
        elif line.text.endswith("\r"):
            saw = "the line ends as on Windows, and the carriage return is part of it"
            yield at.finds(Level.PROBLEM, "carriage-return", saw, "remove it")


def _about_schedule(at: _At, job: CrontabJob, zone: tzinfo, since: datetime) -> Iterator[Finding]:
    if job.schedule.lower() == "@reboot":
        saw = "@reboot names no time: Kubernetes has no such thing"
        yield at.finds(Level.PROBLEM, "reboot", saw, "make it part of a Deployment")
        return
    try:
        schedule = read_schedule(job.schedule, zone)
    except BadInput as error:
        yield at.finds(Level.PROBLEM, "schedule", str(error))
        return
    yield from _about_days(at, schedule)
    if _STEP_FROM_ONE.search(" ".join(schedule.expression.split()).replace(" ", ",")):
        saw = (
            "a step behind a single value means 'from there on' to Kubernetes and cronie, and "
            "nothing to Debian's cron"
        )
        yield at.finds(Level.WARNING, "step-from-value", saw, "write the range")
    for tick in touched(schedule, since):
        face = tick.face.strftime("%Y-%m-%d %H:%M")
        if tick.missing:
            saw = f"{face} does not exist in {zone}: cron runs the job right after the gap, "
            saw += "Kubernetes not at all"
            mend = "choose another time, or write the schedule in UTC"
            yield at.finds(Level.WARNING, "clock-forward", saw, mend)
        else:
            saw = f"{face} comes twice in {zone}: cron runs the job once, Kubernetes starts it "
            saw += "twice and the wrapper skips the second"
            yield at.finds(Level.WARNING, "clock-back", saw, "choose another time, or UTC")


def _about_days(at: _At, schedule: Schedule) -> Iterator[Finding]:
    month_days, week_days = (schedule.expression.split()[field] for field in _DAY_FIELDS)
    restricted = month_days != "*" and week_days != "*"
    starred = month_days.startswith("*") or week_days.startswith("*")
    if restricted and starred:
        saw = f"cron runs it when day of month {month_days} and day of week {week_days} both fit, "
        saw += "Kubernetes when either does"
        yield at.finds(Level.PROBLEM, "day-and-or", saw, "test one of them in the command")
    elif restricted:
        saw = f"it runs on days of month {month_days} and also on days of week {week_days}, on "
        saw += "both platforms alike"
        yield at.finds(Level.NOTE, "day-or", saw, "make sure that this is meant")
    if "7" in re.split(r"[,/-]", week_days):
        saw = "Kubernetes refuses 7 for Sunday: the manifest says 0"
        yield at.finds(Level.NOTE, "sunday", saw)


def _about_command(at: _At, job: CrontabJob) -> Iterator[Finding]:
    if job.standard_input is not None:
        saw = "what follows % is the command's input: the manifest pipes it in"
        yield at.finds(Level.NOTE, "percent-input", saw)
    if job.user not in {"", "root"}:
        mend = "set runAsUser in the manifest, and give that user its files"
        yield at.finds(Level.WARNING, "user", f"it runs as {job.user}", mend)
    if _SYSTEMD in job.script:
        saw = "it looks whether systemd runs, and does nothing there"
        mend = "on such hosts look for its timer instead; in a container it would run"
        yield at.finds(Level.WARNING, "systemd", saw, mend)
    if len(job.command) > LONGEST_COMMAND:
        saw = f"the command has {len(job.command)} characters: Debian's cron takes "
        saw += f"{LONGEST_COMMAND}"
        mend = "put it into a script, or the options into crossfade.toml"
        yield at.finds(Level.PROBLEM, "too-long", saw, mend)


def _about_variables(at: _At, job: CrontabJob) -> Iterator[Finding]:
    variables = dict(job.variables)
    if variables.get("MAILTO") != "":
        whom = variables.get("MAILTO") or job.user or "its owner"
        saw = f"cron mails its output to {whom}: in Kubernetes it goes to the pod's log only"
        yield at.finds(Level.WARNING, "mail", saw)
    if delay := variables.get("RANDOM_DELAY"):
        saw = f"cron starts it up to {delay} minutes late: Kubernetes does not, and beyond half "
        saw += "of its period the wrapper refuses"
        yield at.finds(Level.WARNING, "random-delay", saw, "remove RANDOM_DELAY")
    if name := variables.get("CRON_TZ"):
        saw = f"its times are meant in {name}, to cronie; Debian's cron passes over CRON_TZ"
        yield at.finds(Level.WARNING, "zone", saw)
    if job.shell != "/bin/sh":
        saw = f"its shell is {job.shell}: the image needs it"
        yield at.finds(Level.WARNING, "shell", saw)
    carried = [name for name in variables if name not in CRON_ONLY]
    if carried:
        saw = f"{', '.join(carried)} set above it: in the manifest too"
        yield at.finds(Level.NOTE, "variables", saw, "check that they fit the image")
