"""Gates: questions with five outcomes, and how often an outcome may come before it decides.

Only `pass` lets a ramp go on. `inconclusive`, `no_data` and `error` hold it, for ever if need be:
nothing that was not measured ever counts as good, and none of them counts as bad either, unless
the gate's own limit says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from crossfade.plan.base.words import count
from crossfade.plan.dns.vector import WHOLE, Vector
from crossfade.plan.gates.samples import Source, minute_after, minute_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Figures = dict[str, float | int | str | None]
"""The evidence: each figure under its name, ratios from 0 to 1, times in seconds."""


class Outcome(StrEnum):
    """What a gate says."""

    PASS = "pass"  # noqa: S105  an outcome, no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NO_DATA = "no_data"
    ERROR = "error"


class OnFail(StrEnum):
    """What a gate's reached limit asks for."""

    BACK = "back"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class OutcomeLimits:
    """How many times in a row an outcome may come before the gate's `on_fail` is done.

    None means never: the outcome holds the ramp and nothing more.
    """

    fail: int | None = 1
    inconclusive: int | None = None
    no_data: int | None = None
    error: int | None = None

    def of(self, outcome: Outcome) -> int | None:
        """Return the limit of one outcome."""
        known = {limit.name: getattr(self, limit.name) for limit in fields(self)}
        return known.get(outcome.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What all gates have.

    Attributes:
        name: How stages name it.
        window: The period that it looks at; a pass needs all of it.
        limits: How often each outcome may come in a row.
        on_fail: What a reached limit asks for.
        source: Where its samples come from.
    """

    name: str
    window: timedelta = timedelta(minutes=5)
    limits: OutcomeLimits = OutcomeLimits()
    on_fail: OnFail = OnFail.BACK
    source: Source = field(default=Source.TRAFFIC, init=False)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a gate needs to know besides the samples.

    Attributes:
        now: The instant of the evaluation.
        since: When the present vector was in sync at Route 53.
        vector: The present weights.
        previous: The weights before them; they give the direction of travel.
        ttl: How long resolvers may keep an answer.
        keep_alive: How long a connection may be used after that.
        concentration: How uneven the resolvers are, measured at earlier stages; None if not yet.
        delay: How old a minute must be before its metrics are complete.
        began: When the ramp's first stage began; None where that is the present one.
        step: The number of the present stage, the first is 0.
    """

    now: datetime
    since: datetime
    vector: Vector
    previous: Vector
    ttl: timedelta = timedelta(seconds=60)
    keep_alive: timedelta = timedelta(hours=1)
    concentration: float | None = None
    delay: timedelta = timedelta(minutes=2)
    began: datetime | None = None
    step: int = 0

    @property
    def part(self) -> float:
        """The part of new lookups that go to the new platform, 0 to 1."""
        return float(self.vector.share / WHOLE)

    @property
    def travel(self) -> int:
        """1 where the new platform's share grew, -1 where it shrank, 0 where it is the same."""
        moved = self.vector.share - self.previous.share
        return (moved > 0) - (moved < 0)

    def period(self, window: timedelta, *, settling: timedelta = timedelta()) -> Period:
        """Return the whole minutes that a gate looks at: complete ones, after the last change."""
        end = minute_of(self.now - self.delay)
        begun = minute_after(self.since + settling)
        start = max(end - window, begun)
        return Period(start=min(start, end), end=end, full=start + window <= end)


@dataclass(frozen=True, slots=True)
class Period:
    """The minutes that a gate looked at; `full` if they make up its whole window."""

    start: datetime
    end: datetime
    full: bool

    @property
    def minutes(self) -> int:
        """How many minutes it has."""
        return int((self.end - self.start).total_seconds() // 60)


class Verdict(NamedTuple):
    """An outcome with its reason."""

    outcome: Outcome
    reason: str


def too_few(requests: float, least: int, period: Period, *, where: str) -> Verdict | None:
    """Return that there are too few requests to tell; None if there are enough."""
    if requests >= least:
        return None
    return Verdict(
        Outcome.INCONCLUSIVE,
        f"{count(round(requests), 'request')} {where} in {period.minutes} min: too few to tell "
        f"(at least {least})",
    )


def nothing(missing: str, period: Period) -> Verdict:
    """Return that there is nothing to judge; of a window that is not full that says little.

    Args:
        missing: What there is nothing of.
        period: The minutes that were looked at.
    """
    if not period.minutes:
        text = "nothing is measured yet: no whole minute is over since the weights were set"
    elif period.full:
        text = f"{missing} in {period.minutes} min"
    else:
        text = f"{missing} yet: {_only(period)}"
    return Verdict(Outcome.NO_DATA, text)


def passed(seen: str, period: Period) -> Verdict:
    """Return a pass, if the whole window was measured."""
    if period.full:
        return Verdict(Outcome.PASS, seen)
    if not period.minutes:
        return Verdict(Outcome.INCONCLUSIVE, f"{seen}, but no whole minute is measured yet")
    return Verdict(Outcome.INCONCLUSIVE, f"{seen}, but {_only(period)}")


def _only(period: Period) -> str:
    return f"only {period.minutes} min {'is' if period.minutes == 1 else 'are'} measured yet"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate said, and the figures it said it from.

    Attributes:
        gate: Its name.
        outcome: What it says.
        reason: One sentence with the figures that matter.
        start: Beginning of the period that it looked at.
        end: Its end.
        figures: All figures.
        full: Whether it could look at its whole window. Until then no data, or too little of it, is
            what a young stage has, and says nothing.
    """

    gate: str
    outcome: Outcome
    reason: str
    start: datetime
    end: datetime
    figures: Figures = field(default_factory=dict)
    full: bool = True

    @property
    def counts(self) -> bool:
        """Whether it counts towards a limit."""
        return self.full or self.outcome not in (Outcome.NO_DATA, Outcome.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class GateTally:
    """How often in a row a gate has said the same.

    Only a pass ends a row of fails: what could not tell in between says nothing against them.

    Attributes:
        gate: Its name.
        outcome: What it says.
        count: How many evaluations in a row said so, over periods that ended at different minutes.
        end: End of the last period that was counted.
    """

    gate: str
    outcome: Outcome
    count: int
    end: datetime


def counted(tallies: tuple[GateTally, ...], results: Iterable[GateResult]) -> tuple[GateTally, ...]:
    """Count new results in. A second evaluation of the same minutes is not counted twice."""
    known = {(tally.gate, tally.outcome): tally for tally in tallies}
    for result in results:
        if not result.counts:
            continue
        last = known.get((result.gate, result.outcome))
        known = {place: tally for place, tally in known.items() if not _ends(result, tally)}
        if last is None or result.end > last.end:
            count = last.count + 1 if last else 1
            last = GateTally(result.gate, result.outcome, count, result.end)
        known[result.gate, result.outcome] = last
    return tuple(known[place] for place in sorted(known))


def _ends(result: GateResult, tally: GateTally) -> bool:
    """Whether a result ends a row of another outcome of the same gate."""
    if result.gate != tally.gate:
        return False
    return tally.outcome is not Outcome.FAIL or result.outcome is Outcome.PASS


def limit_reached(gate: Gate, tally: GateTally) -> bool:
    """Whether the gate's `on_fail` is due."""
    limit = gate.limits.of(tally.outcome)
    return limit is not None and tally.count >= limit
