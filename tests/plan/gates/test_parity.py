"""The gate of a tandem: its outcomes, each with what differs, since when, and by what."""

from __future__ import annotations

import pytest

from crossfade.plan.dns.vector import Vector
from crossfade.plan.gates.gate import Circumstances, OnFail, Outcome
from crossfade.plan.gates.judge import judge
from crossfade.plan.gates.kinds import ParityGate
from crossfade.plan.gates.samples import ParitySample, Samples, Source
from tests.plan.shop import NOON

AT = Circumstances(now=NOON, since=NOON, vector=Vector(255, 1), previous=Vector(255, 1))
GATE = ParityGate(name="parity")
ALIKE = ParitySample("runs 1.4.2", "runs 1.4.2")


@pytest.mark.parametrize(
    ("read", "outcome", "reason"),
    [
        (ALIKE, Outcome.PASS, "legacy runs 1.4.2, new runs 1.4.2"),
        (None, Outcome.NO_DATA, "nobody looked at what both platforms run"),
        (
            ParitySample("a", "b", working="release 1.4.3"),
            Outcome.INCONCLUSIVE,
            "release 1.4.3 is under way",
        ),
        (
            ParitySample("a", "b", unread=("new could not be read (no answer)",)),
            Outcome.ERROR,
            "could not be asked: new could not be read (no answer)",
        ),
        (ParitySample("a", "b", ("new runs 1",)), Outcome.FAIL, "diverged: new runs 1"),
        (
            ParitySample("a", "b", ("new runs 1",), since=NOON, by="op-1", overdue="it was to end"),
            Outcome.FAIL,
            f"diverged since {NOON:%Y-%m-%d %H:%M} UTC by op-1: new runs 1; it was to end",
        ),
    ],
)
def test_it_says_what_it_saw(read: ParitySample | None, outcome: Outcome, reason: str) -> None:
    result = judge(GATE, Samples(parity=read), AT)
    assert (result.outcome, result.reason) == (outcome, reason)


def test_it_holds_and_never_returns() -> None:
    assert GATE.on_fail is OnFail.HOLD
    unread = Samples(unread={Source.PARITY: "no answer"})
    assert judge(GATE, unread, AT).outcome is Outcome.ERROR
