"""The benchmark of the gates judges by the same rule as the gates do."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from benchmarks.gate_rules import Ours, Told
from benchmarks.gate_traffic import Traffic, minutes
from crossfade.plan.gates.kinds import ErrorsGate, LatencyGate
from crossfade.plan.gates.latency import SlowLimit, latency_asked
from crossfade.plan.gates.sequential import odds, with_dispersion
from crossfade.plan.gates.stakes import Counts, Standing
from tests.plan.shop import NOON

MINUTE = timedelta(minutes=1)
RAMPS, BEFORE = 3, 40


@pytest.mark.parametrize("gate", [ErrorsGate(name="errors"), LatencyGate(name="latency")])
def test_many_ramps_at_once_have_the_odds_that_the_gate_gives_each(
    gate: ErrorsGate | LatencyGate,
) -> None:
    traffic = Traffic("bursts", burst=3, worse=2, incidents=True)
    ours = Ours(gate, RAMPS)
    seen: list[list[tuple[int, Counts, Counts]]] = [[] for _ in range(RAMPS)]
    chance = np.random.default_rng(1)
    for number, new, legacy in minutes(traffic, [(200.0, 900.0)] * 60, BEFORE, RAMPS, chance):
        for ramp in range(RAMPS):
            bad = "errors" if isinstance(gate, ErrorsGate) else "slow"
            sides = (
                Counts(float(side.requests[ramp]), float(getattr(side, bad)[ramp]))
                for side in (new, legacy)
            )
            seen[ramp].append((number, *sides))
        if number < 0:
            ours.before(legacy)
            continue
        if number == 0:
            ours.enter(0)
        ours.fails(new, legacy)
    standing = Standing(NOON, 0, NOON, whole=True)
    for ramp, known in enumerate(seen):
        told = with_dispersion((NOON + at * MINUTE, new, legacy) for at, new, legacy in known)
        for asked, capital in zip(ours.asked, ours.capital, strict=True):
            expected = odds(told, asked.limit, standing)
            assert capital[:, ramp].mean() == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_test_that_was_told_the_rates_needs_but_a_few_bad_minutes() -> None:
    told = Told(0.5, 5.0, 1, RAMPS)
    assert not told.fails(np.zeros(RAMPS)).any()
    assert told.fails(np.full(RAMPS, 9.0)).all()


def test_the_latency_gate_of_the_benchmark_asks_about_one_limit() -> None:
    limits = latency_asked(LatencyGate(name="latency"), [SlowLimit(0.17, own=False)])
    assert len(limits) == 1
