"""Throttling, errors, lost answers, expired credentials: retried where safe, else a clear end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crossfade.errors import CrossfadeError
from crossfade.local.strict.faults import (
    ACCESS_DENIED,
    EXPIRED_TOKEN,
    INTERNAL_ERROR,
    LOST,
    SLOW_DOWN,
    THROTTLING,
)
from crossfade.operations.kinds import resume, reverse_open
from tests.story import BUILDS, Story

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.local.strict.faults import Effect
    from crossfade.local.strict.strict import Strict

SITE = "sites/production/web"
PASSING = {
    "SlowDown": SLOW_DOWN,
    "Throttling": THROTTLING,
    "500": INTERNAL_ERROR,
    "no answer": LOST,
}
QUICK = {("SlowDown", "before"), ("no answer", "after")}
"""One that did nothing and one that did all, untold; the others are tried again in the same way."""


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


@pytest.fixture
def live(story: Story, strict: Strict) -> Story:
    """One release is live, another is published."""
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    strict.faults.clear()
    return story


def calls_of(story: Story, strict: Strict, act: Callable[[], object]) -> int:
    """Count the calls of an operation by running it."""
    strict.faults.clear()
    act()
    count = len(strict.faults.calls)
    strict.faults.clear()
    story.said.clear()
    return count


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        pytest.param(name, moment, marks=() if (name, moment) in QUICK else pytest.mark.slow)
        for name in PASSING
        for moment in ("before", "after")
    ],
)
def test_a_passing_fault_at_any_call_of_a_promote_is_ridden_out(
    live: Story, strict: Strict, name: str, moment: str
) -> None:
    count = calls_of(live, strict, lambda: live.promote("1.1.0"))
    for nth in range(1, count + 1):
        live.rollback()
        strict.faults.clear()
        arm = strict.faults.before if moment == "before" else strict.faults.after
        arm(nth=nth, effect=PASSING[name])
        outcome = live.promote("1.1.0")
        assert outcome.operations[0].status == "done", f"{name} {moment} call {nth}"
        root = live.serves()
        assert {path: root[path] for path in BUILDS["1.1.0"]} == BUILDS["1.1.0"]


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        (EXPIRED_TOKEN, "credentials are no longer valid"),
        (ACCESS_DENIED, "docs/permissions.md"),
        (SLOW_DOWN, "SlowDown"),
    ],
)
def test_a_fault_that_stays_ends_clearly_and_the_site_is_settled_afterwards(
    live: Story, strict: Strict, effect: Effect, says: str
) -> None:
    before = live.serves()
    live.promote("1.1.0")
    live.rollback()
    count = calls_of(live, strict, lambda: live.promote("1.1.0"))
    live.rollback()
    for nth in range(1, count + 1):
        strict.faults.clear()
        strict.faults.before(nth=nth, times=1000, effect=effect)
        with pytest.raises(CrossfadeError, match=says):
            live.promote("1.1.0")
        strict.faults.clear()
        assert live.broken_pages() == []
        head, _ = live.world().journal.head(SITE)
        if head.open is not None:
            reverse_open(live.world(), SITE, take_over=True)
        assert live.live() == "1.0.0", f"call {nth}"
        root = live.serves()
        assert {path: root[path] for path in before} == before


def test_a_publish_that_was_throttled_to_death_goes_on_where_it_stopped(
    story: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "PutObject", nth=3, times=1000, effect=SLOW_DOWN)
    with pytest.raises(CrossfadeError, match="SlowDown"):
        story.publish("1.0.0")
    strict.faults.clear()
    published = story.publish("1.0.0")
    assert published.uploaded == len(BUILDS["1.0.0"]) - 2
    assert not published.already
    resume(story.world(), SITE)
