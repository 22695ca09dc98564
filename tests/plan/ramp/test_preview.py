from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crossfade.plan.base.blocks import Bullets
from crossfade.plan.dns.vector import Vector, share_of
from crossfade.plan.gates.gate import OutcomeLimits
from crossfade.plan.gates.kinds import ErrorsGate
from crossfade.plan.ramp.preview import preview, preview_blocks
from crossfade.plan.ramp.stages import Plan, Stage, canary
from crossfade.plan.ramp.windows import WindowKind, parse_window

MINUTE = timedelta(minutes=1)
PLAN = Plan(canary((10, 100), bake="30m"), keep_alive=5 * MINUTE)


def test_each_stage_is_told_with_its_vector_its_load_and_its_least_time() -> None:
    first, last = preview(PLAN, requests=200.0, ttl=MINUTE)
    assert first.vector == Vector(90, 10)
    assert (first.legacy_rps, first.new_rps) == (180.0, 20.0)
    assert first.least == 30 * MINUTE
    assert (last.legacy_rps, last.new_rps) == (0.0, 200.0)
    assert last.least == 12 * MINUTE, "its gates' longest window and the metrics' delay"


def test_the_worst_case_back_is_detection_in_sync_ttl_and_keep_alive() -> None:
    first, _ = preview(PLAN, requests=None, ttl=MINUTE)
    # window 5 min, metrics 2 min late, one check a minute, one fail
    assert first.back.detection == 8 * MINUTE
    assert first.back.total == (8 + 1 + 1 + 5) * MINUTE
    assert str(first.back) == (
        "15 min (detection 8 min, in sync 1 min, TTL 1 min, keep-alive 5 min)"
    )


def test_a_higher_limit_makes_detection_slower() -> None:
    slow = replace(PLAN, gates=(ErrorsGate(name="errors", limits=OutcomeLimits(fail=4)),))
    first, _ = preview(slow, requests=None, ttl=MINUTE)
    assert first.back.detection == 8 * MINUTE, "latency still looks every minute"
    only = replace(slow, stages=(replace(slow.stages[0], gates=("errors",)),))
    assert preview(only, requests=None, ttl=MINUTE)[0].back.detection == 11 * MINUTE


def test_a_plan_says_how_seldom_it_takes_back_a_good_platform_and_how_soon_it_sees_a_bad_one() -> (
    None
):
    first, last = stages = preview(PLAN, requests=100.0, ttl=MINUTE)
    assert "errors sees 0.5% doubled within " in str(first)
    assert last.sees == "", "nothing is left on legacy to compare with"
    (told,) = preview_blocks("shop", stages)
    assert isinstance(told, Bullets)
    assert told.items[-1] == (
        "errors and latency take a good platform back in at most 1 of 100 ramps, "
        "however often they are asked"
    )


@pytest.mark.parametrize("gates", [(), ("measured-share",)])
def test_a_stage_that_no_gate_takes_back_says_that_nobody_looks(gates: tuple[str, ...]) -> None:
    plan = Plan((Stage("all", share_of(100), gates=gates),))
    (only,) = preview(plan, requests=None, ttl=MINUTE)
    assert only.back.detection is None
    assert "a person or an alarm must start it" in str(only)
    assert only.back.total == plan.in_sync + MINUTE + plan.keep_alive


def test_a_stage_is_told_in_one_line_with_what_it_asks_for() -> None:
    office = parse_window("09:00-16:00", kind=WindowKind.ALLOW, timezone="UTC")
    asking = Stage(
        "third", share_of("33.33"), approval=True, windows=(office,), crons=("reports.daily",)
    )
    (told,) = preview(Plan((asking,)), requests=90.0, ttl=MINUTE)
    for words in (
        "third: 33.33 % as legacy",
        "off by ",
        "60.0 rps on legacy and 30.0 on new",
        "approval, allow 09:00-16:00 (UTC), moves reports.daily",
    ):
        assert words in str(told)
    assert "rps" not in str(preview(PLAN, requests=None, ttl=MINUTE)[0])
