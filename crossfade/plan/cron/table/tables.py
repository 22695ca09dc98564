"""Tables of jobs as a whole: what is in them, and wrapping or unwrapping many lines at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.table.crontab import MARK, jobs_of
from crossfade.plan.cron.table.dialect import Dialect, as_bytes
from crossfade.plan.cron.table.entries import LONGEST_COMMAND
from crossfade.plan.cron.table.times import odd_time
from crossfade.plan.cron.table.wrap import suggested_names, unwrap, wrap, wrapped_line, wrapped_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from crossfade.plan.cron.table.crontab import Crontab, CrontabJob
    from crossfade.plan.cron.table.wrap import Wrapper


@dataclass(frozen=True, slots=True)
class TableJob:
    """A job of a table.

    Attributes:
        name: Its name: the one that it is wrapped under, else a suggested one.
        line: The number of its line.
        job: The line, as it was before it was wrapped.
        wrapped: Whether it is wrapped.
        zone: The time zone of its schedule, by name.
        unfit: Why it has no ticks and cannot be wrapped; "" if it can.
    """

    name: str
    line: int
    job: CrontabJob
    wrapped: bool
    zone: str
    unfit: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A table and what became of it.

    Attributes:
        before: The table as it was.
        after: As it is to be.
        names: The jobs whose lines were changed, in their order.
        passed: Why lines were passed over, by their number.
    """

    before: Crontab
    after: Crontab
    names: tuple[str, ...]
    passed: Mapping[int, str]


def listed_jobs(crontab: Crontab, zone: str, names: Mapping[int, str]) -> tuple[TableJob, ...]:
    """List the jobs of a table.

    Args:
        crontab: The table.
        zone: The zone in which cron reads it, by name.
        names: Chosen names by line; the others are suggested.
    """
    suggested = suggested_names(crontab) | dict(names)
    return tuple(
        _listed(crontab, job, suggested[job.line.number], zone) for job in jobs_of(crontab)
    )


def wrapped_table(
    crontab: Crontab, wrapper: Wrapper, *, names: Mapping[int, str], only: Collection[str]
) -> Rewritten:
    """Wrap the lines of a table; those that are wrapped already stay as they are.

    Args:
        crontab: The table.
        wrapper: How to call the wrapper.
        names: Chosen names by line; the others are suggested.
        only: Names of the jobs to wrap; none for all.

    Raises:
        BadInput: A chosen name does not fit, or names a line without a job.
    """
    jobs = listed_jobs(crontab, "", names)
    _must_be_lines(crontab, jobs, names)
    wanted = [one for one in jobs if not only or one.name in only]
    after, done, passed = crontab, [], {}
    for one in reversed(wanted):  # from below, so that the numbers of the lines above stay
        command = wrapped_line(one.job, one.name, wrapper).removeprefix(one.job.before)
        length = len(as_bytes(command))
        if one.wrapped or one.unfit:
            passed[one.line] = one.unfit or f"it is wrapped already, as {one.name}"
        elif length > LONGEST_COMMAND and crontab.dialect is not Dialect.BUSYBOX:
            passed[one.line] = (
                f"its command would have {length} bytes, and Debian's cron refuses a table with "
                f"more than {LONGEST_COMMAND}: put the command into a script"
            )
        else:
            after = wrap(after, one.line, one.name, wrapper)
            done.append(one.name)
    return Rewritten(crontab, after, tuple(reversed(done)), dict(sorted(passed.items())))


def unwrapped_table(crontab: Crontab, only: Collection[str]) -> Rewritten:
    """Give the wrapped lines of a table back as they were: all, or only those of some jobs."""
    found = [wrapped_name(job) for job in jobs_of(crontab)]
    names = tuple(name for name in found if name and (not only or name in only))
    after = crontab
    for name in names:
        after = unwrap(after, name)
    return Rewritten(crontab, after, names, {})


def as_before(crontab: Crontab) -> tuple[Crontab, tuple[int, ...]]:
    """Return a table as it was before it was wrapped, and where each of its lines stands now."""
    now = [line.number for line in crontab.lines if not line.text.startswith(MARK)]
    return unwrapped_table(crontab, ()).after, tuple(now)


def sections(jobs: Iterable[TableJob]) -> str:
    """Return the sections of `crossfade.toml` for some jobs."""
    parts = [
        f"[crons.{json.dumps(one.name)}]\n"
        f"schedule = {json.dumps(' '.join(one.job.schedule.split()))}\n"
        f"timezone = {json.dumps(one.zone)}\n"
        for one in jobs
        if not one.unfit
    ]
    return "\n".join(parts)


def _listed(crontab: Crontab, job: CrontabJob, name: str, zone: str) -> TableJob:
    original = job
    if job.original is not None:
        before = unwrap(crontab, name)
        original = next(one for one in jobs_of(before) if one.line.number == job.line.number - 1)
    return TableJob(
        name, job.line.number, original, job.original is not None,
        original.variable("CRON_TZ") or zone, _unfit(original, crontab.dialect),
    )  # fmt: skip


def _unfit(job: CrontabJob, dialect: Dialect) -> str:
    """Say why a line has no ticks, or others than it says; "" if it is fit."""
    if not job.script.strip():
        return "it has no command"
    if odd := odd_time(job, dialect):
        return f"{odd.saw}: {odd.mend}"
    if job.schedule.lower() == "@reboot":
        return "@reboot names no time, so there are no ticks"
    try:
        read_schedule(job.schedule, UTC)
    except BadInput as error:
        return str(error)
    return ""


def _must_be_lines(crontab: Crontab, jobs: Iterable[TableJob], names: Mapping[int, str]) -> None:
    lost = sorted(set(names) - {one.line for one in jobs})
    if lost:
        raise BadInput(f"{crontab.name} has no job on line {lost[0]}: nothing to name")
