"""Simulated minutes of both platforms, many ramps at once: requests, errors and slow requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ERRORS, SLOW = 0.005, 0.01
"""Parts of legacy's requests that fail, and that are slower than the latency gate's limit."""

SPREAD = 0.2
"""Scale of the logarithm of response times, which follow a logistic law."""

INCIDENT_EVERY = 1440
INCIDENT_MINUTES = (5, 60)
INCIDENT_TIMES = (3.0, 10.0, 40.0)
"""Once a day on average something befalls both platforms, for so long and so many times as bad."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the ramps are like.

    Attributes:
        title: In words.
        burst: Variance to mean of a minute's errors and slow requests; 1 is independent ones.
        incidents: Whether things befall both platforms.
        worse: How many times legacy's errors new has.
        slower: How many times legacy's response times new has.
        onset: From which minute on.
    """

    title: str
    burst: float = 1.0
    incidents: bool = False
    worse: float = 1.0
    slower: float = 1.0
    onset: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """One platform's minute in all ramps."""

    requests: NDArray[np.float64]
    errors: NDArray[np.float64]
    slow: NDArray[np.float64]
    p90: NDArray[np.float64]


def minutes(
    traffic: Traffic,
    loads: list[tuple[float, float]],
    before: int,
    ramps: int,
    chance: np.random.Generator,
    *,
    times_too: bool = True,
) -> Iterator[tuple[int, Side, Side]]:
    """Yield minute after minute: its number, new, legacy.

    Args:
        traffic: What the ramps are like.
        loads: Mean requests of new and of legacy in each minute.
        before: Minutes of legacy alone before them; they have negative numbers.
        ramps: How many.
        chance: The dice.
        times_too: Whether the percentiles of the response times are drawn.
    """
    left, times = np.zeros(ramps, int), np.ones(ramps)
    for number in range(-before, len(loads)):
        if traffic.incidents:
            begins = (left == 0) & (chance.random(ramps) < 1 / INCIDENT_EVERY)
            left = np.where(
                begins, chance.integers(*INCIDENT_MINUTES, ramps), np.maximum(left - 1, 0)
            )
            times = np.where(
                begins, chance.choice(INCIDENT_TIMES, ramps), np.where(left, times, 1.0)
            )
        load_new, load_legacy = loads[max(number, 0)]
        bad = number >= traffic.onset
        worse, slower = (traffic.worse, traffic.slower) if bad else (1.0, 1.0)
        new = load_new if number >= 0 else 0.0
        yield (
            number,
            _side(traffic, new, (times * worse, times, slower), chance, times_too),
            _side(traffic, load_legacy + load_new - new, (times, times, 1.0), chance, times_too),
        )


def _side(
    traffic: Traffic,
    load: float,
    bad: tuple[NDArray[np.float64], NDArray[np.float64], float],
    chance: np.random.Generator,
    times_too: bool,  # noqa: FBT001
) -> Side:
    failing, delayed, slower = bad
    requests = chance.poisson(load, failing.shape).astype(float)
    errors = _bad(requests * np.minimum(ERRORS * failing, 1), traffic.burst, chance)
    # the odds of being slower than a limit fall with its distance in the logarithm
    odds = SLOW / (1 - SLOW) * slower ** (1 / SPREAD)
    slow = _bad(requests * np.minimum(odds / (1 + odds) * delayed, 1), traffic.burst, chance)
    requests = np.maximum(requests, errors)
    p90 = _p90(requests, chance) * slower if times_too else np.zeros_like(requests)
    return Side(requests, errors, np.minimum(slow, requests), p90)


def _p90(requests: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.float64]:
    least = np.maximum(requests, 1)
    rank = np.ceil(0.9 * least)
    drawn = np.clip(chance.beta(rank, least + 1 - rank), 1e-9, 1 - 1e-9)
    return 0.1 * np.exp(SPREAD * (np.log(drawn / (1 - drawn)) - np.log(9)))


def _bad(
    mean: NDArray[np.float64], burst: float, chance: np.random.Generator
) -> NDArray[np.float64]:
    if burst == 1:
        return chance.poisson(mean).astype(float)
    return chance.negative_binomial(np.maximum(mean, 1e-12) / (burst - 1), 1 / burst).astype(float)
