"""What must be true before a cron job is moved: the same job on both sides, and legacy alive."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.schedule.ticks import MINUTE, latest_tick, when
from crossfade.plan.cron.table.kubernetes_cronjob import cronjob_name, kubernetes_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.plan.cron.schedule.ticks import Schedule
    from crossfade.plan.cron.ticks.lock_grade import JobReading, ServerReading

FORBID, NEVER = "Forbid", "Never"
NO_DEADLINE = (
    "startingDeadlineSeconds is not set: after more than 100 missed starts Kubernetes would never "
    "start it again"
)

_UTC = frozenset({"UTC", "Etc/UTC"})


@dataclass(frozen=True, slots=True)
class CronJobSpec:
    """A CronJob as Kubernetes has it.

    Attributes:
        schedule: Its five fields.
        timezone: Its time zone; "" for the controller's own.
        policy: What it does while a run goes on.
        deadline: Seconds for which a start counts; None for ever.
        restart: Whether its pods restart a program that failed.
        backoff: How often a Job that failed is tried again; None for Kubernetes' own six times.
        words: The words of its containers' commands.
    """

    schedule: str
    timezone: str
    policy: str
    deadline: int | None
    restart: str
    backoff: int | None
    words: tuple[str, ...]


def cronjob_objections(
    spec: CronJobSpec, *, job: str, schedule: str, timezone: str
) -> Iterator[str]:
    """Say what in a CronJob does not fit the configuration of its job.

    Args:
        spec: The CronJob.
        job: The job's name.
        schedule: Its configured schedule.
        timezone: Its configured time zone.
    """
    wanted = kubernetes_schedule(schedule)
    if spec.schedule != wanted:
        yield f"its CronJob is due at {spec.schedule!r}, the configuration says {wanted!r}"
    if spec.timezone != timezone and not {spec.timezone, timezone} <= _UTC:
        yield f"its CronJob's timeZone is {spec.timezone!r}, the configuration says {timezone!r}"
    if spec.policy != FORBID:
        yield f"its CronJob's concurrencyPolicy is {spec.policy}, it must be {FORBID}"
    if spec.restart != NEVER or spec.backoff != 0:
        yield (
            f"its CronJob's restartPolicy is {spec.restart} and its backoffLimit {spec.backoff}: a "
            f"tick that failed would be run again; set them to {NEVER} and 0"
        )
    if spec.deadline is None:
        yield f"its CronJob's {NO_DEADLINE}"
    yield from _wrapper_objections(spec.words, job=job, schedule=schedule)


def _wrapper_objections(words: Sequence[str], *, job: str, schedule: str) -> Iterator[str]:
    """Say what is wrong with the wrapper's line in the CronJob."""
    wanted = {"--job": job, "--platform": str(Platform.NEW), "--schedule": schedule}
    for option, value in wanted.items():
        given = _given(words, option)
        if given is None:
            yield f"its CronJob does not start the wrapper with {option} {value!r}"
        elif given != value and not (option == "--schedule" and _same(given, value)):
            yield f"its CronJob starts the wrapper with {option} {given!r} instead of {value!r}"


def _given(words: Sequence[str], option: str) -> str | None:
    """Return the value of an option among the words before `--`, where the command begins."""
    line = words[: words.index("--")] if "--" in words else words
    for word, following in pairwise((*line, "")):
        if word == option:
            return " ".join(following.split())
        if word.startswith(f"{option}="):
            return " ".join(word.partition("=")[2].split())
    return None


def _same(one: str, other: str) -> bool:
    """Whether two schedules say the same."""
    return bool(one.split()) and kubernetes_schedule(one) == kubernetes_schedule(other)


def lock_objections(
    server: ServerReading, reading: JobReading, schedule: Schedule
) -> Iterator[str]:
    """Say what the memcached tells against moving a job.

    Legacy's mark on the same server, no older than the tick before the last, proves that it is
    alive, takes part in the claim, and would run the job again.
    """
    if not server.swaps:
        yield f"{server.address} runs with -C, so nothing can be claimed in it: start it without"
    now = server.sample.wall
    last = latest_tick(schedule, now)
    before = latest_tick(schedule, last * MINUTE - 1)
    mark = reading.marks.get(Platform.LEGACY)
    if mark is None:
        yield (
            f"legacy was never seen on {server.address}: wrap the job there first, with this "
            "server; else nothing proves that the way back works"
        )
    elif mark.tick < before:
        yield (
            f"legacy was last seen at {when(mark.tick)} on {mark.host}, the job was due at "
            f"{when(before)} and {when(last)}: mend it there first, so that the way back works"
        )


def cronjob_of(job: str, configured: str) -> str:
    """Return the name of a job's CronJob: the configured one, or the job's in its spelling."""
    return configured or cronjob_name(job)
