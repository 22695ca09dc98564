"""What is no number is an error to each gate that reads it: never a pass, never an exception."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import (
    DrainGate,
    ErrorsGate,
    LatencyGate,
    ProbeGate,
    ShareGate,
)
from crossfade.plan.gates.samples import MINUTE, MOST, PlatformSamples, Point, ProbeSample, Samples
from tests.plan.shop import NOON, circumstances, measured, served

if TYPE_CHECKING:
    from crossfade.plan.gates.gate import Circumstances
    from crossfade.plan.gates.kinds import AnyGate

SIDES = ("new", "legacy")
COUNTED: tuple[tuple[AnyGate, str], ...] = (
    (ErrorsGate(name="errors"), "requests"),
    (ErrorsGate(name="errors"), "errors"),
    (LatencyGate(name="latency"), "requests"),
    (ShareGate(name="measured-share"), "requests"),
    (DrainGate(name="drained"), "requests"),
)
NO_TIMES = (nan, inf, -inf, -1.0, -0.001, MOST, 1e308)
NO_COUNTS = (*NO_TIMES, 0.5, 1e-9)
ANSWERED = ProbeSample("shop", "k8s-lb", 200, 0.1, certificate_days=30)


def good(gate: AnyGate) -> tuple[Samples, Circumstances]:
    """Figures with which the gate passes."""
    if isinstance(gate, DrainGate):
        return measured(served(1000), served(1)), circumstances(100, before=50)
    return measured(served(1000, errors=1), served(9000, errors=9)), circumstances(10)


def with_reading(
    samples: Samples, side: str, series: str, value: float, *, minute: int = 1
) -> Samples:
    """The same figures, but for one minute, counted back from noon."""
    read: PlatformSamples = getattr(samples, side)
    at = NOON - minute * MINUTE
    points = [point for point in getattr(read, series) if point.at != at]
    fields: dict[str, Any] = {series: tuple(sorted([*points, Point(at, value)]))}
    sides: dict[str, Any] = {side: replace(read, **fields)}
    return replace(samples, **sides)


def asked(gate: AnyGate, side: str, series: str, value: float) -> GateResult:
    samples, at = good(gate)
    return judge(gate, with_reading(samples, side, series, value), at)


@pytest.mark.parametrize("gate", [*dict.fromkeys(gate for gate, _ in COUNTED)])
def test_figures_that_are_numbers_pass(gate: AnyGate) -> None:
    assert judge(gate, *good(gate)).outcome is Outcome.PASS


@pytest.mark.parametrize("value", NO_COUNTS)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("gate", "series"), COUNTED)
def test_what_is_no_count_is_an_error(gate: AnyGate, series: str, side: str, value: float) -> None:
    result = asked(gate, side, series, value)
    assert result.outcome is Outcome.ERROR
    assert (
        result.reason == f"could not be asked: the {series} on {side} of 11:59 UTC read as {value}"
    )


@pytest.mark.parametrize("value", NO_TIMES)
@pytest.mark.parametrize("side", SIDES)
def test_what_is_no_time_is_an_error(side: str, value: float) -> None:
    result = asked(LatencyGate(name="latency"), side, "latency", value)
    assert result.outcome is Outcome.ERROR
    assert f"the latency on {side} of 11:59 UTC read as {value}" in result.reason


@given(
    reading=st.sampled_from([*COUNTED, (LatencyGate(name="latency"), "latency")]),
    side=st.sampled_from(SIDES),
    value=st.floats(),
)
@example(reading=COUNTED[0], side="new", value=float(2**52))
def test_whatever_a_float_holds_only_numbers_of_its_kind_are_judged(
    reading: tuple[AnyGate, str], side: str, value: float
) -> None:
    gate, series = reading
    fits = isfinite(value) and 0 <= value < MOST and (series == "latency" or value.is_integer())
    assert (asked(gate, side, series, value).outcome is Outcome.ERROR) == (not fits)


@given(
    st.lists(
        st.floats(min_value=0, max_value=MOST - 1).map(float.__floor__), min_size=60, max_size=60
    )
)
def test_the_largest_counts_overflow_no_figure(values: list[int]) -> None:
    samples, at = good(COUNTED[0][0])
    for minute in range(1, 31):
        for number, series in enumerate(("requests", "errors")):
            value = float(values[2 * (minute - 1) + number])
            samples = with_reading(samples, "new", series, value, minute=minute)
    for gate, _ in COUNTED:
        figures = judge(gate, samples, at).figures.values()
        assert all(isfinite(figure) for figure in figures if isinstance(figure, float))


def test_what_another_gate_reads_does_not_keep_this_one_from_failing() -> None:
    errors = ErrorsGate(name="errors")
    failing = measured(served(1000, errors=500), served(9000))
    assert judge(errors, failing, circumstances()).outcome is Outcome.FAIL
    slow = with_reading(failing, "legacy", "latency", nan)
    assert judge(errors, slow, circumstances()).outcome is Outcome.FAIL
    before = with_reading(failing, "new", "errors", nan, minute=6)
    assert judge(errors, before, circumstances()).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seconds": nan}, "the time of k8s-lb asked for shop read as nan s"),
        ({"seconds": -1.0}, "the time of k8s-lb asked for shop read as -1.0 s"),
        ({"seconds": inf}, "read as inf s"),
        (
            {"certificate_days": nan},
            "the certificate of k8s-lb asked for shop read as good for nan",
        ),
        ({"certificate_days": inf}, "read as good for inf days"),
    ],
)
@pytest.mark.parametrize("control", [False, True])
def test_a_probe_without_a_number_is_an_error(
    changes: dict[str, float], words: str, *, control: bool
) -> None:
    strange = replace(ANSWERED, **changes)  # type: ignore[arg-type]
    new, legacy = (ANSWERED, strange) if control else (strange, ANSWERED)
    samples = Samples(probes=(new,), control_probes=(legacy,))
    result = judge(ProbeGate(name="probe"), samples, circumstances())
    assert result.outcome is Outcome.ERROR
    assert words in result.reason


def test_a_certificate_that_has_expired_is_a_fault_and_no_error() -> None:
    samples = Samples(probes=(replace(ANSWERED, certificate_days=-3.0),))
    result = judge(ProbeGate(name="probe"), samples, circumstances())
    assert result.outcome is Outcome.FAIL
