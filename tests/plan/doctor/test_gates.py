from __future__ import annotations

from math import inf, nan

import pytest

from crossfade.plan.base.finding import Level
from crossfade.plan.dns.vector import BASELINE, Vector
from crossfade.plan.doctor.gates import say_answers, say_traffic
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.gates.samples import MINUTE, PlatformSamples, Samples, Source
from tests.plan.shop import NOON, SHOP, measured, said, served

SUBJECT = "migrations/shop"


def told(samples: Samples, vector: Vector = BASELINE) -> list[tuple[Level, str]]:
    findings = say_traffic(SUBJECT, samples, SHOP, vector=vector, end=NOON, window=30 * MINUTE)
    return [(one.level, one.saw) for one in findings]


def test_the_requests_of_both_platforms_are_counted() -> None:
    legacy, new = told(measured(served(100), served(900)), Vector(90, 10))
    assert legacy == (
        Level.OK,
        "legacy published 27000 requests in the last 30 min (app/legacy/1)",
    )
    assert new == (Level.OK, "new published 3000 requests in the last 30 min (app/k8s/1)")


def test_a_platform_of_weight_0_need_not_publish_anything() -> None:
    _, new = told(measured(PlatformSamples(), served(900)))
    assert new[0] is Level.OK
    assert "its weight is 0" in new[1]


def test_a_platform_that_gets_traffic_and_publishes_nothing_is_a_problem() -> None:
    legacy, new = told(measured(PlatformSamples(), PlatformSamples()), Vector(90, 10))
    assert [legacy[0], new[0]] == [Level.PROBLEM, Level.PROBLEM]
    assert "although it should get traffic (app/legacy/1)" in legacy[1]


@pytest.mark.parametrize("value", [nan, inf, -100.0])
def test_what_is_no_count_is_a_problem(value: float) -> None:
    legacy, new = told(measured(served(100), served(value)), Vector(90, 10))
    assert legacy == (
        Level.PROBLEM,
        "legacy published what is no count of requests (app/legacy/1)",
    )
    assert new[0] is Level.OK


def test_metrics_that_cannot_be_read_are_one_problem() -> None:
    assert told(Samples(unread={Source.TRAFFIC: "access denied"})) == [
        (Level.PROBLEM, "access denied")
    ]


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (Outcome.PASS, Level.OK),
        (Outcome.ERROR, Level.PROBLEM),
        (Outcome.FAIL, Level.WARNING),
        (Outcome.NO_DATA, Level.WARNING),
        (Outcome.INCONCLUSIVE, Level.WARNING),
    ],
)
def test_what_a_gate_answers_now_is_told(outcome: Outcome, level: Level) -> None:
    (finding,) = say_answers(SUBJECT, [said("pager", outcome, why="as it is")])
    assert finding.level is level
    assert finding.saw == f"pager: {outcome} (as it is)"
