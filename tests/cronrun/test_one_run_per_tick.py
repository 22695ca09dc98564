"""P9 with real processes and a real memcached: one run per tick, whatever happens."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from crossfade.cronrun.lock.connection import Connection
from crossfade.cronrun.lock.steps import carry_out
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.claim import claim
from crossfade.plan.cron.claim.outcome import ClaimOutcome, OutcomeKind
from crossfade.plan.cron.claim.terms import Contender, Overlap, Terms
from tests.cronrun.servers import Proxy, RealMemcached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cronrun.conftest import Story


def contend(address: str, me: Contender, terms: Terms) -> ClaimOutcome:
    """Claim over a connection of its own, in this process."""
    with closing(Connection(address, timeout=5)) as connection:
        return carry_out(connection, claim(me, terms))


def test_of_hundreds_of_contenders_one_wins(proxy: Proxy) -> None:
    now = time.time()
    terms = Terms(deadline=now + 60, overlap=Overlap.SKIP)
    crowd = [
        Contender("crowd", int(now) // 60, f"{n:x}", list(Platform)[n % 2], f"host-{n}", now)
        for n in range(300)
    ]
    with ThreadPoolExecutor(100) as pool:
        told = [o.kind for o in pool.map(lambda me: contend(proxy.address, me, terms), crowd)]
    assert (told.count(OutcomeKind.WON), told.count(OutcomeKind.HELD)) == (1, 299)


@pytest.mark.parametrize("each", [10, pytest.param(150, marks=pytest.mark.slow)])
def test_of_a_crowd_of_wrappers_one_runs(story: Story, each: int) -> None:
    crowd = [host.start(*story.command) for _ in range(each) for host in (story.legacy, story.new)]
    assert {process.wait(120) for process in crowd} == {0}
    assert story.runs() == 1
    told = story.legacy.outcomes() + story.new.outcomes()
    assert (told.count("won"), told.count("held")) == (1, 2 * each - 1)


def test_cron_and_kubernetes_mean_the_same_tick_whatever_their_zones(story: Story) -> None:
    tick = datetime.fromtimestamp(story.new.tick * 60, UTC)
    there = tick.astimezone(ZoneInfo("Asia/Kathmandu"))
    story.legacy.schedule, story.new.schedule = (
        f"{t.minute} {t.hour} * * *" for t in (there, tick)
    )
    story.legacy.kubernetes = False
    flags = ("--timezone", "Asia/Kathmandu", "--max-lateness", "3600")
    assert story.legacy.run(*story.command, flags=flags).returncode == 0
    assert story.new.run(*story.command).returncode == 0
    assert (story.legacy.outcomes(), story.new.outcomes()) == (["won"], ["held"])
    assert story.runs() == 1


@pytest.mark.slow
def test_a_memcached_that_really_is_old_enough_is_trusted(story: Story) -> None:
    """Without the proxy that says so: it takes up to seventy seconds."""
    time.sleep(10)
    tick = int(time.time()) // 60 + 1
    time.sleep(tick * 60 + 1 - time.time())
    for host in (story.new, story.legacy):
        host.address, host.tick = story.server.address, tick
        host.run(*story.command, flags=("--lease", "6", "--clock-tolerance", "1"))
    assert (story.new.outcomes(), story.legacy.outcomes()) == (["won"], ["held"])
    assert story.runs() == 1


def test_a_holder_that_was_killed_keeps_its_tick(story: Story) -> None:
    process = story.new.start("sh", "-c", f"echo ran >> {story.traces}; sleep 30")
    story.reaches("running")
    process.kill()
    assert story.legacy.run(*story.command).returncode == 0
    assert story.runs() == 1
    assert story.legacy.outcomes() == ["held"]


def test_a_crashed_run_is_run_again_if_that_is_wanted(story: Story) -> None:
    flags = ("--lease", "6", "--rerun-after-crash")
    script = (
        f"echo $CROSSFADE_ATTEMPT >> {story.traces}; [ $CROSSFADE_PLATFORM = legacy ] || sleep 60"
    )
    holder = story.new.start("sh", "-c", script, flags=flags)
    story.reaches("running")
    standby = story.legacy.start("sh", "-c", script, flags=flags)
    time.sleep(3)
    assert standby.poll() is None
    holder.kill()
    assert standby.wait(40) == 0
    assert story.traces.read_text().split() == ["1", "2"]


def test_a_run_that_is_not_crashed_is_not_run_again(story: Story) -> None:
    flags = ("--lease", "6", "--rerun-after-crash")
    holder = story.new.start("sleep", "8", flags=flags)
    story.reaches("running")
    standby = story.legacy.start(*story.command, flags=flags)
    assert (holder.wait(30), standby.wait(30)) == (0, 0)
    assert story.runs() == 0
    assert story.legacy.outcomes() == ["held"]


def test_a_holder_frozen_past_its_lease_notices_and_stops(story: Story) -> None:
    story.new.tick -= 1
    flags = ("--lease", "6", "--on-lost", "stop")
    holder = story.new.start("sleep", "60", flags=flags)
    story.reaches("running")
    time.sleep(0.5)
    holder.send_signal(signal.SIGSTOP)
    time.sleep(7)
    next_tick = story.legacy.start("sleep", "4", flags=flags)
    time.sleep(1)
    holder.send_signal(signal.SIGCONT)
    assert holder.wait(20) == 128 + signal.SIGTERM
    assert next_tick.wait(20) == 0
    assert "lease" in str(story.new.entries()[-1]["lost"])
    story.legacy.tick -= 1
    assert story.legacy.run(*story.command).returncode == 0
    assert story.legacy.outcomes() == ["won", "held"]
    assert story.runs() == 0


def test_a_memcached_that_restarts_in_mid_run_gives_no_second_win(story: Story) -> None:
    holder = story.new.start("sh", "-c", f"echo ran >> {story.traces}; sleep 3")
    story.reaches("running")
    story.server.restart()
    story.legacy.address = story.server.address  # which says how young it is
    assert story.legacy.run(*story.command).returncode == 75
    assert story.legacy.outcomes() == ["suspect"]
    assert holder.wait(20) == 0
    assert story.runs() == 1
    assert story.reaches("done").platform == "new"


def test_without_the_proof_about_restarts_it_would_run_twice(story: Story) -> None:
    story.new.run(*story.command)
    story.server.restart()
    story.legacy.run(*story.command)  # through the proxy, which says that the server is old
    assert story.runs() == 2


@pytest.mark.parametrize("mood", ["refuse", "drop requests", "drop answers"])
def test_a_side_that_is_cut_off_does_not_run(story: Story, mood: str) -> None:
    with closing(Proxy(story.server)) as severed:
        severed.mood = mood
        story.legacy.address = severed.address
        away = story.legacy.start(*story.command)
        assert story.new.run(*story.command).returncode in {0, 75}
        assert away.wait(30) == 75
    assert story.legacy.outcomes() == ["unavailable"]
    assert story.runs() <= 1
    if mood != "drop answers":
        assert story.runs() == 1


@pytest.mark.parametrize("lost", range(1, 13))
def test_an_answer_that_got_lost_is_settled(story: Story, lost: int) -> None:
    """The nth answer is lost; the try after it finds its own token, or starts over."""
    story.proxy.mood = "pass"
    story.proxy.drop_after(lost - 1)
    assert story.new.run(*story.command).returncode == 0
    assert story.legacy.run(*story.command).returncode == 0
    assert story.runs() == 1
    assert story.new.outcomes() == ["won"]


def test_requests_that_arrive_after_their_sender_gave_up_give_nobody_a_second_run(
    story: Story,
) -> None:
    with story.server.frozen():
        assert story.new.run(*story.command).returncode == 75
    done = story.legacy.run(*story.command)  # finds the late claim, and waits until it lapses
    assert (done.returncode, story.runs()) == (0, 1)
    assert story.legacy.outcomes() == ["won"]


def test_a_full_memcached_refuses_new_ticks_and_keeps_the_old(story: Story) -> None:
    story.new.run(*story.command)
    story.server.fill()
    assert story.legacy.run(*story.command).returncode == 0
    story.legacy.tick -= 1
    assert story.legacy.run(*story.command).returncode == 75
    assert story.legacy.outcomes() == ["held", "unavailable"]
    assert story.runs() == 1


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[RealMemcached]:
    memcached = RealMemcached(*getattr(request, "param", ()))
    yield memcached
    memcached.kill()


FORGETFUL = (("-o", "no_modern"), 4)
"""Flags and megabytes of a server that evicts what is oldest, and may be flushed."""


@pytest.mark.parametrize("server", [FORGETFUL], indirect=True)
def test_a_memcached_that_evicts_gives_no_second_win(story: Story) -> None:
    story.new.run(*story.command)
    story.server.fill()
    assert story.record() is None
    assert story.legacy.run(*story.command).returncode == 75
    assert story.legacy.outcomes() == ["suspect"]
    assert story.legacy.run(*story.command, flags=("--accept-evictions",)).returncode == 0
    assert story.runs() == 2


@pytest.mark.parametrize("server", [FORGETFUL], indirect=True)
def test_a_memcached_that_was_flushed_gives_no_second_win(story: Story) -> None:
    story.new.run(*story.command)
    with closing(story.server.client()) as client:
        client.flush_all()
    assert story.legacy.run(*story.command).returncode == 75
    assert story.runs() == 1


def test_a_young_memcached_is_suspect(story: Story) -> None:
    story.new.address = story.server.address
    assert story.new.run(*story.command).returncode == 75
    assert "memcached started" in str(story.new.entries()[0]["reason"])
