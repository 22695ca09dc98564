"""Steps are tried again alike, forward and back, where that is safe."""

from __future__ import annotations

import pytest

from crossfade.errors import Refused, Unavailable
from crossfade.operations.journal.step import DELAYS_SECONDS, Repeating, Step, directly, read_step


class Flaky:
    """An outside system that answers after some failures."""

    def __init__(self, failures: int, error: type[Exception] = Unavailable) -> None:
        self.failures = failures
        self.error = error
        self.asked = 0

    def __call__(self) -> int:
        """Answer, or fail."""
        self.asked += 1
        if self.asked <= self.failures:
            raise self.error("no answer")
        return self.asked


def repeating(slept: list[float], said: list[str]) -> Repeating:
    """A runner that keeps what it waited and said."""
    return Repeating(directly, slept.append, said.append)


def test_a_reading_is_tried_again_after_longer_and_longer_pauses() -> None:
    slept: list[float] = []
    said: list[str] = []
    assert read_step(repeating(slept, said), "read the head", Flaky(3)) == 4
    assert slept == list(DELAYS_SECONDS)
    assert said[0] == "read the head: no answer; trying again in 2 s"


def test_what_never_answers_ends_as_unavailable() -> None:
    flaky = Flaky(99)
    with pytest.raises(Unavailable):
        read_step(repeating([], []), "read", flaky)
    assert flaky.asked == 1 + len(DELAYS_SECONDS)


@pytest.mark.parametrize("error", [Refused, ValueError])
def test_only_what_may_pass_later_is_tried_again(error: type[Exception]) -> None:
    flaky = Flaky(1, error)
    with pytest.raises(error):
        read_step(repeating([], []), "read", flaky)
    assert flaky.asked == 1


def test_a_step_that_may_not_be_repeated_is_run_once() -> None:
    flaky = Flaky(1)
    with pytest.raises(Unavailable):
        repeating([], [])(Step("write", flaky))
    assert flaky.asked == 1
