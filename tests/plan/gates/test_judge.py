"""What gates are asked about: how long a period is read, and circumstances of the past."""

from __future__ import annotations

from datetime import timedelta

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import Circumstances, GateResult, Outcome
from crossfade.plan.gates.judge import in_the_past, judge, reading_period
from crossfade.plan.gates.kinds import ErrorsGate, ShareGate
from crossfade.plan.gates.samples import MINUTE, Samples, Source
from tests.plan.shop import NOON, circumstances

HALF = Vector(50, 50)
HOUR = timedelta(hours=1)


def test_a_gate_whose_source_could_not_be_read_is_an_error_at_this_instant() -> None:
    unread = Samples(unread={Source.TRAFFIC: "AccessDenied"})
    said = judge(ErrorsGate(name="errors"), unread, circumstances())
    reason = "could not be asked: AccessDenied"
    assert said == GateResult("errors", Outcome.ERROR, reason, NOON, NOON)


def test_a_minute_is_read_at_least() -> None:
    assert reading_period((), circumstances()) == (NOON - MINUTE, NOON)
    young = circumstances(since=timedelta())
    start, end = reading_period([ShareGate(name="measured-share")], young)
    assert end - start == MINUTE


def test_the_past_is_asked_about_as_if_the_vector_had_stood_long_enough_for_each_window() -> None:
    gates = [ErrorsGate(name="a", window=5 * MINUTE), ErrorsGate(name="b", window=20 * MINUTE)]
    at = in_the_past(gates, NOON, vector=HALF, ttl=2 * MINUTE, keep_alive=HOUR / 2)
    assert at == Circumstances(
        now=NOON,
        since=NOON - 53 * MINUTE,
        vector=HALF,
        previous=HALF,
        ttl=2 * MINUTE,
        keep_alive=HOUR / 2,
        delay=timedelta(),
    )


def test_without_gates_the_past_is_as_short_as_what_the_vector_needs() -> None:
    at = in_the_past((), NOON, vector=HALF, ttl=MINUTE, keep_alive=timedelta())
    assert at.since == NOON - 2 * MINUTE
