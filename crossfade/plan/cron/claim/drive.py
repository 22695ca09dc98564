"""Driving a part of the protocol: the one place where its generators are advanced.

Whoever carries out the requests decides what an answer is: the wrapper asks a real server in real
time, the mover asks it in between, the simulation asks a virtual one whenever its clock says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from crossfade.plan.cron.claim.requests import Answer

Asked = TypeVar("Asked")
Result = TypeVar("Result")


class Driven(Generic[Asked, Result]):
    """A part of the protocol under way.

    Attributes:
        asks: What it asks for now; means nothing once it is over.
        result: What it returned; None until it is over.
        over: Whether it has returned.
    """

    def __init__(self, steps: Generator[Asked, Answer, Result]) -> None:
        """Go to the first request."""
        self._steps = steps
        self.result: Result | None = None
        self.over = False
        self._go_on(None)

    def answer(self, answer: Answer) -> None:
        """Give the answer to what it asks for, and go to the next request."""
        self._go_on(answer)

    def _go_on(self, answer: Answer | None) -> None:
        try:
            self.asks: Asked = self._steps.send(answer)  # type: ignore[arg-type]  # None starts it
        except StopIteration as end:
            self.result = end.value
            self.over = True


def drive(steps: Generator[Asked, Answer, Result], carry_out: Callable[[Asked], Answer]) -> Result:
    """Carry out what a part of the protocol asks for, until it returns.

    Args:
        steps: The part.
        carry_out: Does one request and returns its answer.

    Returns:
        The part's result.
    """
    driven = Driven(steps)
    while not driven.over:
        driven.answer(carry_out(driven.asks))
    return driven.result  # type: ignore[return-value]  # it is over
