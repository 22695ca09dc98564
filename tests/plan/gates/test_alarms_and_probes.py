from __future__ import annotations

from datetime import timedelta

import pytest

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import GateResult, Outcome
from crossfade.plan.gates.judge import in_the_past, judge, judge_all, reading_period
from crossfade.plan.gates.kinds import (
    STANDARD_GATES,
    AlarmGate,
    ErrorsGate,
    LatencyGate,
    ProbeGate,
    ShareGate,
)
from crossfade.plan.gates.samples import MINUTE, AlarmState, ProbeSample, Samples, Source
from tests.plan.shop import NOON, circumstances, measured, served

GATE = AlarmGate(name="alarms", alarms=("cpu", "queue"))
PROBE = ProbeGate(name="probe")


def alarms(cpu: str, queue: str | None = "OK") -> GateResult:
    states = [AlarmState("cpu", cpu, "it is hot")]
    if queue is not None:
        states.append(AlarmState("queue", queue))
    return judge(GATE, Samples(alarms=tuple(states)), circumstances())


@pytest.mark.parametrize(
    ("cpu", "queue", "outcome"),
    [
        ("OK", "OK", Outcome.PASS),
        ("ALARM", "OK", Outcome.FAIL),
        ("OK", "INSUFFICIENT_DATA", Outcome.NO_DATA),
        ("ALARM", "INSUFFICIENT_DATA", Outcome.FAIL),
        ("OK", "", Outcome.ERROR),
        ("OK", None, Outcome.ERROR),
        ("ALARM", None, Outcome.FAIL),
        ("ok", "OK", Outcome.ERROR),
        ("PAUSED", "INSUFFICIENT_DATA", Outcome.ERROR),
        ("PAUSED", "ALARM", Outcome.FAIL),
    ],
)
def test_the_worst_alarm_decides(cpu: str, queue: str | None, outcome: Outcome) -> None:
    assert alarms(cpu, queue).outcome is outcome


def test_insufficient_data_is_not_ok() -> None:
    result = alarms("INSUFFICIENT_DATA")
    assert result.outcome is Outcome.NO_DATA
    assert result.reason == "insufficient data: cpu"
    assert result.figures == {"cpu": "INSUFFICIENT_DATA", "queue": "OK"}


def test_a_state_that_cloudwatch_does_not_have_is_named() -> None:
    assert alarms("PAUSED").reason == "cpu is in a state of its own: PAUSED"


def test_an_alarm_is_told_with_its_reason() -> None:
    assert alarms("ALARM").reason == "in alarm: cpu (it is hot)"


def test_a_gate_without_alarms_is_an_error() -> None:
    empty = AlarmGate(name="alarms", alarms=())
    assert judge(empty, Samples(), circumstances()).outcome is Outcome.ERROR


def answered(**changes: object) -> ProbeSample:
    good = {"host": "shop", "target": "k8s-lb", "status": 200, "seconds": 0.1}
    return ProbeSample(**{**good, **changes})  # type: ignore[arg-type]


def probed(new: ProbeSample, *control: ProbeSample) -> GateResult:
    return judge(PROBE, Samples(probes=(new,), control_probes=control), circumstances())


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (answered(status=503), "answered 503, not 200"),
        (answered(status=None, failure="no answer within 4 s"), "no answer within 4 s"),
        (answered(seconds=6.0), "took 6.0 s"),
        (answered(certificate_days=3.0), "expires in 3.0 days"),
    ],
)
def test_a_probe_of_new_that_goes_wrong_fails(probe: ProbeSample, words: str) -> None:
    result = probed(probe, answered(target="legacy-lb"))
    assert result.outcome is Outcome.FAIL
    assert words in result.reason


def test_where_legacy_does_not_answer_either_nothing_is_proved() -> None:
    mute = answered(status=None, failure="no route")
    assert probed(mute, mute).outcome is Outcome.INCONCLUSIVE


def test_a_good_answer_passes_and_no_probe_is_no_data() -> None:
    assert probed(answered(certificate_days=60.0)).outcome is Outcome.PASS
    assert judge(PROBE, Samples(), circumstances()).outcome is Outcome.NO_DATA


def test_a_source_that_failed_is_an_error_of_its_own_gates_only() -> None:
    samples = Samples(
        alarms=(AlarmState("cpu", "OK"), AlarmState("queue", "OK")),
        unread={Source.TRAFFIC: "Throttling"},
    )
    errors, quiet = judge_all((ErrorsGate(name="errors"), GATE), samples, circumstances())
    assert (errors.outcome, quiet.outcome) == (Outcome.ERROR, Outcome.PASS)


def test_one_reading_serves_the_longest_window() -> None:
    gates = (ShareGate(name="a", window=5 * MINUTE), ShareGate(name="b", window=20 * MINUTE))
    assert reading_period(gates, circumstances()) == (NOON - 20 * MINUTE, NOON)
    start, end = reading_period((), circumstances())
    assert start < end


def test_gates_that_judge_a_whole_stage_read_a_day_for_how_bursty_legacy_is() -> None:
    for gate in (ErrorsGate(name="a"), LatencyGate(name="b")):
        assert reading_period([gate], circumstances()) == (NOON - 24 * 60 * MINUTE, NOON)


def test_every_standard_gate_can_be_asked_about_a_past_period() -> None:
    gates = (*STANDARD_GATES, AlarmGate(name="alarms", alarms=("cpu",)))
    at = in_the_past(gates, NOON, vector=Vector(90, 10), ttl=MINUTE, keep_alive=timedelta(hours=1))
    samples = measured(served(100, over=200), served(900, over=200))
    said = {one.gate: one.outcome for one in judge_all(gates, samples, at)}
    assert said == {
        "errors": Outcome.PASS,
        "latency": Outcome.PASS,
        "measured-share": Outcome.PASS,
        "drained": Outcome.FAIL,
        "probe": Outcome.NO_DATA,
        "parity": Outcome.NO_DATA,
        "alarms": Outcome.ERROR,
    }
