"""The gates' rules for many ramps at once: ours, the one before, and one that was told the rates.

Ours is `crossfade.plan.gates.sequential` in arrays; a test holds the two together.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import lgamma, log
from typing import TYPE_CHECKING

import numpy as np

from crossfade.plan.gates import sequential, stakes
from crossfade.plan.gates.errors import errors_asked
from crossfade.plan.gates.kinds import ErrorsGate, LatencyGate
from crossfade.plan.gates.latency import SlowLimit, latency_asked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.gate_traffic import Side
    from crossfade.plan.gates.stakes import Asked

    Floats = NDArray[np.float64]

WINDOW = 5
"""Minutes that the former rule looked at."""

_KEPT = 1080
"""Minutes from which burstiness is estimated: half way between the least and the most."""


@dataclass
class Dispersion:
    """The running estimate of a minute's variance to mean, as gates make it."""

    squares: Floats
    bad: Floats
    before: list[tuple[Floats, Floats]] = field(default_factory=list)
    kept: deque[tuple[Floats, Floats]] = field(default_factory=deque)

    @classmethod
    def of(cls, ramps: int) -> Dispersion:
        """Begin with nothing."""
        return cls(np.zeros((2, ramps)), np.zeros((2, ramps)))

    def estimate(self) -> Floats:
        """Return what the minutes so far say."""
        supposed = stakes.SUPPOSED * stakes.SUPPOSED_BAD
        squares, bad = self.squares.sum(axis=0), self.bad.sum(axis=0)
        both = (squares + supposed) / (bad + stakes.SUPPOSED_BAD)
        own = self.squares[0] + both * stakes.ALIKE_BAD
        return np.maximum(np.maximum(both, own / (self.bad[0] + stakes.ALIKE_BAD)), 1.0)

    def learn(self, sides: list[tuple[Floats, Floats]]) -> None:
        """Count a minute in: requests and bad ones of new and of legacy."""
        squares, bad = np.zeros_like(self.bad), np.zeros_like(self.bad)
        for at, ((was, wrong), (now, more)) in enumerate(zip(self.before, sides, strict=False)):
            known = (was > 0) & (now > 0)
            part = np.where(known, now / np.maximum(was + now, 1), 0.5)
            together = wrong + more
            squares[at] = np.where(known, (more - together * part) ** 2 / (part * (1 - part)), 0)
            bad[at] = np.where(known, together, 0)
        self.before = sides
        self.kept.append((squares, bad))
        self.squares, self.bad = self.squares + squares, self.bad + bad
        if len(self.kept) > _KEPT:
            old_squares, old_bad = self.kept.popleft()
            self.squares, self.bad = self.squares - old_squares, self.bad - old_bad


def bets(
    new: tuple[Floats, Floats], legacy: tuple[Floats, Floats], times: float, burst: Floats
) -> tuple[Floats, Floats]:
    """Return `sequential.log_factor` for each multiple (rows) and ramp (columns), in two parts.

    The first is what it is for a limit that adds nothing; from it goes the second, times what the
    limit adds.
    """
    multiples = np.array(stakes.MULTIPLES)[:, None]
    requests, bad = new
    there, wrong = legacy
    allowed = times * requests
    both = np.maximum(multiples * allowed + there, 1e-12)
    bold = np.where(allowed > 0, multiples * (allowed + there) / both, multiples)
    fee = (bold - 1) / burst
    told = np.zeros_like(fee)
    silent = (requests == 0) | ((times > 0) & (there == 0))
    some = ~silent & (bad + wrong > 0)
    spread = np.maximum(burst, 1 + 1e-6)[some]
    up = np.log((spread - np.exp(-(spread - 1) * (bold[:, some] - 1) / spread)) / (spread - 1))
    told[:, some] = up * bad[some]
    if times:
        ratio = (allowed / np.maximum(there, 1e-12))[some] * fee[:, some]
        told[:, some] += wrong[some] * np.log(
            (spread - np.exp((spread - 1) * ratio)) / (spread - 1)
        )
    return told, np.where(silent, 0.0, fee * requests)


@dataclass
class Ours:
    """One gate of ours in many ramps."""

    gate: ErrorsGate | LatencyGate
    ramps: int
    asked: list[Asked] = field(init=False)
    capital: list[Floats] = field(init=False)
    dispersion: Dispersion = field(init=False)
    age: int = 0

    def __post_init__(self) -> None:
        errors = isinstance(self.gate, ErrorsGate)
        self.asked = list(
            errors_asked(self.gate)
            if errors
            else latency_asked(self.gate, (SlowLimit(0.17, own=False),))
        )
        self.capital = []
        self.dispersion = Dispersion.of(self.ramps)

    def enter(self, step: int) -> None:
        """Begin a stage."""
        shape = (len(stakes.MULTIPLES), self.ramps)
        self.capital = [np.full(shape, sequential.first_stake(step)) for _ in self.asked]

    def before(self, legacy: Side) -> None:
        """See a minute before the ramp."""
        nothing = np.zeros(self.ramps)
        self.dispersion.learn([(nothing, nothing), self._bad(legacy)])

    def fails(self, new: Side, legacy: Side) -> NDArray[np.bool_]:
        """See a minute; say in which ramps the gate fails."""
        burst = self.dispersion.estimate()
        mine, theirs = self._bad(new), self._bad(legacy)
        failed = np.zeros(self.ramps, bool)
        shares = sum(one.share for one in self.asked)
        stake = sequential.stake(self.age)
        laid = {
            times: bets(mine, theirs, times, burst)
            for times in {one.limit.times for one in self.asked}
        }
        for at, one in enumerate(self.asked):
            told, fees = laid[one.limit.times]
            grown = np.exp(np.minimum(told - fees * one.limit.plus, stakes.MOST_A_MINUTE))
            self.capital[at] = np.minimum((self.capital[at] + stake) * grown, stakes.MOST_ODDS)
            needed = shares / (one.share * self.gate.false_returns)
            failed |= self.capital[at].mean(axis=0) >= needed
        self.age += 1
        self.dispersion.learn([mine, theirs])
        return failed

    def _bad(self, side: Side) -> tuple[Floats, Floats]:
        bad = side.errors if isinstance(self.gate, ErrorsGate) else side.slow
        return np.maximum(side.requests, bad), bad


@dataclass
class Former:
    """The rule before: the last five minutes with a bound made for one look, asked every minute."""

    kind: type[ErrorsGate | LatencyGate]
    kept: deque[tuple[Side, Side]] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def before(self, legacy: Side) -> None:
        """See a minute before the ramp, which it does not ask about."""

    def enter(self, step: int) -> None:  # noqa: ARG002
        """Begin a stage."""
        self.kept.clear()

    def fails(self, new: Side, legacy: Side) -> NDArray[np.bool_]:
        """See a minute; say in which ramps the gate fails."""
        self.kept.append((new, legacy))
        requests = sum(one.requests for one, _ in self.kept)
        there = sum(one.requests for _, one in self.kept)
        enough, control = requests >= 100, there >= 100
        if self.kind is LatencyGate:
            mine, theirs = (
                np.median([pair[side].p90 for pair in self.kept], axis=0) for side in (0, 1)
            )
            return enough & control & (mine > 1.5 * theirs + 0.02)
        ratio = sum(one.errors for one, _ in self.kept) / np.maximum(requests, 1)
        beside = sum(one.errors for _, one in self.kept) / np.maximum(there, 1)
        surely = _wilson(ratio, np.maximum(requests, 1))
        relative = control & (surely > 2 * beside + 0.001)
        absolute = (surely > 0.01) & ~(control & (beside > 0.01))
        return enough & (relative | absolute)


def _wilson(ratio: Floats, n: Floats, z: float = 2.0) -> Floats:
    middle = ratio + z * z / (2 * n)
    spread = z * np.sqrt(ratio * (1 - ratio) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n)


@dataclass
class Told:
    """Wald's test of new's count of bad requests, told its good rate, its bad one, and bursts."""

    good: float
    bad: float
    burst: float
    ramps: int
    false_returns: float = 0.01
    logs: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.logs = np.zeros(self.ramps)

    def fails(self, bad: Floats) -> NDArray[np.bool_]:
        """See a minute; say in which ramps it fails."""
        most = int(bad.max()) + 1
        table = np.array([self._law(self.bad, x) - self._law(self.good, x) for x in range(most)])
        self.logs += table[bad.astype(int)]
        return self.logs >= -log(self.false_returns)

    def _law(self, mean: float, count: int) -> float:
        if self.burst == 1:
            return count * log(mean) - mean
        size = mean / (self.burst - 1)
        return lgamma(count + size) - lgamma(size) - size * log(self.burst)
