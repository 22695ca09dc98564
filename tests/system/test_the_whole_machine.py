"""The whole machine, once, for real: a server, what is deployed on it, a worker, and a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.logs import trouble
from tests.system.machine import by_itself, schedules
from tests.system.seen import HOURLY, KILLED, LOOKING, SETTLING, WITH_ITS_WORKER, message
from tests.system.world import JOB, NEXT, OLD

if TYPE_CHECKING:
    from tests.system.seen import Day, Run

pytestmark = pytest.mark.system

SCHEDULES = schedules()
BY_ITSELF = [name for name, cron in SCHEDULES.items() if by_itself(cron)]
IN_THE_WAY = (
    "Deployment concurrency limit reached.",
    "Deployment concurrency slot lost during provisioning",
)
"""A run that comes due while the one before it still runs is cancelled: its deployment says so.
So is one whose process took more than a minute to start, and that found another in its place."""

ABANDONED = "without a worker"
"""What the hourly look fails with while nobody has settled a crash yet; that is what it is for."""

each = pytest.mark.parametrize("name", SCHEDULES)


def test_the_server_is_set_up_with_all_of_prefect_yaml(day: Day) -> None:
    code, said = day.deployed[0]
    assert code == 0, said
    assert SCHEDULES.keys() <= day.standing[0].keys()


def test_every_schedule_that_is_hours_away_is_known_here() -> None:
    assert {*HOURLY, *BY_ITSELF} == SCHEDULES.keys(), "a new schedule needs its part in the day"


@each
def test_the_server_makes_runs_of_a_schedule(day: Day, name: str) -> None:
    made = day.made[name]
    assert made, f"{name} never fires: the server's scheduler made no run of it\n{_story(day)}"
    for run in made:
        assert run["auto_scheduled"]
        assert run["created_by"]["type"] == "SCHEDULE"
        assert run["state_type"] == "SCHEDULED"


@each
def test_its_runs_end_well(day: Day, name: str) -> None:
    assert day.completed(name), f"no run of {name} ended well\n{_story(day)}"
    bad = [
        run
        for run in day.ended(name)
        if run not in day.completed(name) and not _in_the_way(run) and not _sees_a_crash(name, run)
    ]
    assert not bad, f"{name}: {[message(run) for run in bad]}"


@pytest.mark.parametrize("name", HOURLY)
def test_a_run_that_was_brought_forward_is_the_scheduler_s_and_completes(
    day: Day, name: str
) -> None:
    (run,) = (run for run in day.runs.get(name, ()) if run["id"] == day.forward.get(name))
    assert run["auto_scheduled"]
    assert run["state_type"] == "COMPLETED", message(run)


@pytest.mark.parametrize("name", BY_ITSELF)
def test_a_schedule_of_a_minute_comes_due_by_itself_again_and_again(day: Day, name: str) -> None:
    due = {run["expected_start_time"] for run in day.completed(name)}
    assert len(due) >= 2, f"{name} came due by itself {len(due)} times\n{_story(day)}"


def test_a_run_that_nobody_takes_is_seen_to_be_late(day: Day) -> None:
    assert day.late, f"the server's look for late runs is dead\n{_story(day)}"


@pytest.mark.parametrize("environment", KILLED)
def test_a_run_that_was_killed_is_marked_as_crashed(day: Day, environment: str) -> None:
    (run,) = day.runs.get(environment, [None])
    assert run is not None, f"no promote of {environment} was killed\n{_story(day)}"
    assert run["state_type"] == "CRASHED", message(run)
    silent = "No heartbeat: its process or machine died."
    assert (message(run) == silent) == (environment == WITH_ITS_WORKER)


def test_each_crash_is_settled_by_the_automation(day: Day) -> None:
    settled = day.completed(SETTLING)
    assert len(settled) >= len(KILLED), f"{len(settled)} crashes were settled\n{_story(day)}"
    for run in settled:
        assert run["created_by"]["type"] == "AUTOMATION"


@pytest.mark.parametrize("environment", KILLED)
def test_what_was_killed_is_finished_in_its_direction(day: Day, environment: str) -> None:
    assert day.served[environment] == f"this is {NEXT}"


def test_scheduled_runs_do_what_there_is_to_do(day: Day) -> None:
    assert day.on_new >= 50, "advance/minutely did not drive the migration"
    assert day.gathered, "gather/hourly wrote no record of ticks"
    assert day.both == {NEXT}, "tandem/minutely released nothing"
    assert "shop" in day.page, "report/hourly kept no page"
    assert any("releases go" in message(run) for run in day.completed("purge/nightly")), OLD
    moved = [message(run) for run in day.completed("move-cron/minutely")]
    assert any(f"{JOB}: done" in text for text in moved), moved


def test_setting_up_again_changes_nothing(day: Day) -> None:
    assert len(day.deployed) == 2, _story(day)
    code, said = day.deployed[1]
    assert code == 0, said
    first, second = day.standing
    turned_on = {**first, **{name: _on(first[name]) for name in SCHEDULES}}
    assert second == turned_on, "a schedule that somebody turned on stays on, as all else"


@pytest.mark.parametrize(
    ("log", "began"),
    [("server", "Starting action message handler"), ("worker", "Worker 'ProcessWorker")],
)
def test_nobody_logs_an_error_that_is_not_expected(day: Day, log: str, began: str) -> None:
    found = trouble(log, day.logs[log])
    assert not found, f"{len(found)} records in the {log}'s log, the first:\n{found[0]}"
    assert began in day.logs[log], f"this is not the log of a {log} that ran\n{_story(day)}"


def _on(deployment: dict[str, object]) -> dict[str, object]:
    rows = deployment["schedules"]
    assert isinstance(rows, list)
    return {**deployment, "schedules": [(slug, True, schedule) for slug, _, schedule in rows]}


def _in_the_way(run: Run) -> bool:
    return run["state_type"] == "CANCELLED" and message(run).startswith(IN_THE_WAY)


def _sees_a_crash(name: str, run: Run) -> bool:
    return name == LOOKING and ABANDONED in message(run)


def _story(day: Day) -> str:
    logged = [record for log, text in day.logs.items() for record in trouble(log, text)]
    return "\n".join((*day.told, *logged[:1]))
