"""P5 and leases: one worker at a time, and another takes over only when it may."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from crossfade.errors import Failed, Refused, Unavailable
from crossfade.local.strict.strict import make_strict
from crossfade.operations.journal.lease import (
    LOOK_AGE_SECONDS,
    SETTLING_SECONDS,
    SIGNED_SECONDS,
    LeaseLost,
    new_lease,
)
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.status.status import history
from tests.story import BUILDS, Clockwork, Killed, Story

if TYPE_CHECKING:
    from pathlib import Path

    from crossfade.local.strict.strict import Strict
    from crossfade.operations.sites.change import SiteOutcome

SITE = "sites/production/web"


def leave_open(story: Story, strict: Strict, *, nth: int = 2) -> None:
    """Let a promote die while it copies."""
    strict.faults.before("s3", "CopyObject", nth=nth, times=1000, effect=Killed())
    with pytest.raises(Killed):
        story.promote("1.1.0")
    strict.faults.clear()


@pytest.fixture
def live(story: Story) -> Story:
    """One release is live, another is published."""
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    return story


def test_resume_waits_until_the_lease_has_lapsed_saying_how_long(tmp_path: Path) -> None:
    clock = Clockwork()
    began = time.time()
    with mock_aws(), make_strict(clock=lambda: began + clock.seconds) as strict:
        live = Story(boto3.Session(), tmp_path, strict).founded()
        live.published("1.0.0", "1.1.0").promote("1.0.0")
        leave_open(live, strict)
        _resumed_after_its_lease(live, clock)


def _resumed_after_its_lease(live: Story, clock: Clockwork) -> None:
    resume(live.world(monotonic=clock.monotonic, sleep=clock.sleep), SITE)
    assert live.live() == "1.1.0"
    assert 110 <= clock.seconds <= 130
    assert any("is held by its worker for another 1" in text for text in live.said)


def test_with_take_over_it_does_not_wait(live: Story, strict: Strict) -> None:
    leave_open(live, strict)
    clock = Clockwork()
    reverse_open(live.world(monotonic=clock.monotonic, sleep=clock.sleep), SITE, take_over=True)
    assert live.live() == "1.0.0"
    assert clock.seconds == LOOK_AGE_SECONDS + SIGNED_SECONDS + SETTLING_SECONDS


def test_an_operation_that_stopped_on_its_own_gave_its_lease_back(
    live: Story, strict: Strict
) -> None:
    strict.faults.before("s3", "CopyObject", nth=2, effect=_no_disk)
    with pytest.raises(Failed, match=r"no space.*crossfade resume.*crossfade reverse"):
        live.promote("1.1.0")
    clock = Clockwork()
    resume(live.world(monotonic=clock.monotonic, sleep=clock.sleep), SITE)
    assert clock.seconds == 0
    assert live.live() == "1.1.0"


def _no_disk(_: object) -> None:
    raise Failed("no space")


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_worker_whose_operation_was_taken_over_stops_without_another_write(
    live: Story, strict: Strict, nth: int
) -> None:
    clock = Clockwork()
    writes: list[int] = []

    def take_over(_: object) -> None:
        reverse_open(live.world(), SITE, take_over=True)
        clock.sleep(2)
        writes.append(len(strict.faults.calls))

    strict.faults.before("s3", "CopyObject", nth=nth, effect=take_over)
    with pytest.raises(LeaseLost, match="stopped without another write"):
        live.promote("1.1.0", world=live.world(monotonic=clock.monotonic))
    after = [call.operation for call in strict.faults.calls[writes[0] :]]
    assert "PutObject" not in after
    assert "DeleteObjects" not in after
    assert live.live() == "1.0.0"


def test_a_worker_that_wakes_up_while_closing_does_not_overwrite_what_the_next_recorded(
    live: Story, strict: Strict
) -> None:
    strict.faults.before(
        "s3",
        "PutObject",
        path=".root.json",
        effect=lambda _: reverse_open(live.world(), SITE, take_over=True),
    )
    with pytest.raises(LeaseLost):
        live.promote("1.1.0")
    assert history(live.world(), SITE)[0].status == "reversed"
    assert live.live() == "1.0.0"
    live.promote("1.1.0")
    assert live.serves()["index.html"] == BUILDS["1.1.0"]["index.html"]


def test_who_loses_the_race_to_open_is_refused_with_the_name_of_the_winner(
    live: Story, strict: Strict
) -> None:
    def another(_: object) -> None:
        strict.faults.before("s3", "CopyObject", effect=_no_disk)
        with pytest.raises(Failed):
            live.promote("1.1.0")

    strict.faults.before("s3", "PutObject", path="head.json", effect=another)
    live.published("1.2.0")
    with pytest.raises(
        Refused, match=r"promote web 1\.0\.0 -> 1\.1\.0 in production is open since"
    ):
        live.promote("1.2.0")
    assert len(live.world().journal.identifiers(SITE)) == 2, "the loser leaves no record"


def test_a_slow_worker_extends_its_lease(live: Story, strict: Strict) -> None:
    clock = Clockwork()
    strict.faults.before("s3", "CopyObject", times=100, effect=lambda _: clock.sleep(30))
    live.promote("1.1.0", world=live.world(monotonic=clock.monotonic))
    assert live.live() == "1.1.0"


def test_a_worker_that_was_paused_extends_its_lease_before_the_next_write(
    live: Story, strict: Strict
) -> None:
    clock = Clockwork()
    strict.faults.clear()
    strict.faults.before("s3", "CopyObject", effect=lambda _: clock.sleep(100))
    live.promote("1.1.0", world=live.world(monotonic=clock.monotonic))
    calls = [(call.operation, call.path.rpartition("/")[2]) for call in strict.faults.calls]
    first = [operation for operation, _ in calls].index("CopyObject")
    assert calls[first + 1] == ("PutObject", "head.json")


def test_no_write_begins_when_the_lease_has_too_little_time_left(live: Story) -> None:
    clock = Clockwork()
    hold = new_lease(live.world(monotonic=clock.monotonic))
    with pytest.raises(Unavailable, match="too little time left for another write"):
        hold.ensure()


def test_two_promotes_started_together_one_wins_and_the_other_is_refused(live: Story) -> None:
    live.published("1.2.0")
    ended: dict[str, SiteOutcome | Refused] = {}
    gate = threading.Barrier(2)

    def start(version: str) -> None:
        gate.wait()
        try:
            ended[version] = live.promote(version)
        except Refused as refused:
            ended[version] = refused

    threads = [threading.Thread(target=start, args=(version,)) for version in ("1.1.0", "1.2.0")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [version for version, end in ended.items() if not isinstance(end, Refused)]
    assert len(won) == 1 or live.live() == won[-1], "unless the second began after the first ended"
    assert live.broken_pages() == []
    assert live.live() in won


def test_settling_where_nothing_is_open_does_nothing(live: Story) -> None:
    assert resume(live.world(), SITE) == ()
    assert reverse_open(live.world(), SITE) == ()
