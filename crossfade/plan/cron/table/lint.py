"""What of a crontab cannot be carried to Kubernetes, or would be done otherwise or elsewhen there.

Every finding names its line, says what differs and what to do. Nothing here changes anything.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from crossfade.errors import BadInput
from crossfade.plan.base.finding import Finding, Level
from crossfade.plan.cron.schedule.daylight_saving import touched
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.crontab import LineKind, jobs_of
from crossfade.plan.cron.table.entries import NO_LINE_END
from crossfade.plan.cron.table.files import odd_name
from crossfade.plan.cron.table.kubernetes_cronjob import CRON_ONLY, LONGEST_NAME, cronjob_name
from crossfade.plan.cron.table.reading import is_refused, refusals, refused
from crossfade.plan.cron.table.times import odd_time
from crossfade.plan.cron.table.users import NO_USERS, Users, may_be_user, no_user

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, tzinfo

    from crossfade.plan.cron.schedule.ticks import Schedule
    from crossfade.plan.cron.table.crontab import Crontab, CrontabJob
    from crossfade.plan.cron.table.dialect import Dialect

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
    crontab: Crontab,
    *,
    zone: tzinfo,
    zones: Mapping[str, tzinfo],
    since: datetime,
    users: Users = NO_USERS,
) -> tuple[Finding, ...]:
    """Look at a table as a whole and line by line.

    Args:
        crontab: The table.
        zone: The zone in which cron reads it.
        zones: Other zones by name, for tables that set `CRON_TZ`.
        since: From when to look for changes of the clocks, for a year.
        users: What is known about the users that its lines name.
    """
    findings = [*_about_reading(crontab, users), *_about_table(crontab)]
    for job in jobs_of(crontab):
        if job.user and no_user(job.user, users):
            continue  # its words are others than they seem
        at, name = _At(crontab.name, job.line.number), job.variable("CRON_TZ")
        findings += _about_user(at, job, users)
        odd = odd_time(job, crontab.dialect)
        if odd:
            findings.append(at.finds(Level.PROBLEM, odd.code, odd.saw, odd.mend))
        else:
            its_zone = zones.get(name, zone) if name else zone
            findings += _about_schedule(at, job, its_zone, since, crontab.dialect)
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


def lint_resources(names: Iterable[str]) -> tuple[Finding, ...]:
    """Name the jobs whose CronJob would ask for no cpu and no memory."""
    without = sorted(names)
    if not without:
        return ()
    saw = f"no cpu and memory are set for {', '.join(without)}: Kubernetes will not limit them"
    mend = f"set resources in [crons.{json.dumps(without[0])}] of crossfade.toml"
    return (_At("resources", 0).finds(Level.WARNING, "resources", saw, mend),)


def whole_table(crontab: Crontab, users: Users) -> tuple[Finding, ...]:
    """Say that its cron refuses a table as a whole, if it does."""
    found = refusals(crontab, users)
    if not is_refused(crontab, found):
        return ()
    return (_At(crontab.name, 0).finds(Level.PROBLEM, "whole-table", refused(found)),)


def user_findings(crontab: Crontab, users: Users) -> tuple[Finding, ...]:
    """Look whether the words before the commands of a system table can be users."""
    return tuple(
        finding
        for job in jobs_of(crontab)
        for finding in _about_user(_At(crontab.name, job.line.number), job, users)
    )


def passed_file(name: str, why: tuple[str, str], dialect: Dialect) -> Finding:
    """Say that a cron passes over a file."""
    saw = f"{dialect.program} passes over the file because {why[0]}: nothing of it runs"
    return _At(name, 0).finds(Level.PROBLEM, "passed-over", saw, why[1])


def _about_reading(crontab: Crontab, users: Users) -> Iterator[Finding]:
    """Tell each line that the table's cron refuses."""
    codes = {NO_LINE_END: "no-line-end", "command too long": "too-long", "bad username": "no-user"}
    for one in refusals(crontab, users):
        at = _At(crontab.name, one.line)
        saw = f"cron refuses the line ({one.reason}): {one.saw}"
        yield at.finds(Level.PROBLEM, codes.get(one.reason, "unreadable"), saw, one.mend)


def _about_table(crontab: Crontab) -> Iterator[Finding]:
    whole = _At(crontab.name, 0)
    why, mend = odd_name(crontab.name, crontab.dialect, system=crontab.system)
    if why:
        saw = f"{crontab.dialect.program} passes over {crontab.name} because {why}"
        yield whole.finds(Level.PROBLEM, "file-name", saw, mend)
    for line in crontab.lines:
        at = whole._replace(line=line.number)
        if "\0" in line.text and line.kind is LineKind.UNREADABLE:
            saw = "a zero byte ends the line for cron, and what follows it is a line of its own"
            yield at.finds(Level.PROBLEM, "zero-byte", saw, "remove it")
        elif line.text.endswith("\r"):
            saw = "the line ends as on Windows, and the carriage return is part of it"
            yield at.finds(Level.PROBLEM, "carriage-return", saw, "remove it")


def _about_user(at: _At, job: CrontabJob, users: Users) -> Iterator[Finding]:
    """Look whether the word before the command can be a user."""
    if not job.user:
        return
    if job.command[:1] and job.command[0] in "-&|<>;=":
        saw = f"{job.user} is read as the user and {job.command.split()[0]!r} as the command"
        yield at.finds(Level.PROBLEM, "user-field", saw, "write a user before the command")
    elif job.user in users.unknown and not users.certain and may_be_user(job.user):
        saw = f"this host has no user {job.user}, and without one cron refuses the whole table"
        mend = "say who the users of the tables' host are, with --passwd"
        yield at.finds(Level.WARNING, "user-unknown", saw, mend)


def _about_schedule(
    at: _At, job: CrontabJob, zone: tzinfo, since: datetime, dialect: Dialect
) -> Iterator[Finding]:
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
            "a step behind a single value means 'from there on' to Kubernetes, and nothing to "
            f"{dialect.program}"
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
