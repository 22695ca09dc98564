"""What the gates do on simulated ramps: false returns, and how soon they see a worse platform.

Run it with `.venv/bin/python -m benchmarks.gates [--short] [--ramps N] [--only WORD]`. The long
form runs for an hour, the short one for a minute. Each figure of false returns is of whole ramps of
two weeks, looked at every minute, on two platforms that are the same: a day at 1 percent, three at
10, five at 50, five at 90. "Told" is Wald's test of new's count that was told the good rate, the
bad one and the burstiness, and has all of the 1 percent.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gate_rules import Former, Ours, Told
from benchmarks.gate_traffic import ERRORS, SLOW, Traffic, minutes
from benchmarks.table import machine, table
from crossfade.plan.gates.kinds import STANDARD_GATES, ErrorsGate, LatencyGate

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 1440
BEFORE = 1080
"""Minutes of legacy alone from which burstiness is known when the ramp begins."""

STAGES = ((0.01, 1), (0.1, 3), (0.5, 5), (0.9, 5))
"""Shares of new, and for how many days."""

LOADS = (1, 10, 100, 1000, 10_000)
FORMER_RAMPS, FORMER_PART = 200, 0.1
"""The former rule is shown on so many ramps, a tenth as long: it takes nearly all of them back."""

SEED = 20260302
GATES = [gate for gate in STANDARD_GATES if isinstance(gate, ErrorsGate | LatencyGate)]

GOOD = (
    Traffic("independent errors"),
    Traffic("bursts of 3", burst=3),
    Traffic("bursts of 3 and incidents of both", burst=3, incidents=True),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be worse.

    Attributes:
        traffic: What it is like.
        gate: The gate that must see it.
        loads: Requests a minute of new and of legacy.
        within: The limit in minutes for 9 of 10 ramps, or None.
        watched: Minutes after the onset that are watched.
    """

    traffic: Traffic
    gate: str
    loads: tuple[float, float]
    within: int | None
    watched: int


FAULTS = (
    Fault(Traffic("0.5% tripled", worse=3), "errors", (100, 900), 30, 200),
    Fault(Traffic("0.5% tripled, bursts", worse=3, burst=3), "errors", (100, 900), 90, 400),
    Fault(Traffic("0.5% tenfold, bursts", worse=10, burst=3), "errors", (100, 100), 15, 100),
    Fault(Traffic("0.5% doubled", worse=2), "errors", (100, 900), None, 600),
    Fault(Traffic("0.5% doubled", worse=2), "errors", (1000, 9000), None, 100),
    Fault(
        Traffic("0.5% tripled after 3 days", worse=3, onset=3 * DAY),
        "errors",
        (100, 900),
        None,
        300,
    ),
    Fault(Traffic("twice as slow", slower=2), "latency", (100, 900), None, 100),
    Fault(Traffic("twice as slow, bursts", slower=2, burst=3), "latency", (100, 900), None, 200),
)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    asked.add_argument("--short", action="store_true", help="few ramps of a day, at two loads")
    asked.add_argument("--ramps", type=int, default=0, help="ramps for each figure")
    asked.add_argument("--only", default="", help="only rows that hold this word")
    asked.add_argument("--loads", type=int, nargs="*", default=LOADS, help="only these loads")
    given = asked.parse_args()
    ramps = given.ramps or (200 if given.short else 2000)
    print(f"{machine()}; {ramps} ramps for each figure\n")
    print(_faults(ramps, given.only), flush=True)
    days = 0.05 if given.short else 1.0
    print()
    print(_false_returns(ramps, given.only, (10, 1000) if given.short else given.loads, days))


def _faults(ramps: int, only: str) -> str:
    rows = []
    for fault in FAULTS:
        if only not in fault.traffic.title:
            continue
        ours, former, told = _seen(fault, ramps)
        rows.append(
            (
                fault.traffic.title,
                f"{fault.loads[0]:g} beside {fault.loads[1]:g}",
                fault.gate,
                fault.within or "",
                *_times(ours),
                *_times(former),
                *_times(told),
            )
        )
    head = ("Worse", "a minute", "gate", "limit", "half", "9 of 10")
    return table((*head, "old: half", "9 of 10", "told: half", "9 of 10"), rows)


def _seen(fault: Fault, ramps: int) -> list[np.ndarray]:
    """Return for each rule the minutes from the onset to the return; -1 where it saw nothing.

    Ramps that were taken back before the onset are left out.
    """
    chance = np.random.default_rng(SEED)
    gate = next(one for one in GATES if one.name == fault.gate)
    ours, former = Ours(gate, ramps), Former(type(gate))
    good, times = (ERRORS, fault.traffic.worse)
    if isinstance(gate, LatencyGate):
        odds = SLOW / (1 - SLOW) * fault.traffic.slower**5
        good, times = SLOW, odds / (1 + odds) / SLOW
    mean = fault.loads[0] * good
    told = Told(mean, mean * times, fault.traffic.burst, ramps)
    onset = fault.traffic.onset
    first = [np.full(ramps, -1) for _ in range(3)]
    loads = [fault.loads] * (onset + fault.watched)
    for number, new, legacy in minutes(fault.traffic, loads, BEFORE, ramps, chance):
        if number < 0:
            ours.before(legacy)
            continue
        if number == 0:
            ours.enter(0)
        if number == onset:
            former.enter(0)
        failed = [ours.fails(new, legacy), former.fails(new, legacy)]
        bad = new.errors if isinstance(gate, ErrorsGate) else new.slow
        failed.append(told.fails(bad) if number >= onset else np.zeros(ramps, bool))
        for at, one in enumerate(failed):
            if at != 1 or number >= onset:
                first[at] = np.where((first[at] < 0) & one, number - onset + 1, first[at])
    return [one[(one > 0) | (one == -1)] for one in first]


def _times(minutes_to: np.ndarray) -> tuple[str, str]:
    """Return within how many minutes half and 9 of 10 ramps were taken back."""
    known = np.sort(np.where(minutes_to < 0, 10**9, minutes_to))
    places = (known[int(np.ceil(part * len(known))) - 1] for part in (0.5, 0.9))
    half, most = (f"{place} min" if place < 10**9 else "later" for place in places)
    return half, most


def _false_returns(ramps: int, only: str, loads: Sequence[int], days: float) -> str:
    rows = []
    for traffic in GOOD:
        for load in loads:
            if only not in traffic.title:
                continue
            back = _taken_back(traffic, load, ramps, days)
            few = min(ramps, FORMER_RAMPS)
            old = _taken_back(traffic, load, few, days * FORMER_PART, former=True)
            rows.append((traffic.title, f"{load:,}", _part(back, ramps), _part(old, few)))
            print("  ".join(rows[-1]), file=sys.stderr, flush=True)
    head = ("The same platform", "a minute on new at 10%", "taken back (95%)")
    return table((*head, "old rule, a tenth of the time"), rows)


def _taken_back(
    traffic: Traffic, load: int, ramps: int, days: float, *, former: bool = False
) -> int:
    """Return how many ramps any default gate took back, of ours or of the former rule."""
    chance = np.random.default_rng(SEED + load)
    gates = [Former(type(gate)) if former else Ours(gate, ramps) for gate in GATES]
    whole = 10 * load
    loads: list[tuple[float, float]] = []
    begins = {}
    for step, (share, lasts) in enumerate(STAGES):
        begins[len(loads)] = step
        loads += [(whole * share, whole * (1 - share))] * int(lasts * days * DAY)
    back = np.zeros(ramps, bool)
    ahead = minutes(traffic, loads, BEFORE, ramps, chance, times_too=former)
    for number, new, legacy in ahead:
        for gate in gates:
            if number < 0:
                gate.before(legacy)
                continue
            if number in begins:
                gate.enter(begins[number])
            back |= gate.fails(new, legacy)
    return int(back.sum())


def _part(count: int, of: int) -> str:
    """Return a part in percent with its 95 % interval (Wilson)."""
    z, part = 1.96, count / of
    middle = (part + z * z / (2 * of)) / (1 + z * z / of)
    spread = z * sqrt(part * (1 - part) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{count} ({max(0, middle - spread):.2%} to {middle + spread:.2%})"


if __name__ == "__main__":
    main()
