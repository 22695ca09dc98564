"""Running a procedure's steps as Prefect tasks: shown, and tried again where that is safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import TerminationSignal

from crossfade.errors import Unavailable
from crossfade.operations.journal.step import DELAYS_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prefect import State, Task
    from prefect.client.schemas.objects import TaskRun

    from crossfade.operations.journal.step import Step

T = TypeVar("T")

JITTER = 0.3
"""How far a wait may differ from those above, as a share of it."""


class Stopped(KeyboardInterrupt):
    """Prefect stops this process: the run was cancelled, or its machine goes away.

    As an interrupt, it lets a procedure give its lease back on its way out.
    """


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """Runs each step as a Prefect task.

    Attributes:
        delays: Seconds to wait before each further try of a step that may be repeated.
    """

    delays: Sequence[float] = DELAYS_SECONDS

    def __call__(self, step: Step[T]) -> T:
        """Run one step and return what it returned.

        Raises:
            Stopped: The process was told to end.
        """
        answers: list[T] = []

        # The answer goes around Prefect, which would walk through it and keep it until the flow
        # ends. Requests have time limits of their own: a task's could not interrupt them.
        @task(
            name="step",
            task_run_name=lambda: step.title,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=len(self.delays),
            retry_delay_seconds=list(self.delays),
            retry_jitter_factor=JITTER,
            retry_condition_fn=_retry_condition(repeatable=step.repeatable),
        )
        def effect() -> None:
            answers.append(step.effect())

        try:
            effect()
        except TerminationSignal as signal:
            raise Stopped(
                "Prefect stopped the run: cancelled, or its process told to end"
            ) from signal
        return answers[-1]


run_step = TaskRunner()
"""Runs each step as a Prefect task, with the delays above."""


def _retry_condition(*, repeatable: bool) -> Callable[[Task[Any, Any], TaskRun, State[Any]], bool]:
    def may_pass_later(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
        return repeatable and isinstance(state.data, Unavailable)

    return may_pass_later
