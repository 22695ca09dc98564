from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.base.finding import Level, note, problem, risk
from crossfade.plan.dns.vector import share_of
from crossfade.plan.doctor.ramp import (
    say_first_change,
    say_preflight,
    say_records,
    say_too_few,
    say_way_back,
    say_windows,
    stages_ahead,
)
from crossfade.plan.gates.gate import OutcomeLimits
from crossfade.plan.gates.kinds import AlarmGate, ErrorsGate
from crossfade.plan.ramp.preview import preview
from crossfade.plan.ramp.progress import Progress
from crossfade.plan.ramp.stages import Plan, Stage, canary
from crossfade.plan.ramp.windows import WindowKind, parse_window
from tests.plan.shop import NOON, SHOP, alias, cname, pair, standing

if TYPE_CHECKING:
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.ramp.windows import Window

SUBJECT = "migrations/shop"
RISK = risk("target-health", "shop A", "it can vanish", "turn it off")
ERROR = problem("no-record", "shop", "it is not there", "create it")
NOTICE = note("balancer-unread", "app/k8s/1", "denied", "allow it")


def window(text: str, kind: WindowKind = WindowKind.ALLOW) -> Window:
    return parse_window(text, kind=kind, timezone="UTC")


# Preflight.


@pytest.mark.parametrize(
    ("finding", "accepted", "level"),
    [
        (RISK, "", Level.PROBLEM),
        (RISK, "target-health", Level.OK),
        (ERROR, "no-record", Level.PROBLEM),
        (NOTICE, "", Level.WARNING),
    ],
)
def test_a_finding_is_as_bad_as_what_advance_would_do_about_it(
    finding: Finding, accepted: str, level: Level
) -> None:
    (said,) = say_preflight(SUBJECT, [finding], accepted=frozenset({accepted}), begun=False)
    assert said.level is level
    assert finding.subject in said.saw
    assert f"[{finding.code}]" in said.saw
    assert said.saw.startswith("accepted: ") == (level is Level.OK)


def test_a_risk_that_may_be_borne_says_with_which_word() -> None:
    (said,) = say_preflight(SUBJECT, [RISK], accepted=frozenset(), begun=False)
    assert said.mend == 'turn it off; or bear it: accept = ["target-health"]'


def test_once_the_ramp_has_begun_nothing_is_refused_any_more() -> None:
    late = problem("adopted-share", "shop A", "the pair is at 30 %", "begin higher")
    told = say_preflight(SUBJECT, [ERROR, late], accepted=frozenset(), begun=True)
    assert [one.level for one in told] == [Level.WARNING]
    (said,) = say_preflight(SUBJECT, [late], accepted=frozenset(), begun=True)
    assert (said.level, said.saw) == (Level.OK, "nothing stands in the way")


# Records.


def test_it_says_what_the_first_advance_would_do() -> None:
    (said,) = say_first_change(SUBJECT, (alias(),), SHOP)
    assert said.saw == (
        "shop.acme.example A would become a weighted pair at legacy 100 / new 0, in one batch"
    )
    (said,) = say_first_change(SUBJECT, pair(90, 10), SHOP)
    assert said.saw == "a weighted pair already, adopted as it is at legacy 90 / new 10"
    assert list(say_first_change(SUBJECT, (cname("elsewhere.example"),), SHOP)) == []


def test_a_foreign_change_is_told_with_both_values() -> None:
    progress = standing(("canary", 10))
    assert say_records(SUBJECT, "shop", progress, pair(90, 10)).level is Level.OK
    said = say_records(SUBJECT, "shop", progress, pair(70, 30))
    assert said.level is Level.PROBLEM
    assert "weight 10 was expected, 30 is there" in said.saw
    assert "crossfade abort shop" in said.mend


# Windows.


def test_a_stage_whose_windows_never_open_is_a_plan_that_can_never_pass() -> None:
    shut = (window("mon 09:00-12:00"), window("mon 00:00-24:00", WindowKind.DENY))
    stages = (Stage("canary", share_of(1)), Stage("all", share_of(100), windows=shut))
    first, never = sorted(
        say_windows(SUBJECT, Plan(stages), stages, NOON), key=lambda one: one.level
    )
    assert (first.level, first.saw) == (Level.OK, "stage canary may begin now")
    assert never.level is Level.PROBLEM
    assert "stage all can never begin" in never.saw
    assert "within 400 days" in never.saw


def test_the_next_opening_is_said() -> None:
    plan = Plan((Stage("all", share_of(100)),), windows=(window("tue 09:00-10:00"),))
    (said,) = say_windows(SUBJECT, plan, plan.stages, NOON)
    assert said.saw.startswith("stage all may begin from 2026-03-03 09:00 UTC on: now outside of")
    assert list(say_windows(SUBJECT, plan, (), NOON)) == []


def test_the_stages_ahead_are_those_after_the_present_one() -> None:
    plan = Plan(canary((1, 50, 100)))
    assert stages_ahead(plan, Progress()) == plan.stages
    assert stages_ahead(plan, Progress(stage="share-1")) == plan.stages[1:]
    assert stages_ahead(plan, Progress(stage="share-100")) == ()
    assert stages_ahead(plan, Progress(stage="renamed since")) == plan.stages


# The way back.


def back_from(*stages: Stage, left: tuple[str, ...] = ()) -> list[tuple[Level, str]]:
    plan = Plan(stages, keep_alive=timedelta(minutes=5))
    previews = preview(plan, requests=None, ttl=timedelta(minutes=1))
    names = [stage.name for stage in stages]
    return [(one.level, one.saw) for one in say_way_back(SUBJECT, previews, left=left or names)]


def test_the_worst_case_time_to_come_back_is_stated_with_its_parts() -> None:
    (worst,) = back_from(Stage("canary", share_of(1), gates=("errors",)))
    level, text = worst
    assert level is Level.OK
    assert text == (
        "at worst, from stage canary: 15 min (detection 8 min, in sync 1 min, TTL 1 min, "
        "keep-alive 5 min)"
    )


def test_stages_at_which_nobody_looks_are_named_and_a_plan_of_them_is_a_warning() -> None:
    gated, blind = Stage("canary", share_of(1), gates=("errors",)), Stage("all", share_of(100))
    assert back_from(gated, blind)[1][1].startswith("no gate takes it back from stage all")
    assert back_from(blind)[1][0] is Level.WARNING
    at_the_end = back_from(gated, blind, left=("all",))
    assert [level for level, _ in at_the_end] == [Level.OK, Level.OK]


# Gates that can never pass.


def test_a_gate_that_will_never_see_enough_requests_is_told_before_the_first_stage() -> None:
    plan = Plan(canary((1, 100)))
    told = [one.saw for one in say_too_few(SUBJECT, plan, plan.stages, 10.0)]
    assert told == [
        f"gate {gate} would stay inconclusive at stage share-1: it needs 100 requests in 5 min, "
        "and 1 % of 10.0 a second are about 30"
        for gate in ("errors", "latency")
    ]
    assert list(say_too_few(SUBJECT, plan, plan.stages, 1000.0)) == []


def test_the_measured_share_counts_the_requests_of_both_platforms() -> None:
    plan = Plan((Stage("canary", share_of(1), gates=("measured-share",)),))
    (said,) = say_too_few(SUBJECT, plan, plan.stages, 0.5)
    assert "100 % of 0.5 a second are about 300" in said.saw
    assert list(say_too_few(SUBJECT, plan, plan.stages, 1.0)) == []


def test_gates_that_count_no_requests_never_have_too_few() -> None:
    gates = (
        AlarmGate(name="pager", alarms=("pager",)),
        ErrorsGate(name="few", min_requests=1, limits=OutcomeLimits()),
    )
    plan = Plan((Stage("all", share_of(100), gates=("pager", "few")),), gates=gates)
    assert list(say_too_few(SUBJECT, plan, plan.stages, 1.0)) == []
