"""One day of the machine in four minutes: what is done to it.

Nothing is asserted here: the day goes on as far as it can, and the tests read what was seen.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.system import deaths
from tests.system.machine import DEPLOYED_SECONDS, by_itself, schedules, until
from tests.system.seen import (
    ENDED,
    GATHERING,
    HOURLY,
    KILLED,
    LOOKING,
    SETTLING,
    SHOWING,
    TELLING,
    WITH_ITS_WORKER,
)
from tests.system.world import COMPONENT, JOB, LIVE, MIGRATION, NEXT, OLD

if TYPE_CHECKING:
    import subprocess

    from tests.system.machine import Machine
    from tests.system.seen import Day
    from tests.system.world import World

SCHEDULED_SECONDS = 120
"""The scheduler looks at changed deployments every 5 s, and at all once a minute."""

LATE_SECONDS = 60
"""A run counts as late after 15 s, and the server looks for such runs every 5 s."""

LIVED_SECONDS = 400
"""From the worker's start on. Three minutes of silence are the longest, then it is settled."""

RESTED_SECONDS = 120
UNDER_WAY = ("PENDING", "RUNNING", "CANCELLING")
TWICE = 2


def live(machine: Machine, world: World, day: Day) -> None:
    """Live the day; it ends at once where the server makes no runs of a schedule."""
    with ExitStack() as platforms:
        for platform in world.platforms():
            platforms.enter_context(platform)
        _set_up(machine, world, day)
        dying = deaths.with_its_worker(machine, day)
        _turn_on(machine, day)
        if all(day.made.values()):
            _be_late(machine, day)
        dying.communicate(timeout=deaths.DIED_SECONDS)
        if all(day.made.values()):
            with machine.worker():
                day.tell("the worker has started")
                _work(machine, world, day)
    _look_back(machine, world, day)


def _set_up(machine: Machine, world: World, day: Day) -> None:
    """Set the server up; meanwhile people make releases and begin a migration."""
    deploying = machine.starts("deployments")
    for version in (*OLD, LIVE, NEXT):
        world.publishes(version)
    for environment in KILLED:
        for version in (OLD[-1], LIVE):
            world.does("promote", environment, COMPONENT, version)
    world.does("advance", MIGRATION)
    _deployed(deploying, machine, day)


def _deployed(deploying: subprocess.Popen[str], machine: Machine, day: Day) -> None:
    said, _ = deploying.communicate(timeout=DEPLOYED_SECONDS)
    day.deployed.append((deploying.returncode, said))
    day.standing.append(machine.standing())
    day.tell(f"`python -m deployments` ended with {deploying.returncode}")


def _turn_on(machine: Machine, day: Day) -> None:
    """Turn every schedule on, and wait for the runs that the server's scheduler makes."""
    for name in schedules():
        machine.turns(name, on=True)
        day.made[name] = []

    def made() -> bool:
        for name, known in day.made.items():
            day.made[name] = known or machine.runs(name, "SCHEDULED")
        return all(day.made.values())

    until(made, SCHEDULED_SECONDS)
    day.tell(f"the scheduler made runs of {sum(map(bool, day.made.values()))} schedules")


def _be_late(machine: Machine, day: Day) -> None:
    """Let a run be due while there is no worker, until the server sees that it is late."""
    run = _bring_forward(machine, day, GATHERING)
    day.late = until(lambda: "Late" in machine.states(run), LATE_SECONDS)
    day.tell(f"{GATHERING} was {'seen to be' if day.late else 'never'} late")


def _bring_forward(machine: Machine, day: Day, name: str) -> str:
    """Let the next run of a schedule be due now."""
    run: str = machine.runs(name, "SCHEDULED")[0]["id"]
    machine.brings_forward(run)
    day.forward[name] = run
    day.tell(f"{name} was brought forward")
    return run


def _work(machine: Machine, world: World, day: Day) -> None:
    """Live with a worker: runs come due and crash, and the server is set up again."""
    world.asks_for_both(NEXT)
    day.tell(f"both platforms are ready with {NEXT}")
    deaths.under_its_worker(machine, day)
    deploying: list[subprocess.Popen[str]] = []

    def lived() -> bool:
        if world.moves_when_it_may():
            day.tell(f"somebody moved {JOB}")
        if SHOWING not in day.forward and _any_ended(machine, SETTLING):
            day.tell("the first crash was settled")
            _bring_forward(machine, day, SHOWING)
            _bring_forward(machine, day, TELLING)
        if LOOKING not in day.forward and len(machine.runs(SETTLING, *ENDED)) >= len(KILLED):
            day.tell("both crashes were settled")
            _bring_forward(machine, day, LOOKING)
        if SHOWING in day.forward and not deploying and _found_dead(machine, day):
            day.tell(f"the silent promote of {WITH_ITS_WORKER} is marked as crashed")
            deploying.append(machine.starts("deployments"))
        done = world.moved and world.in_tandem() == {NEXT}
        return bool(deploying) and done and _all_seen(machine, day)

    until(lived, LIVED_SECONDS, pause=3)
    for one in deploying:
        _deployed(one, machine, day)
    for name in schedules():
        machine.turns(name, on=False)
    names = (*schedules(), SETTLING)
    until(lambda: not any(machine.runs(name, *UNDER_WAY) for name in names), RESTED_SECONDS)
    day.tell("every run has ended")


def _any_ended(machine: Machine, name: str) -> bool:
    return any(run["state_type"] in ENDED for run in machine.runs(name))


def _found_dead(machine: Machine, day: Day) -> bool:
    run = day.killed.get(WITH_ITS_WORKER)
    return run is not None and machine.run(run)["state_type"] in ENDED


def _all_seen(machine: Machine, day: Day) -> bool:
    """Whether everything has happened that is waited for."""
    waited = [machine.run(run) for run in (*day.forward.values(), *day.killed.values())]
    due = [machine.runs(name, "COMPLETED") for name, cron in schedules().items() if by_itself(cron)]
    return (
        len(day.killed) == len(KILLED) <= len(machine.runs(SETTLING, *ENDED))
        and len(day.forward) == len(HOURLY)
        and all(run["state_type"] in ENDED for run in waited)
        and all(len(runs) >= TWICE for runs in due)
    )


def _look_back(machine: Machine, world: World, day: Day) -> None:
    """Read how everything stands in the end."""
    for name in (*schedules(), SETTLING):
        day.runs[name] = machine.runs(name)
    for environment, run in day.killed.items():
        day.runs[environment] = [machine.run(run)]
    day.served = {environment: world.serves(environment) for environment in KILLED}
    day.on_new = world.on_new()
    day.both = world.in_tandem()
    day.page = world.page()
    day.gathered = world.gathered()
