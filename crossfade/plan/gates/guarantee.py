"""What gates promise beforehand: how seldom they take back a good platform, how soon a bad one."""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import TYPE_CHECKING

from crossfade.plan.base.words import count
from crossfade.plan.gates.errors import errors_asked
from crossfade.plan.gates.gate import OnFail
from crossfade.plan.gates.kinds import ErrorsGate, LatencyGate
from crossfade.plan.gates.sequential import first_stake
from crossfade.plan.gates.stakes import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.plan.gates.kinds import AnyGate

EXAMPLE = 0.005
"""The part of legacy's requests that fails in what is promised."""

_NINE_OF_TEN = 1.28
_STAKE = 1 / 3
"""Part of the stakes that serves a platform as bad as the example: the nearest multiples' own."""


def false_returns(gates: Iterable[AnyGate]) -> float:
    """Return the most part of ramps on which some gates take a good platform back by chance.

    Gates on alarms and probes have no such bound; those that only hold take nothing back.
    """
    own = {
        gate.name: gate.false_returns
        for gate in gates
        if isinstance(gate, ErrorsGate | LatencyGate) and gate.on_fail is OnFail.BACK
    }
    return sum(own.values())


def said_false_returns(gates: Iterable[AnyGate]) -> str:
    """Say it in a sentence; "" where no gate promises anything."""
    part = false_returns(gates)
    if not part:
        return ""
    return (
        f"errors and latency take a good platform back in at most {part * 100:.3g} of 100 ramps, "
        "however often they are asked"
    )


def minutes_to_see(
    gate: ErrorsGate, times: float, *, new: float, legacy: float, step: int
) -> int | None:
    """Return within how many minutes 9 of 10 ramps see that new fails more often than legacy.

    Args:
        gate: The gate.
        times: How many times as often.
        new: New's requests a minute.
        legacy: Legacy's, of which `EXAMPLE` fail.
        step: The number of the stage, from whose beginning on it is so; the first is 0.

    Returns:
        None where there are not enough requests of both to compare. Failures are taken to come one
        by one; in bursts of k it takes k times as long.
    """
    asked = next(errors_asked(gate))
    mine, good = new * times, new * (gate.times or 0)
    if not good or times <= (gate.times or 0) or legacy < CONTROL * new:
        return None
    shares = sum(one.share for one in errors_asked(gate))
    needed = log(shares / (asked.share * gate.false_returns * first_stake(step) * _STAKE))
    up = log(mine / (mine + legacy) * (good + legacy) / good)
    down = log((mine + legacy) / (good + legacy))
    gain = EXAMPLE * (mine * up - legacy * down)
    spread = _NINE_OF_TEN * sqrt(EXAMPLE * (mine * up * up + legacy * down * down))
    root = (spread + sqrt(spread * spread + 4 * gain * needed)) / (2 * gain)
    return ceil(root * root)


def said_sight(
    gates: Iterable[AnyGate], *, new: float | None, legacy: float | None, step: int
) -> str:
    """Say how soon the first errors gate sees a doubling and a tenfold; "" where it cannot."""
    gate = next((one for one in gates if isinstance(one, ErrorsGate)), None)
    if gate is None or new is None or legacy is None:
        return ""
    told = [
        f"{word} within {count(seen, 'minute')}"
        for times, word in ((2, "doubled"), (10, "tenfold"))
        if (seen := minutes_to_see(gate, times, new=new, legacy=legacy, step=step)) is not None
    ]
    return f"{gate.name} sees {EXAMPLE:.1%} {' and '.join(told)} at this load" if told else ""
