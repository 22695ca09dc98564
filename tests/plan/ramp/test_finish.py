"""When a migration may end, and why not yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.plan.dns.vector import share_of
from crossfade.plan.gates.kinds import DrainGate
from crossfade.plan.ramp.finish import drain_gate, unfinished, unready_for_simple
from crossfade.plan.ramp.progress import Freeze, Progress, completed, declared_final
from crossfade.plan.ramp.stages import Plan, Stage
from crossfade.plan.ramp.windows import WindowKind, parse_window
from tests.plan.shop import NOON, standing

PLAN = Plan((Stage("half", share_of(50)), Stage("all", share_of(100))))
COMPLETE = completed(standing(("half", 50), ("all", 100)), NOON)


@pytest.mark.parametrize(
    ("progress", "why"),
    [
        (Progress(), "it has not begun, and all traffic is on legacy"),
        (standing(), "it is at no stage yet, with 0 % on new (legacy 100 / new 0)"),
        (standing(("half", 50)), "it is at stage half, 1 of 2, with 50 % on new"),
        (standing(("half", 50), ("all", 100)), "its last gates have not passed yet"),
        (COMPLETE, ""),
    ],
)
def test_a_ramp_is_complete_when_its_last_stage_is_done(progress: Progress, why: str) -> None:
    told = unfinished(PLAN, progress)
    assert why in told
    assert bool(told) == bool(why)


def test_the_plans_own_drain_gate_wins_over_the_standard_one() -> None:
    own = DrainGate(name="quiet", window=timedelta(minutes=5))
    assert drain_gate(PLAN).name == "drained"
    assert drain_gate(replace(PLAN, gates=(own,))) == own


def test_records_may_become_simple_when_the_ramp_is_complete_and_nobody_forbids_changes() -> None:
    assert unready_for_simple(PLAN, COMPLETE, stopped="", now=NOON) == ""


DENY = parse_window("mon-sun 00:00-24:00", kind=WindowKind.DENY, timezone="UTC")
TODAY = parse_window("2026-03-02..2026-03-02", kind=WindowKind.DENY, timezone="UTC")
FREEZE = Freeze("lunch", "ada", NOON)


@pytest.mark.parametrize(
    ("plan", "progress", "stopped", "why"),
    [
        (PLAN, standing(("half", 50)), "", "it is not complete: it is at stage half"),
        (PLAN, declared_final(COMPLETE, NOON), "", "nothing changes after it"),
        (PLAN, completed(standing(("half", 50)), NOON), "", "add a stage with a share of 100"),
        (PLAN, COMPLETE, "no", "all migrations are stopped: no"),
        (PLAN, replace(COMPLETE, frozen=FREEZE), "", "it is frozen by ada: lunch"),
        (replace(PLAN, windows=(DENY,)), COMPLETE, "", "does not open within 400 days"),
        (replace(PLAN, windows=(TODAY,)), COMPLETE, "", "opens 2026-03-03 00:00 UTC"),
    ],
)
def test_records_stay_pairs_where_something_forbids_it(
    plan: Plan, progress: Progress, stopped: str, why: str
) -> None:
    assert why in unready_for_simple(plan, progress, stopped=stopped, now=NOON)
