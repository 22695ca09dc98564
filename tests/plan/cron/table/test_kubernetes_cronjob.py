"""The CronJob for a line of a crontab."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossfade.errors import BadInput
from crossfade.plan.cron.schedule.ticks import read_schedule, ticks_from
from crossfade.plan.cron.table.crontab import jobs_of, read_crontab
from crossfade.plan.cron.table.kubernetes_cronjob import (
    Workload,
    cronjob,
    cronjob_name,
    kubernetes_schedule,
    starting_deadline,
)

SINCE = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) // 60
WORKLOAD = Workload("registry.example/jobs:1.4.2", options=("--server", "memcached:11211"))


def manifest(text: str, name: str = "reports.daily", **workload: object) -> dict[str, object]:
    *_, job = jobs_of(read_crontab(text.encode(), name="table", system=False))
    schedule = read_schedule(job.schedule, UTC)
    wanted = Workload(**{"image": "i", **workload}) if workload else WORKLOAD  # type: ignore[arg-type]
    return cronjob(job, name, wanted, schedule=schedule, zone="Etc/UTC", since=SINCE)


def container(made: object) -> dict[str, object]:
    for step in ("spec", "jobTemplate", "spec", "template", "spec", "containers"):
        made = cast("dict[str, object]", made)[step]
    (found,) = cast("list[dict[str, object]]", made)
    return found


def as_kubernetes_expands(word: str) -> str:
    """What becomes of `$` in a container's command when no variable is named: `$$` is `$`."""
    return re.sub(r"\$\$|\$\((\w+)\)", lambda match: "" if match[1] else "$", word)


def test_the_manifest_asks_kubernetes_for_no_repetition() -> None:
    assert manifest("*/5 * * * * /bin/report\n", namespace="shop", suspended=False) == {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": "reports-daily",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "crossfade"},
            "annotations": {"crossfade-job": "reports.daily"},
        },
        "spec": {
            "schedule": "*/5 * * * *",
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 150,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "suspend": False,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "template": {
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [
                                {
                                    "name": "job",
                                    "image": "i",
                                    "command": [
                                        "crossfade", "cron", "run", "--job", "reports.daily",
                                        "--schedule", "*/5 * * * *", "--timezone", "Etc/UTC",
                                        "--platform", "new", "--log", "stderr",
                                        "--", "/bin/sh", "-c", "/bin/report",
                                    ],
                                    "env": [
                                        {
                                            "name": "CROSSFADE_KUBERNETES_JOB",
                                            "valueFrom": {
                                                "fieldRef": {
                                                    "fieldPath": "metadata.labels"
                                                    "['batch.kubernetes.io/job-name']"
                                                }
                                            },
                                        },
                                        {
                                            "name": "CROSSFADE_KUBERNETES_CRONJOB",
                                            "value": "reports-daily",
                                        },
                                    ],
                                }
                            ],
                        }
                    },
                }
            },
        },
    }  # fmt: skip


def test_jobs_begin_suspended_in_the_namespace_of_whoever_applies_them() -> None:
    made = manifest("* * * * * x\n")
    assert cast("dict[str, object]", made["spec"])["suspend"] is True
    assert "namespace" not in cast("dict[str, object]", made["metadata"])


def test_variables_come_along_except_those_that_speak_to_cron() -> None:
    made = manifest("MAILTO=a\nSHELL=/bin/bash\nPRICE=$$5 $(x)\nPATH=/bin\n* * * * * x\n")
    names = [cast("dict[str, str]", one) for one in cast("list[object]", container(made)["env"])]
    assert [(one["name"], one.get("value")) for one in names][:2] == [
        ("PRICE", "$$$5 $$(x)"),
        ("PATH", "/bin"),
    ]
    assert cast("list[str]", container(made)["command"])[-3:] == ["/bin/bash", "-c", "x"]


@given(st.text("$( )abc{}", max_size=12).filter(lambda text: text.strip()))
def test_the_shell_gets_its_dollar_signs_back(script: str) -> None:
    command = container(manifest(f"* * * * * {script}\n"))["command"]
    (job,) = jobs_of(read_crontab(f"* * * * * {script}\n".encode(), name="t", system=False))
    assert as_kubernetes_expands(cast("list[str]", command)[-1]) == job.script


def test_what_cron_gives_the_command_to_read_is_piped_in() -> None:
    command = container(manifest("* * * * * cat -n%it's%5\\%\n"))["command"]
    assert cast("list[str]", command)[-1] == "printf %s 'it'\"'\"'s\n5%\n' | { cat -n\n}"


@pytest.mark.parametrize(
    ("cron", "kubernetes"),
    [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 * * 1-7/2", "0 0 * * 0,1,3,5"),
        ("0 0 * * mon-fri", "0 0 * * mon-fri"),
        ("7 7 7 7 *", "7 7 7 7 *"),
        ("0 0 17 * 1", "0 0 17 * 1"),
        ("@weekly", "0 0 * * 0"),
    ],
)
def test_schedules_are_written_as_kubernetes_reads_them(cron: str, kubernetes: str) -> None:
    assert kubernetes_schedule(cron) == kubernetes


@given(st.sampled_from(["7", "0-7", "6-7", "*/7", "1,7", "2-7/5", "0-7/7"]))
def test_a_rewritten_weekday_means_the_same_days(weekdays: str) -> None:
    before = read_schedule(f"0 12 * * {weekdays}", UTC)
    after = read_schedule(kubernetes_schedule(before.expression), UTC)
    assert list(islice(ticks_from(before, SINCE), 20)) == list(islice(ticks_from(after, SINCE), 20))


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("* * * * *", 30), ("*/10 * * * *", 300), ("0 0 * * *", 600), ("0,1 0 * * *", 30)],
)
def test_a_job_may_be_started_within_half_of_its_period(expression: str, seconds: int) -> None:
    assert starting_deadline(read_schedule(expression, UTC), SINCE) == seconds


def test_names_that_kubernetes_does_not_take_are_refused() -> None:
    assert cronjob_name("Reports.Daily_2") == "reports-daily-2"
    assert len(cronjob_name("a" * 52)) == 52
    with pytest.raises(BadInput, match="53 characters"):
        manifest("* * * * * x\n", name="a" * 53)
