"""Wrapping lines of crontabs, and unwrapping them to the byte.

Before a wrapped line stands a comment that holds the original, so that the way back needs nothing
but the table itself.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from datetime import UTC

from crossfade.errors import BadInput
from crossfade.plan.cron.claim.records import check_job
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.crontab import (
    MARK,
    Crontab,
    CrontabJob,
    Line,
    LineKind,
    jobs_of,
    numbered,
)
from crossfade.plan.cron.table.naming import program_of, split

_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
_PERCENT = re.compile(r"(?<!\\)%")
_PLAIN_COMMAND = re.compile(r"/[\w@+=:,./-]+(?: [\w@+=:,./-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrapper:
    """How wrapped lines call the wrapper.

    Attributes:
        program: The wrapper, e.g. `("/usr/local/bin/crossfade", "cron", "run")`.
        options: What all jobs have in common, e.g. `("--server", "10.0.0.5:11211")`.
        platform: Where the lines run.
    """

    program: tuple[str, ...]
    options: tuple[str, ...] = ()
    platform: str = "legacy"


def suggested_names(crontab: Crontab) -> dict[int, str]:
    """Suggest a name for each job of a table, by its line's number.

    The table's name and the program's, with a number where that is not enough. A wrapped line keeps
    the name that it has.
    """
    names: dict[int, str] = {}
    for job in jobs_of(crontab):
        given = wrapped_name(job)
        stem = f"{_fit(crontab.name)}.{_fit(program_of(job.script))}"
        taken = set(names.values())
        candidates = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
        names[job.line.number] = given or next(name for name in candidates if name not in taken)
    return names


def wrapped_name(job: CrontabJob) -> str | None:
    """Return the name under which a line is wrapped; None if crossfade did not wrap it."""
    if job.original is None:
        return None
    words = split(job.command)
    return words[words.index("--job") + 1] if "--job" in words[:-1] else None


def wrap(crontab: Crontab, number: int, name: str, wrapper: Wrapper) -> Crontab:
    """Wrap one line.

    Args:
        crontab: The table.
        number: The line's number.
        name: The job's name, the same on both platforms.
        wrapper: How to call the wrapper.

    Raises:
        BadInput: There is no job on that line, it is wrapped already, its schedule names no ticks
            (`@reboot`), or the name does not fit.
    """
    job = next((job for job in jobs_of(crontab) if job.line.number == number), None)
    if job is None:
        raise BadInput(f"{crontab.name} has no job on line {number}: nothing to wrap")
    if job.original is not None:
        raise BadInput(f"line {number} of {crontab.name} is wrapped already: unwrap it first")
    read_schedule(job.schedule, UTC)
    text = wrapped_line(job, check_job(name), wrapper)
    mark = Line(0, MARK + job.line.text, job.line.end or "\n", LineKind.COMMENT)
    wrapped = Line(0, text, job.line.end, LineKind.JOB)
    lines = crontab.lines
    together = (*lines[: number - 1], mark, wrapped, *lines[number:])
    return replace(crontab, lines=numbered(together))


def unwrap(crontab: Crontab, name: str) -> Crontab:
    """Give a job the line back that it had.

    Raises:
        BadInput: No line of the table is wrapped under that name.
    """
    job = next((job for job in jobs_of(crontab) if wrapped_name(job) == name), None)
    if job is None or job.original is None:
        raise BadInput(f"{crontab.name} wraps no job named {name}: nothing to unwrap")
    at = job.line.number
    line = Line(0, job.original, job.line.end, LineKind.JOB)
    together = (*crontab.lines[: at - 2], line, *crontab.lines[at:])
    return replace(crontab, lines=numbered(together))


def wrapped_line(job: CrontabJob, name: str, wrapper: Wrapper) -> str:
    """Return the line that runs a job under the wrapper.

    What cron does to `%` it still does: an escaped one stays escaped, and what follows the first
    plain one, the command's input, stays at the end of the line.
    """
    script, percent, rest = _at_percent(job.command)
    words = [
        *wrapper.program, "--job", name, "--schedule", " ".join(job.schedule.split()),
        "--platform", wrapper.platform, *wrapper.options,
    ]  # fmt: skip
    if zone := job.variable("CRON_TZ"):
        words += ["--timezone", zone]
    call = shlex.join([*words, "--"]).replace("%", "\\%")
    if _PLAIN_COMMAND.fullmatch(script):
        return f"{job.before}{call} {script}{percent}{rest}"
    shell = shlex.join([job.shell, "-c"]).replace("%", "\\%")
    return f"{job.before}{call} {shell} {shlex.quote(script)}{percent}{rest}"


def _at_percent(command: str) -> tuple[str, str, str]:
    """Split a command at its first plain `%`."""
    match = _PERCENT.search(command)
    if match is None:
        return command, "", ""
    return command[: match.start()], "%", command[match.end() :]


def _fit(text: str) -> str:
    # Small letters: the configuration's names have no others, nor have Kubernetes'.
    return _UNFIT.sub("-", text.lower()).strip("-_") or "job"
