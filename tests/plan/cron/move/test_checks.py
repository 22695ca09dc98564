"""What must be true before a cron job is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import SideMark
from crossfade.plan.cron.claim.restart_proof import Sample
from crossfade.plan.cron.move.checks import (
    CronJobSpec,
    cronjob_objections,
    cronjob_of,
    lock_objections,
)
from crossfade.plan.cron.schedule.ticks import read_schedule
from crossfade.plan.cron.ticks.lock_grade import JobReading, ServerReading

WORDS = ("crossfade", "cron", "run", "--job", "a", "--schedule", "*/5 * * * *", "--platform=new")
SPEC = CronJobSpec("*/5 * * * *", "UTC", "Forbid", 150, "Never", 0, (*WORDS, "--", "sh"))
NOW = datetime(2026, 3, 1, 12, 2, tzinfo=UTC).timestamp()
LAST = int(NOW // 60) - 2


def objections(spec: CronJobSpec, schedule: str = "*/5 * * * *") -> list[str]:
    return list(cronjob_objections(spec, job="a", schedule=schedule, timezone="UTC"))


def test_a_cronjob_as_it_is_configured_and_generated_fits() -> None:
    assert objections(SPEC) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"schedule": "0 * * * *"}, "is due at '0 * * * *', the configuration says '*/5 * * * *'"),
        ({"timezone": ""}, "timeZone is '', the configuration says 'UTC'"),
        ({"policy": "Allow"}, "concurrencyPolicy is Allow, it must be Forbid"),
        ({"restart": "OnFailure"}, "restartPolicy is OnFailure"),
        ({"backoff": None}, "backoffLimit None"),
        ({"deadline": None}, "more than 100 missed starts"),
        ({"words": ("--", *WORDS)}, "does not start the wrapper with --job 'a'"),
        ({"words": (*WORDS[:4], "b", *WORDS[5:])}, "with --job 'b' instead of 'a'"),
        ({"words": (*WORDS[:6], "0 * * * *", WORDS[7])}, "with --schedule '0 * * * *'"),
        ({"words": (*WORDS[:7], "--platform=legacy")}, "with --platform 'legacy'"),
        ({"words": (*WORDS[:6], "", WORDS[7])}, "with --schedule ''"),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, Any], text: str) -> None:
    assert any(text in told for told in objections(replace(SPEC, **change)))


def test_two_spellings_of_a_schedule_are_the_same() -> None:
    spec = replace(SPEC, schedule="0 0 * * 0", words=(*WORDS[:6], "@weekly", WORDS[7]))
    assert objections(spec, schedule="0 0 * * 7") == []


def test_two_names_of_utc_are_the_same() -> None:
    assert objections(replace(SPEC, timezone="Etc/UTC")) == []


def lock(*, swaps: bool = True, legacy: int | None = LAST) -> list[str]:
    server = ServerReading(
        "host:11211", Sample(NOW, int(NOW), 9999, 0), evicts=False, flushable=False, swaps=swaps,
        used=0, limit=1, identity=None,
    )  # fmt: skip
    mark = None if legacy is None else SideMark(legacy, legacy * 60.0, "h1", "held", 0, 0.0)
    reading = JobReading("a", None, None, {Platform.LEGACY: mark, Platform.NEW: None})
    return list(lock_objections(server, reading, read_schedule("*/5 * * * *", UTC)))


def test_legacy_that_came_to_one_of_the_last_two_ticks_is_alive() -> None:
    assert lock() == lock(legacy=LAST - 5) == []


def test_legacy_that_is_silent_or_was_never_seen_holds_the_move() -> None:
    (silent,) = lock(legacy=LAST - 10)
    assert "legacy was last seen at 2026-03-01T11:50Z on h1" in silent
    (never,) = lock(legacy=None)
    assert "legacy was never seen on host:11211" in never


def test_a_memcached_without_compare_and_swap_holds_the_move() -> None:
    (told,) = lock(swaps=False)
    assert "host:11211 runs with -C" in told


def test_a_cronjob_has_its_configured_name_or_the_job_s() -> None:
    assert (cronjob_of("reports.daily", ""), cronjob_of("a", "b")) == ("reports-daily", "b")
