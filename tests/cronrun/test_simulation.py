"""P9 over many ticks in virtual time: the real protocol keeps it, every broken one is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.actions import OnLost, Policy, Unavailable
from crossfade.plan.cron.claim.terms import Overlap
from tests.cronrun import mutants
from tests.cronrun.simulation import CALM, STORM, TERMS, Bend, Tally, Weather, World

if TYPE_CHECKING:
    from crossfade.plan.cron.claim.terms import Terms

LATE_ANSWERS = Weather(late=0.1, long=0.4)
FROZEN = Weather(pause=0.05, long=0.4)
NO_LOSSES = STORM._replace(evict=0, flush=0)
LONG_LEASE = TERMS._replace(lease=90)
PATIENT = TERMS._replace(deadline=1e12)


def show(tally: Tally) -> None:
    """Print the figures: with -s, or beside a failure."""
    print(tally)  # noqa: T201


def broken(tally: Tally) -> int:
    """Count how often a promise was broken."""
    return tally.doubles + tally.two_leases


def test_in_calm_weather_every_tick_that_somebody_came_to_runs_once() -> None:
    tally = World(1, CALM).run(2000)
    show(tally)
    assert (tally.doubles, tally.unexplained, tally.two_leases) == (0, 0, 0)
    assert tally.runs + tally.missed == tally.ticks
    assert tally.runs > 0.99 * tally.ticks


def test_in_calm_weather_the_preferred_platform_runs_whenever_it_comes_in_time() -> None:
    assert World(2, CALM).run(1000).strays == 0
    unhandicapped = TERMS._replace(handicap=0)
    assert World(2, CALM, terms=unhandicapped).run(1000).strays == 0
    assert World(2, CALM, terms=TERMS._replace(prefer=Platform.LEGACY)).run(1000).strays > 0


@pytest.mark.parametrize(
    ("seed", "ticks"),
    [(1, 3_000)] + [pytest.param(n, 25_000, marks=pytest.mark.slow) for n in range(2, 6)],
)
def test_in_a_storm_no_tick_is_won_twice(seed: int, ticks: int) -> None:
    tally = World(seed, STORM).run(ticks)
    show(tally)
    assert (tally.doubles, tally.unexplained) == (0, 0)
    assert min(tally.told["skip suspect"], tally.told["skip unavailable"]) > 0
    assert tally.runs > 0.9 * tally.ticks


def test_without_lost_records_no_two_runs_are_ever_sure_of_the_lease() -> None:
    for weather, terms in ((NO_LOSSES, TERMS), (LATE_ANSWERS, LONG_LEASE), (FROZEN, TERMS)):
        tally = World(1, weather, terms=terms).run(2000)
        assert (tally.doubles, tally.two_leases) == (0, 0)


@pytest.mark.parametrize(
    ("terms", "policy"),
    [
        (TERMS._replace(overlap=Overlap.WAIT), Policy()),
        (TERMS._replace(overlap=Overlap.ALLOW), Policy()),
        (TERMS._replace(rerun_after_crash=True), Policy()),
        (TERMS, Policy(on_lost=OnLost.STOP, max_runtime=20)),
        (TERMS, Policy(unavailable=Unavailable.RUN)),
        (TERMS, Policy(unavailable=Unavailable.HOME, home=Platform.LEGACY)),
    ],
    ids=["wait", "allow", "rerun", "stop", "run", "home"],
)
def test_under_every_policy_no_tick_is_won_twice(terms: Terms, policy: Policy) -> None:
    tally = World(4, STORM, terms=terms, policy=policy).run(1500)
    show(tally)
    assert (tally.doubles, tally.unexplained) == (0, 0)


def test_a_run_whose_holder_crashed_is_taken_over_only_if_that_is_wanted() -> None:
    crashes = Weather(crash=0.02)
    rerun = World(5, crashes, terms=TERMS._replace(rerun_after_crash=True, lease=6))
    rerun.run(1000)
    assert any(attempt > 1 for _, attempt in rerun.wins)
    plain = World(5, crashes)
    plain.run(1000)
    assert all(attempt == 1 for _, attempt in plain.wins)


def test_the_same_seed_tells_the_same_story() -> None:
    assert str(World(7).run(500)) == str(World(7).run(500)) != str(World(8).run(500))


@pytest.mark.parametrize(
    ("mutant", "weather", "terms"),
    [
        (mutants.PlainDelete(), LATE_ANSWERS, LONG_LEASE),
        (mutants.TouchHeartbeat(), FROZEN, TERMS),
        (mutants.NoreplyAdd(), CALM, TERMS),
        (mutants.HashRing(), CALM, TERMS),
        (mutants.NoRestartProof(), STORM, TERMS),
        (mutants.NoLossProof(), STORM, TERMS),
        (mutants.GoneIsMine(), STORM, TERMS),
        (mutants.SilenceIsSuccess(), STORM, TERMS),
        (mutants.PlainSet(), STORM, TERMS),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Bend) else "",
)
def test_a_broken_protocol_is_caught(mutant: Bend, weather: Weather, terms: Terms) -> None:
    tally = World(1, weather, terms=terms, bend=mutant).run(2000, until=broken)
    show(tally)
    assert broken(tally)


@pytest.mark.parametrize(
    "terms",
    [
        PATIENT,
        PATIENT._replace(retention=15),
        TERMS._replace(accept_evictions=True),
    ],
    ids=["starts without a deadline", "records shorter than the deadline", "losses accepted"],
)
def test_careless_terms_are_caught(terms: Terms) -> None:
    weather = FROZEN if terms.deadline else STORM
    assert World(1, weather, terms=terms).run(2000, until=lambda tally: tally.doubles).doubles
