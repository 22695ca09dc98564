"""Steps: how one procedure serves two runners.

A procedure hands each of its steps to a runner. The command line's runner calls it; a flow's runner
calls it as a Prefect task, which shows it. Both try it again where that is safe.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from crossfade.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

DELAYS_SECONDS = (2.0, 4.0, 8.0)
"""Waits before a step is tried again. Each request was tried three times by then; together they are
far shorter than a lease."""


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One step of a procedure.

    Attributes:
        title: What it does, beginning with the verb.
        effect: Does it.
        repeatable: Whether it may be done again after it failed with `Unavailable`.
    """

    title: str
    effect: Callable[[], T]
    repeatable: bool = False


class Run(Protocol):
    """Runs one step and returns what it returned."""

    def __call__(self, step: Step[T]) -> T:
        """Run the step."""


def directly(step: Step[T]) -> T:
    """Run a step by calling it, once."""
    return step.effect()


def read_step(run: Run, title: str, read: Callable[[], T]) -> T:
    """Read something as a step: reading can always be repeated, forward and back.

    Args:
        run: Runs the step.
        title: What is read, beginning with the verb.
        read: Reads it and changes nothing.
    """
    return run(Step(title, read, repeatable=True))


@dataclass(frozen=True, slots=True)
class Repeating:
    """Runs each step through another runner, and again after a pause where it may be repeated.

    Attributes:
        run: Runs a step and shows it.
        sleep: Waits some seconds.
        say: Tells a person that it is tried again.
        delays: Seconds to wait before each further try.
    """

    run: Run
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    delays: Sequence[float] = DELAYS_SECONDS

    def __call__(self, step: Step[T]) -> T:
        """Run one step and return what it returned."""
        if not step.repeatable:
            return self.run(step)
        return self.run(replace(step, effect=partial(self._again, step)))

    def _again(self, step: Step[T]) -> T:
        for delay in self.delays:
            try:
                return step.effect()
            except Unavailable as error:
                self.say(f"{step.title}: {error}; trying again in {delay:.0f} s")
                self.sleep(delay)
        return step.effect()
