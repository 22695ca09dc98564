"""Steps as tasks: what is tried again, what is not, and what a stop leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.exceptions import TerminationSignal

from crossfade.errors import Conflict, Failed, Refused, Unavailable
from crossfade.operations.journal.step import Step
from tasks.quiet import quieten
from tasks.steps import DELAYS_SECONDS, Stopped, TaskRunner
from tests.flows.conftest import Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from prefect.client.orchestration import SyncPrefectClient

    from tests.flows.conftest import Logged

    Within = Callable[[Step[Any]], tuple[Ran, list[Any]]]

SOON = TaskRunner(delays=(0.01, 0.01))


class Effect:
    """An effect that fails some times before it passes."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "an answer"


@pytest.fixture
def within(client: SyncPrefectClient) -> Within:
    """Run a step within a flow, and return the run and the answers."""

    def run(step: Step[Any]) -> tuple[Ran, list[Any]]:
        answers: list[Any] = []

        @flow(name="one-step")
        def one_step() -> None:
            answers.append(SOON(step))

        return Ran(client, one_step(return_state=True)), answers

    return run


def test_a_step_gives_its_answer_and_runs_under_its_title(within: Within) -> None:
    ran, answers = within(Step("say {hello}", Effect()))
    assert answers == ["an answer"]
    assert [step.name for step in ran.steps(1)] == ["say {hello}"]


def test_a_repeatable_step_is_tried_again_while_the_world_is_away(within: Within) -> None:
    effect = Effect(Unavailable("away"), Unavailable("still away"))
    ran, answers = within(Step("copy", effect, repeatable=True))
    assert (answers, effect.calls) == (["an answer"], 3)
    assert [step.run_count for step in ran.steps(1)] == [3]


def test_it_is_given_up_in_the_end(within: Within) -> None:
    effect = Effect(*[Unavailable("away")] * 9)
    ran, _ = within(Step("copy", effect, repeatable=True))
    assert (ran.state.is_failed(), effect.calls) == (True, 3)
    assert isinstance(ran.error, Unavailable)


def test_a_step_that_may_not_be_repeated_is_not(within: Within) -> None:
    effect = Effect(Unavailable("away"))
    ran, _ = within(Step("open", effect))
    assert (ran.state.is_failed(), effect.calls) == (True, 1)


@pytest.mark.parametrize("kind", [Refused, Conflict, Failed, RuntimeError])
def test_only_unavailable_is_ever_tried_again(within: Within, kind: type[Exception]) -> None:
    effect = Effect(kind("no"))
    ran, _ = within(Step("copy", effect, repeatable=True))
    assert effect.calls == 1
    assert isinstance(ran.error, kind)


def test_what_a_step_answers_is_neither_cached_nor_kept_by_prefect(within: Within) -> None:
    seen: list[TaskRunContext | None] = []
    within(Step("look", lambda: seen.append(TaskRunContext.get())))
    (context,) = seen
    assert context is not None
    assert context.task.cache_policy is NO_CACHE
    assert context.persist_result is False
    assert context.parameters == {}


def test_a_stop_of_the_process_reaches_the_procedure_as_an_interrupt(within: Within) -> None:
    stops: list[BaseException] = []

    def stopped_meanwhile() -> None:
        try:
            SOON(Step("copy", Effect(TerminationSignal(15)), repeatable=True))
        except Stopped as stop:
            stops.append(stop)

    within(Step("outer", stopped_meanwhile))
    (stop,) = stops
    assert isinstance(stop, KeyboardInterrupt)
    assert isinstance(stop.__cause__, TerminationSignal)


def test_all_waits_together_are_far_shorter_than_the_shortest_lease() -> None:
    assert sum(DELAYS_SECONDS) < 30


def test_an_error_of_crossfade_s_own_is_logged_without_a_traceback(
    within: Within, logged: Logged
) -> None:
    quieten()
    within(Step("copy", Effect(*[Unavailable("away")] * 9), repeatable=True))
    assert [text for text in logged.texts if "Retries are exhausted" in text]
    assert logged.tracebacks == []
