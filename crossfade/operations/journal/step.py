"""Steps: how one procedure serves two runners.

A procedure hands each of its steps to a runner. The command line's runner calls it; a flow's runner
calls it as a Prefect task, which shows it and, where that is safe, tries it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


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
    """Run a step by calling it."""
    return step.effect()
