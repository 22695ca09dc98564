"""How operations are opened, done batch by batch, and left: with subjects that only count."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import Failed, Refused
from crossfade.operations.journal.begin import Intent, begin
from crossfade.operations.journal.executor import Batch, Ending, perform
from crossfade.operations.journal.lease import new_lease
from crossfade.operations.journal.step import directly
from crossfade.plan.journal.head import Head, lapsed
from crossfade.plan.journal.operation import Direction, Json, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from tests.story import Story

STAGING, PRODUCTION = "sites/staging/web", "sites/production/web"


class Part:
    """One subject's part: its effects are numbers that are told."""

    untouched = False

    def __init__(self, operation: Operation[Any, Any], tell: Callable[[int], None]) -> None:
        self.operation = operation
        self.tell = tell

    def batches(self) -> Sequence[Batch]:
        """The orders that its work names."""
        orders: list[int] = self.operation.work["orders"]
        return [Batch(order, f"do {order}", partial(self._does, order)) for order in orders]

    def _does(self, order: int, lease: HeldLease) -> None:
        del lease
        self.tell(order)

    def end(self) -> Ending:
        """As it was planned."""
        return Ending(self.operation.after, self.operation, {})


def intent(subject: str, *orders: int) -> Intent[Json, Json]:
    """What is going to be done to a subject that nobody worked on before."""
    work = {"orders": list(orders)}
    return Intent(Head(subject, {}), "", f"count in {subject}", {}, work, {"counted": True})


def performed(
    world: World, *intents: Intent[Json, Json], tell: Callable[[int], None]
) -> tuple[Operation[Any, Any], ...]:
    """Do all of it, as one train."""

    def parts(operations: Sequence[Operation[Any, Any]]) -> list[Part]:
        return [Part(operation, tell) for operation in operations]

    return perform(world, "promote", intents, parts, run=directly)


def test_batches_go_by_their_order_across_the_subjects_of_a_train(story: Story) -> None:
    done: list[int] = []
    performed(story.world(), intent(STAGING, 1, 4), intent(PRODUCTION, 2, 3), tell=done.append)
    assert done == [1, 2, 3, 4]


@pytest.mark.parametrize("error", [Failed("no space"), KeyError("a bug"), KeyboardInterrupt("^C")])
def test_whatever_stops_it_the_lease_of_each_subject_is_given_back_with_the_reason(
    story: Story, error: BaseException
) -> None:
    def stop(_: int) -> None:
        raise error

    world = story.world()
    with pytest.raises(Failed, match="is left open"):
        performed(world, intent(STAGING, 1), intent(PRODUCTION), tell=stop)
    for subject in (STAGING, PRODUCTION):
        head, _ = world.journal.head(subject)
        assert head.open is not None
        assert head.open.trouble == str(error)
        assert lapsed(head, world.clock.now())


def test_the_subjects_of_a_train_are_opened_in_one_order_whoever_names_them(
    story: Story, strict: Strict
) -> None:
    """Two trains over the same subjects meet at the first one, and neither holds half of them."""
    begin(story.world(), "promote", [intent(STAGING), intent(PRODUCTION)], run=directly)
    written = [call.path for call in strict.faults.calls if call.operation == "PutObject"]
    heads = [path for path in written if path.endswith("head.json")]
    assert [PRODUCTION in heads[0], STAGING in heads[1]] == [True, True]
    assert len(heads) == 2


def test_a_subject_that_changed_before_it_was_opened_is_not_resumed(story: Story) -> None:
    world = story.world()
    (begun,) = begin(world, "promote", [intent(PRODUCTION)], run=directly).operations
    planned = replace(begun, id="20300101T000000.000Z-aa", subject=STAGING)
    world.journal.swap(Head(STAGING, {"live": "another"}, last="20290101T000000.000Z-aa"), "")
    with pytest.raises(Refused, match=r"was changed since count in .* was planned"):
        new_lease(world).take_over(planned, Direction.FORWARD)


def test_a_subject_that_is_as_it_was_planned_is_opened_when_its_train_is_resumed(
    story: Story,
) -> None:
    world = story.world()
    (begun,) = begin(world, "promote", [intent(PRODUCTION)], run=directly).operations
    planned = replace(begun, id="20300101T000000.000Z-aa", subject=STAGING, before={"live": "this"})
    world.journal.swap(Head(STAGING, {"live": "this"}, last="20290101T000000.000Z-aa"), "")
    assert new_lease(world).take_over(planned, Direction.FORWARD)
