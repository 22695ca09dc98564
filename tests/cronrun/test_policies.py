"""Who goes first, what overlaps, and what happens when the lock is away."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crossfade.plan.cron.claim.records import (
    IDENTITY_KEY,
    Identity,
    Preference,
    SideMark,
    decode,
    encode,
    mark_key,
    preference_key,
)

if TYPE_CHECKING:
    from tests.cronrun.conftest import Story


def since_the_tick(story: Story) -> float:
    return time.time() - story.new.tick * 60


def prefer(story: Story, platform: str) -> None:
    with closing(story.server.client()) as client:
        client.set(preference_key(story.new.job), encode(Preference(platform)))


def handicap(story: Story, seconds: float) -> tuple[str, str]:
    return ("--handicap", f"{since_the_tick(story) + seconds:.1f}")


def test_the_preferred_platform_wins_though_it_comes_later(story: Story) -> None:
    prefer(story, "new")
    flags = handicap(story, 3)
    legacy = story.legacy.start(*story.command, flags=flags)
    time.sleep(1)
    assert story.new.run(*story.command, flags=flags).returncode == 0
    assert legacy.wait(20) == 0
    assert (story.new.outcomes(), story.legacy.outcomes()) == (["won"], ["held"])


def test_the_other_platform_runs_when_the_preferred_one_does_not_come(story: Story) -> None:
    prefer(story, "new")
    begun = time.monotonic()
    assert story.legacy.run(*story.command, flags=handicap(story, 2)).returncode == 0
    assert story.legacy.outcomes() == ["won"]
    assert time.monotonic() - begun > 1.5


def test_who_is_preferred_is_read_from_the_jobs_record_before_the_flag(story: Story) -> None:
    prefer(story, "legacy")
    begun = time.monotonic()
    flags = (*handicap(story, 30), "--prefer", "new")
    assert story.legacy.run(*story.command, flags=flags).returncode == 0
    assert time.monotonic() - begun < 20


def test_the_flag_says_who_is_preferred_when_the_record_is_lost(story: Story) -> None:
    flags = (*handicap(story, 3), "--prefer", "new")
    legacy = story.legacy.start(*story.command, flags=flags)
    time.sleep(1)
    story.new.run(*story.command, flags=flags)
    legacy.wait(20)
    assert story.new.outcomes() == ["won"]


def test_both_winner_and_loser_leave_their_mark(story: Story) -> None:
    story.new.run(*story.command)
    story.legacy.run(*story.command)
    with closing(story.server.client()) as client:
        found = [client.get(mark_key("reports", name)).decode() for name in ("new", "legacy")]
        identity = decode(Identity, client.get(IDENTITY_KEY).decode())
    marks = [decode(SideMark, value) for value in found]
    assert [mark.outcome for mark in marks if mark] == ["won", "held"]
    assert {mark.tick for mark in marks if mark} == {story.new.tick}
    assert identity is not None
    assert {story.new.entries()[-1]["server"], story.legacy.entries()[-1]["server"]} == {
        identity.id
    }


@pytest.mark.parametrize(
    ("overlap", "told", "runs"), [("skip", "skipped", 1), ("wait", "won", 2), ("allow", "won", 2)]
)
def test_a_tick_that_is_due_during_a_run(story: Story, overlap: str, told: str, runs: int) -> None:
    flags = ("--overlap", overlap)
    story.legacy.tick -= 1
    story.legacy.start("sh", "-c", f"echo ran >> {story.traces}; sleep 2", flags=flags)
    time.sleep(1)
    begun = time.monotonic()
    assert story.new.run(*story.command, flags=flags).returncode == 0
    waited = time.monotonic() - begun
    assert (story.new.outcomes(), story.runs()) == ([told], runs)
    assert (waited > 0.8) == (overlap == "wait")


def test_a_tick_that_was_skipped_is_not_run_by_the_other_side_later(story: Story) -> None:
    story.legacy.tick -= 1
    running = story.legacy.start("sleep", "2")
    time.sleep(1)
    story.new.run(*story.command)
    running.wait(10)
    story.legacy.tick += 1
    assert story.legacy.run(*story.command).returncode == 0
    assert story.legacy.outcomes()[-1] == "held"
    assert story.runs() == 0


def test_a_run_longer_than_its_lease_keeps_it(story: Story) -> None:
    flags = ("--lease", "6")
    story.legacy.tick -= 1
    story.legacy.start("sleep", "12", flags=flags)
    time.sleep(9)
    assert story.new.run(*story.command, flags=flags).returncode == 0
    assert story.new.outcomes() == ["skipped"]


@pytest.mark.parametrize(
    ("flags", "code", "runs"),
    [
        ((), 75, 0),
        (("--unavailable", "skip"), 75, 0),
        (("--unavailable", "run"), 0, 1),
        (("--unavailable", "home", "--home", "new"), 0, 1),
        (("--unavailable", "home", "--home", "legacy"), 75, 0),
    ],
)
@pytest.mark.parametrize("trouble", ["away", "suspect"])
def test_what_the_new_platform_does_when_the_lock_is(
    story: Story, trouble: str, flags: tuple[str, ...], code: int, runs: int
) -> None:
    if trouble == "away":
        story.proxy.mood = "refuse"
    else:
        story.new.address = story.server.address  # which is too young to be trusted
    done = story.new.run(*story.command, flags=flags)
    assert (done.returncode, done.stdout, done.stderr, story.runs()) == (code, "", "", runs)


def test_under_suspicion_still_only_one_of_those_that_ask_the_server_runs(story: Story) -> None:
    for host in (story.new, story.legacy):
        host.address = story.server.address
        host.run(*story.command, flags=("--unavailable", "run"))
    assert story.runs() == 1
    assert (story.new.outcomes(), story.legacy.outcomes()) == (["suspect"], ["held"])


def test_a_run_without_a_claim_is_recorded_as_soon_as_the_lock_is_back(story: Story) -> None:
    story.proxy.mood = "refuse"
    flags = ("--unavailable", "run", "--lease", "6")
    running = story.new.start("sleep", "6", flags=flags)
    time.sleep(2)
    story.proxy.mood = "pass"
    story.reaches("running")
    assert story.legacy.run(*story.command).returncode == 0
    assert story.legacy.outcomes() == ["held"]
    assert running.wait(20) == 0
    assert story.reaches("done").platform == "new"


def test_a_run_without_a_claim_says_when_another_has_the_tick_too(story: Story) -> None:
    story.legacy.address = story.server.address
    story.legacy.run(*story.command, flags=("--unavailable", "run"))
    story.proxy.mood = "refuse"
    running = story.new.start("sleep", "5", flags=("--unavailable", "run", "--lease", "6"))
    time.sleep(2)
    story.proxy.mood = "pass"
    assert running.wait(20) == 0
    assert "legacy/" in str(story.new.entries()[-1]["lost"])
