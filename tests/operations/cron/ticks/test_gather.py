"""Gathering the record of who ran which tick, and telling it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from crossfade.cronrun.lock.connection import Connection
from crossfade.errors import BadInput, Conflict, Failed, Unavailable
from crossfade.operations.cron.ticks.gather import gather, gathered_ticks
from crossfade.operations.cron.ticks.history import cron_history
from crossfade.plan.cron.claim.records import State
from crossfade.plan.cron.claim.spool_line import Event
from crossfade.plan.cron.ticks.day import Day
from crossfade.plan.cron.ticks.history import Fate
from tests.cronrun.conftest import Host
from tests.cronrun.servers import Proxy, RealMemcached
from tests.operations.cron.ticks_kept import JOB, Ticks
from tests.story import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crossfade.plan.cron.claim.requests import Add, Read, Stats, Swap, Value
    from tests.story import Story

AN_HOUR = 3600.0
DAY = "2026-01-31"


@pytest.fixture
def ticks(story: Story, tmp_path: Path) -> Iterator[Ticks]:
    server = RealMemcached()
    with closing(Proxy(server)) as proxy:
        yield Ticks(story, server, proxy, tmp_path)
    server.kill()


def fates(ticks: Ticks, *agos: int, spool: str = "") -> list[Fate]:
    """What the history says became of ticks so many minutes ago."""
    found = cron_history(ticks.world(), JOB, seconds=AN_HOUR, spool=spool)
    by_tick = {tick.minute: tick.fate for tick in found.ticks}
    return [by_tick[ticks.now - ago] for ago in agos]


def missed(ticks: Ticks) -> set[int]:
    """The ticks that the gathered record says were missed."""
    return {
        tick for body in documents(ticks).values() for tick in json.loads(body).get("missed", ())
    }


def documents(ticks: Ticks) -> dict[str, bytes]:
    """What is in the journal's bucket."""
    bucket = ticks.story.world().bucket(STATE)
    found = {row.key: bucket.get(row.key) for row in bucket.present("")}
    return {key: one.body for key, one in found.items() if one is not None}


def test_the_record_outlives_memcached(ticks: Ticks) -> None:
    ticks.record(3)
    ticks.record(4, state=State.FAILED, exit_code=7, platform="legacy", host="host-1")
    gather(ticks.world())
    ticks.server.kill()
    found = cron_history(ticks.world(), JOB, seconds=AN_HOUR)
    assert "does not answer" in found.trouble
    done, failed = (
        next(tick for tick in found.ticks if tick.minute == ticks.now - ago) for ago in (3, 4)
    )
    assert done.run is not None
    assert (done.fate, done.run.platform, done.run.host, done.run.seconds) == (
        Fate.DONE, "new", "pod-1", 2.0,
    )  # fmt: skip
    assert failed.run is not None
    assert (failed.fate, failed.run.exit_code, failed.run.platform) == (Fate.FAILED, 7, "legacy")


def test_gathering_twice_changes_nothing(ticks: Ticks) -> None:
    ticks.recent()
    ticks.record(5)
    ticks.spools(7)
    gather(ticks.world(), spool=ticks.spool)
    first = documents(ticks)
    (again,) = gather(ticks.world(), spool=ticks.spool)
    assert documents(ticks) == first
    assert (again.ticks, again.days) == ((), 0)


def test_a_gathering_with_nothing_new_costs_one_request_for_each_day(ticks: Ticks) -> None:
    for ago in range(60):
        ticks.record(ago)
    first, again = ticks.world(), ticks.world()
    gather(first)
    gather(again)
    days = first.tally.requests["GetObject"]
    assert days == 3, "two days of retention lie in three"
    assert again.tally.requests == {"GetObject": days}
    assert first.tally.requests["PutObject"] <= 2


def test_memcached_is_asked_about_many_ticks_at_once(ticks: Ticks) -> None:
    asked: list[object] = []

    class Counted(Connection):
        def ask(self, request: Read | Add | Swap | Stats) -> Value:
            asked.append(request)
            return super().ask(request)

    ticks.record(0)
    gather(replace(ticks.world(), connect=lambda address: Counted(address, timeout=2)))
    assert len(asked) <= 2880 / 200 + 3, "two days of ticks, what the job has, and the server"


def test_a_tick_that_is_being_claimed_right_now_is_not_missed(ticks: Ticks) -> None:
    ticks.record(6)
    ticks.record(4, state=State.CLAIMED, start=None, end=None, exit_code=None)
    assert fates(ticks, 4, 5) == [Fate.DUE, Fate.MISSED]


def test_a_run_that_is_not_over_is_gathered_again(ticks: Ticks) -> None:
    ticks.recent()
    ticks.running(2)
    gather(ticks.world())
    ticks.record(2)
    (again,) = gather(ticks.world())
    assert [tick.fate for tick in again.ticks] == [Fate.DONE]
    ticks.server.kill()
    assert fates(ticks, 2) == [Fate.DONE]


def test_two_gatherers_at_once_lose_nothing(ticks: Ticks) -> None:
    ticks.record(3)
    ticks.spools(5)
    assert ticks.story.strict is not None
    other: list[object] = []

    def interfere(_: object) -> None:
        ticks.story.strict.faults.clear()  # type: ignore[union-attr]  # it is there, see above
        ticks.record(4)
        other.append(gather(ticks.world()))

    ticks.story.strict.faults.before("s3", "PutObject", path="ticks/", effect=interfere)
    gather(ticks.world(), spool=ticks.spool)
    assert other
    ticks.server.kill()
    assert fates(ticks, 3, 4, 5) == [Fate.DONE, Fate.DONE, Fate.DONE]


def test_a_document_that_is_always_written_by_others_ends_as_a_conflict(ticks: Ticks) -> None:
    assert ticks.story.strict is not None
    mine, theirs = (gathered_ticks(ticks.world()) for _ in range(2))
    number = count(1)
    inside = False

    def interfere(_: object) -> None:
        nonlocal inside
        if not inside:
            inside = True
            theirs.add(theirs.read(JOB, DAY), Day(JOB, DAY, missed=(next(number),)))
            inside = False

    ticks.story.strict.faults.before("s3", "PutObject", path="ticks/", times=1000, effect=interfere)
    with pytest.raises(Conflict, match="by others 10 times"):
        mine.add(mine.read(JOB, DAY), Day(JOB, DAY, missed=(1000,)))
    assert mine.read(JOB, DAY).day.missed == tuple(range(1, 11))


def test_a_document_that_cannot_be_read_is_named_and_never_written_over(ticks: Ticks) -> None:
    ticks.recent()
    gather(ticks.world())
    bucket = ticks.story.world().bucket(STATE)
    key = max(documents(ticks))
    for body, said in ((b"{", "was damaged"), (newer(key), "newer crossfade wrote it|by a newer")):
        bucket.client.put_object(Bucket=STATE, Key=key, Body=body)
        with pytest.raises(Failed, match=said):
            gather(ticks.world())
        assert documents(ticks)[key] == body


def newer(key: str) -> bytes:
    """A document that a later version wrote."""
    return json.dumps({"job": JOB, "day": key[-15:-5], "version": 2}).encode()


def test_a_tick_that_nobody_came_to_is_missed(ticks: Ticks) -> None:
    ticks.record(6)
    ticks.record(4)
    assert fates(ticks, 5, 7) == [Fate.MISSED, Fate.UNKNOWN]
    gather(ticks.world())
    ticks.server.kill()
    assert fates(ticks, 5) == [Fate.MISSED]


def test_a_tick_that_somebody_may_still_start_is_due_and_gathered_later(ticks: Ticks) -> None:
    ticks.record(6)
    assert fates(ticks, 0) == [Fate.DUE]
    gather(ticks.world())
    assert {ticks.now - 5, ticks.now - 4} <= missed(ticks)
    assert ticks.now not in missed(ticks)


def test_what_memcached_forgot_by_a_restart_is_unknown_and_not_missed(ticks: Ticks) -> None:
    ticks.record(6)
    with closing(Proxy(ticks.server, older=0)) as young:
        ticks.proxy = young
        gather(ticks.world())
        found = cron_history(ticks.world(), JOB, seconds=AN_HOUR)
    lost = next(tick for tick in found.ticks if tick.minute == ticks.now - 3)
    assert (lost.fate, "memcached started" in lost.reason) == (Fate.UNKNOWN, True)
    assert missed(ticks) == set()


def test_a_mark_shows_that_a_job_was_wrapped_although_nobody_runs_it(ticks: Ticks) -> None:
    assert fates(ticks, 5) == [Fate.UNKNOWN]
    ticks.mark(9)
    assert fates(ticks, 5, 10) == [Fate.MISSED, Fate.UNKNOWN]


def test_a_second_run_of_a_tick_in_a_spool_is_told_loudly(ticks: Ticks) -> None:
    ticks.record(3)
    ticks.spools(3, outcome="unavailable", reason="memcached gave no answer")
    (found,) = gather(ticks.world(), spool=ticks.spool)
    assert "1 RUN TWICE" in found.line()
    history = cron_history(ticks.world(), JOB, seconds=AN_HOUR)
    (double,) = [tick for tick in history.ticks if tick.doubled]
    assert history.wrong
    assert {run.platform for run in double.runs} == {"legacy", "new"}


def test_copies_of_several_hosts_spools_are_read_from_one_folder(ticks: Ticks) -> None:
    ticks.spools(3, folder="host-1")
    ticks.spools(4, folder="host-2", host="host-2", id="two")
    ticks.spools(5)
    assert fates(ticks, 3, 4, 5, spool=ticks.spool) == [Fate.DONE] * 3


def test_lines_that_were_put_aside_are_read_too(ticks: Ticks) -> None:
    ticks.spools(4)
    folder = ticks.folder / "spool"
    (folder / f"{JOB}.jsonl").rename(folder / f"{JOB}.jsonl.1")
    ticks.spools(3)
    assert fates(ticks, 3, 4, spool=ticks.spool) == [Fate.DONE, Fate.DONE]


def test_a_line_that_is_damaged_or_cut_short_hides_no_other(ticks: Ticks) -> None:
    ticks.spools(3)
    path = ticks.folder / "spool" / f"{JOB}.jsonl"
    with path.open("a") as file:
        for odd in ({"tick": "soon"}, {"start": "then"}, {"host": ["h"]}):
            file.write(json.dumps(json.loads(path.read_text().splitlines()[0]) | odd) + "\n")
        file.write('{"id":"x","ev')
    assert fates(ticks, 3, spool=ticks.spool) == [Fate.DONE]


def test_a_host_that_did_not_run_a_tick_says_why(ticks: Ticks) -> None:
    ticks.mark(9)
    ticks.spools(4, event=Event.SKIP, outcome="suspect", reason="memcached started 9 s ago")
    history = cron_history(ticks.world(), JOB, seconds=AN_HOUR, spool=ticks.spool)
    tick = next(tick for tick in history.ticks if tick.minute == ticks.now - 4)
    assert tick.fate is Fate.MISSED
    assert tick.reason == "legacy/host-1: memcached started 9 s ago"


def test_without_memcached_a_spool_is_gathered_still(ticks: Ticks) -> None:
    ticks.spools(3)
    ticks.server.kill()
    with pytest.raises(Unavailable):
        gather(ticks.world())
    (found,) = gather(ticks.world(), spool=ticks.spool)
    assert "does not answer" in found.line()
    assert fates(ticks, 3) == [Fate.DONE]


def test_one_tick_can_be_asked_for_by_any_instant_of_its_time(ticks: Ticks) -> None:
    ticks.schedule = "*/10 * * * *"
    ticks.now -= ticks.now % 10
    ticks.record(10)
    at = datetime.fromtimestamp((ticks.now - 10) * 60, UTC) + timedelta(minutes=4)
    (tick,) = cron_history(ticks.world(), JOB, at=at).ticks
    assert (tick.minute, tick.fate) == (ticks.now - 10, Fate.DONE)


def test_a_job_that_the_configuration_does_not_know_is_refused(ticks: Ticks) -> None:
    with pytest.raises(BadInput, match="no cron 'other'"):
        gather(ticks.world(), ["other"])
    with pytest.raises(BadInput, match="no folder"):
        gather(ticks.world(), spool=str(ticks.folder / "missing"))


def test_lines_of_a_job_that_is_not_configured_are_said_and_left(ticks: Ticks) -> None:
    ticks.spools(3)
    (ticks.folder / "spool" / "other.jsonl").write_text("")
    gather(ticks.world(), spool=ticks.spool)
    assert any("lines of other, which the configuration" in text for text in ticks.story.said)


def test_a_suspect_run_is_told_as_one_by_memcached_alone(ticks: Ticks, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    pod = Host("new", ticks.server.address, tmp_path / "new", ticks.now, job=JOB)
    pod.run("true", flags=("--unavailable", "run", "--spool", ""))
    gather(ticks.world())
    (tick,) = [one for one in cron_history(ticks.world(), JOB, seconds=AN_HOUR).ticks if one.run]
    assert tick.run is not None
    assert (tick.fate, tick.run.suspect) == (Fate.DONE, True)
    assert tick.reason.startswith("memcached started")


def test_what_real_wrappers_did_on_both_platforms_is_told(ticks: Ticks, tmp_path: Path) -> None:
    """Both sides come to two ticks; at the second, the preferred one is not there."""
    hosts = {
        name: Host(name, ticks.proxy.address, tmp_path / name, ticks.now, job=JOB)
        for name in ("legacy", "new")
    }
    for host in hosts.values():
        host.folder.mkdir()
    hosts["new"].run("true")
    hosts["legacy"].run("true")
    hosts["legacy"].tick = ticks.now - 1
    hosts["legacy"].run("sh", "-c", "exit 3")
    gather(ticks.world(), spool=str(tmp_path / "legacy"))
    ticks.server.kill()
    found = cron_history(ticks.world(), JOB, seconds=AN_HOUR)
    told = {tick.minute: tick for tick in found.ticks}
    both, alone = told[ticks.now], told[ticks.now - 1]
    assert both.run is not None
    assert (both.fate, both.run.platform, both.doubled) == (Fate.DONE, "new", False)
    assert [(one.platform, one.outcome) for one in both.others] == [("legacy", "held")]
    assert alone.run is not None
    assert (alone.fate, alone.run.platform, alone.run.exit_code) == (Fate.FAILED, "legacy", 3)
    assert alone.run.leased, "the record in memcached and the host's lines are one attempt"
