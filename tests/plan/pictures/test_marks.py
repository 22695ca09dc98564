"""What is marked in the picture of a ramp, and that it is marked once."""

from __future__ import annotations

from dataclasses import replace

from crossfade.plan.gates.gate import Outcome
from crossfade.plan.pictures.marks import marks_of
from crossfade.plan.pictures.timeline import MarkKind
from tests.plan.ramp.ramps import Story, when
from tests.plan.shop import said


def kinds(story: Story) -> list[MarkKind]:
    return [mark.kind for mark in marks_of(story.operations)]


def test_a_return_is_marked_where_it_began() -> None:
    story = Story().sets(0, 10, "canary").sets(5, 0, kind="abort")
    (mark,) = marks_of(story.operations)
    assert (mark.kind, mark.at) == (MarkKind.ABORT, when(4.5))


def test_a_gate_that_fails_again_and_again_is_marked_once_each_time_it_begins_to() -> None:
    bad, good = said("errors", Outcome.FAIL), said("errors", Outcome.PASS)
    story = Story().sets(0, 10, "canary")
    for minute, result in enumerate((good, bad, bad, good, bad), start=1):
        story.decides(minute, result)
        story.decides(minute + 0.5)
    assert [mark.at for mark in marks_of(story.operations)] == [when(2), when(5)]


def test_a_gate_that_passes_says_nothing_about_another_that_fails() -> None:
    bad, good = said("errors", Outcome.FAIL), said("latency", Outcome.PASS)
    story = Story().sets(0, 10, "canary").decides(1, bad, good).decides(2, bad, good)
    assert kinds(story) == [MarkKind.FAIL]


def test_a_foreign_change_is_marked_once_with_both_weights_and_again_if_it_is_another() -> None:
    story = Story().sets(0, 10, "canary")
    for minute, live in enumerate(("legacy 70 / new 30", "legacy 70 / new 30", "legacy 1 / new 2")):
        story.decides(minute, conflict=True, live=live, set="legacy 90 / new 10")
    first, second = marks_of(story.operations)
    assert first.kind is MarkKind.FOREIGN
    assert first.text == "live legacy 70 / new 30, set legacy 90 / new 10"
    assert second.at == when(2)


def test_a_freeze_and_the_end_are_marked_once_however_long_they_last() -> None:
    story = Story().sets(0, 100, "all").freezes(3).decides(4).completes(5).decides(6)
    assert kinds(story) == [MarkKind.HOLD, MarkKind.COMPLETE]


def test_what_going_back_froze_is_marked_as_going_back_only() -> None:
    story = Story().sets(0, 10, "canary").freezes(1)
    story.operations[-1] = replace(story.operations[-1], kind="back")
    assert kinds(story.decides(2)) == [MarkKind.BACK]


def test_a_freeze_from_before_going_back_stays_marked() -> None:
    story = Story().sets(0, 10, "canary").freezes(1).sets(2, 0, kind="back")
    assert kinds(story) == [MarkKind.HOLD, MarkKind.BACK]


def test_a_freeze_is_known_from_any_later_operation() -> None:
    story = Story().sets(0, 10, "canary").freezes(1).decides(2)
    del story.operations[1]
    assert kinds(story) == [MarkKind.HOLD]
