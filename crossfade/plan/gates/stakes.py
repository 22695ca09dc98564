"""What the sequential test is about: minutes and limits, and how its stakes are laid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

HISTORY = timedelta(hours=24)
"""How far back is read: what burstiness is estimated from, minutes before the stage included."""

MEMORY = timedelta(hours=12)
"""How far back evidence counts. What is left is half of `HISTORY` before the first such minute."""

MULTIPLES = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""How many times over its limit new may be: an equal stake on each."""

AT_ONCE, AT_A_STAGE, AT_A_MINUTE = 0.6, 0.2, 0.2
"""Stakes on what is bad from the first stage on, from a later one on, from any minute on."""

SPREAD = 1440
"""Minutes over which about half of the stakes on single minutes are laid."""

SUPPOSED, SUPPOSED_BAD = 3.0, 10.0
"""Variance to mean that is supposed at first, and after how many bad requests it has half a say."""

ALIKE_BAD = 200.0
"""After how many bad requests new's own burstiness has half a say, where it is the larger one."""

CONTROL = 1 / 200
"""Part of new's requests that legacy must have had, so that it can be compared with at all."""

MOST_A_MINUTE = 3.0
"""The logarithm of the most that odds may grow in a minute: no single one decides."""

MOST_ODDS = 1e6
"""More is not kept, so that a platform which was mended is soon seen to be."""

LIKELY = 10.0
"""Odds from which on new looks bad enough not to get more traffic."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One platform's minute.

    Attributes:
        requests: Its requests; never fewer than the bad ones.
        bad: Those of them that failed, or were too slow.
    """

    requests: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class PairMinute:
    """One minute of both platforms, and what was known of bursts when it began.

    Attributes:
        at: Its beginning.
        new: New's counts.
        legacy: Legacy's.
        dispersion: Variance to mean of a minute's bad requests, 1 or more, from earlier minutes.
    """

    at: datetime
    new: Counts
    legacy: Counts
    dispersion: float = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """What a good platform keeps: its part of bad requests is at most times * legacy's + plus."""

    times: float
    plus: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a ramp stands, which decides how much may still be staked.

    Attributes:
        began: When its first stage began.
        step: The number of the present stage, the first is 0.
        start: The first minute that counts.
        whole: Whether that is the first one of the present stage.
    """

    began: datetime
    step: int
    start: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger new's part of bad requests is than legacy's, and within what; 0 to 1.

    Attributes:
        seen: As counted, each minute compared with itself.
        least: It is at least this.
        most: It is at most this.
    """

    seen: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A limit that a gate asks about.

    Attributes:
        limit: The limit.
        share: How large a part of the gate's false returns is its own, beside the other limits.
        over: What is wrong where new is over it.
        alone: The limit without legacy beside it; None if there is none.
    """

    limit: Limit
    share: int
    over: str
    alone: Limit | None = None
