"""The CronJob for a line of a crontab, with the wrapper as its command.

Kubernetes may start a Job twice or not at all, and a Job its program twice; the wrapper's claim is
what makes that harmless, so nothing here asks for a repetition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from cronsim import CronSim

from crossfade.errors import BadInput
from crossfade.plan.cron.schedule.ticks import MACROS, MINUTE, ticks_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossfade.plan.cron.schedule.ticks import Schedule
    from crossfade.plan.cron.table.crontab import CrontabJob

LONGEST_NAME = 52
"""Characters: Kubernetes appends eleven to make the names of Jobs, which have 63."""

SHORTEST_DEADLINE = 10
"""Seconds: the controller looks every ten, and with less may never start anything."""

LONGEST_DEADLINE = 600

JOB_NAME_LABEL = "metadata.labels['batch.kubernetes.io/job-name']"
"""Where a pod finds the name of its Job, and with it the tick (Kubernetes 1.27, as `timeZone`)."""

CRON_ONLY = frozenset(
    {"SHELL", "MAILTO", "MAILFROM", "CRON_TZ", "RANDOM_DELAY", "LOGNAME", "USER", "CONTENT_TYPE"}
)
"""Variables that speak to cron, or that it sets itself."""

_UNFIT = re.compile(r"[^a-z0-9]+")
_NEEDS_ESCAPE = re.compile(r"\$(?=[$(])")
_TICKS_LOOKED_AT = 200
_WEEK = 7
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Workload:
    """Where and how the jobs run in Kubernetes.

    Attributes:
        image: The container image; it must hold the wrapper and what the commands need.
        program: The wrapper in it, e.g. `("crossfade", "cron", "run")`.
        options: What all jobs have in common, e.g. `("--server", "memcached:11211")`.
        namespace: The namespace; "" for the one that the manifest is applied to.
        suspended: Whether the jobs begin suspended: a job that is moved later is resumed then.
    """

    image: str
    program: tuple[str, ...] = ("crossfade", "cron", "run")
    options: tuple[str, ...] = ()
    namespace: str = ""
    suspended: bool = True


def cronjob_name(job: str) -> str:
    """Return the name of a job's CronJob: small letters, digits and hyphens."""
    return _UNFIT.sub("-", job.lower()).strip("-")


def kubernetes_schedule(expression: str) -> str:
    """Write a schedule so that Kubernetes reads it, with Sunday as 0."""
    *others, weekdays = MACROS.get(expression.lower(), expression).split()
    if "7" in re.split(r"[,/-]", weekdays):
        # A step of 7 is rewritten too, to no harm.
        days = CronSim(f"0 0 * * {weekdays}", _SOME_DAY).weekdays
        numbers = sorted({day % _WEEK for day in days if isinstance(day, int)})
        weekdays = ",".join(map(str, numbers))
    return " ".join((*others, weekdays))


def starting_deadline(schedule: Schedule, since: int) -> int:
    """Return for how many seconds after its tick a Job may still be started.

    Half of the shortest time between two ticks, as cron's starts have, within what Kubernetes can
    do and ten minutes.

    Args:
        schedule: The job's schedule.
        since: From when to look, in minutes since 1970.
    """
    ticks = islice(ticks_from(schedule, since), _TICKS_LOOKED_AT)
    shortest = min((later - tick for tick, later in pairwise(ticks)), default=LONGEST_DEADLINE)
    return max(SHORTEST_DEADLINE, min(LONGEST_DEADLINE, shortest * MINUTE // 2))


def cronjob(
    job: CrontabJob,
    name: str,
    workload: Workload,
    *,
    schedule: Schedule,
    zone: str,
    since: int,
    resources: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, object]:
    """Return the manifest of a job's CronJob.

    Args:
        job: The line of the crontab.
        name: The job's name, the same on both platforms.
        workload: Where and how it runs.
        schedule: The line's schedule.
        zone: The name of the zone in which it is meant.
        since: From when the schedule counts, in minutes since 1970.
        resources: The container's cpu and memory: its requests and limits.

    Raises:
        BadInput: The name is too long for Kubernetes.
    """
    kube_name = cronjob_name(name)
    if len(kube_name) > LONGEST_NAME:
        raise BadInput(
            f"the job's name {name!r} gives a CronJob's name of {len(kube_name)} characters: "
            f"Kubernetes takes {LONGEST_NAME}; choose a shorter one"
        )
    pod = _pod(job, name, zone, workload, resources or {})
    metadata: dict[str, object] = {
        "name": kube_name,
        "labels": {"app.kubernetes.io/managed-by": "crossfade"},
        "annotations": {"crossfade-job": name},
    }
    if workload.namespace:
        metadata["namespace"] = workload.namespace
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": kubernetes_schedule(schedule.expression),
            "timeZone": zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": starting_deadline(schedule, since),
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "suspend": workload.suspended,
            "jobTemplate": {"spec": {"backoffLimit": 0, "template": pod}},
        },
    }


def _pod(
    job: CrontabJob,
    name: str,
    zone: str,
    workload: Workload,
    resources: Mapping[str, Mapping[str, str]],
) -> Mapping[str, object]:
    """Return the template of a job's pods."""
    words = [
        *workload.program, "--job", name, "--schedule", " ".join(job.schedule.split()),
        "--timezone", zone, "--platform", "new", "--log", "stderr", *workload.options,
        "--", job.shell, "-c", _script(job),
    ]  # fmt: skip
    container: dict[str, object] = {
        "name": "job",
        "image": workload.image,
        "command": [_NEEDS_ESCAPE.sub("$$", word) for word in words],
        "env": _environment(job, name),
    }
    if resources:
        container["resources"] = {kind: dict(amounts) for kind, amounts in resources.items()}
    return {"spec": {"restartPolicy": "Never", "containers": [container]}}


def _script(job: CrontabJob) -> str:
    """Return the command with what cron would give it to read."""
    if job.standard_input is None:
        return job.script
    quoted = "'" + job.standard_input.replace("'", "'\"'\"'") + "'"
    return f"printf %s {quoted} | {{ {job.script}\n}}"


def _environment(job: CrontabJob, name: str) -> list[dict[str, object]]:
    """Return the container's variables: the crontab's, and those that name the tick."""
    own: list[dict[str, object]] = [
        {"name": key, "value": _NEEDS_ESCAPE.sub("$$", value)}
        for key, value in job.variables
        if key not in CRON_ONLY
    ]
    named: dict[str, object] = {
        "name": "CROSSFADE_KUBERNETES_JOB",
        "valueFrom": {"fieldRef": {"fieldPath": JOB_NAME_LABEL}},
    }
    return [*own, named, {"name": "CROSSFADE_KUBERNETES_CRONJOB", "value": cronjob_name(name)}]
