"""The doctor's readings of a real memcached."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crossfade.cronrun.lock.connection import Connection
from crossfade.cronrun.lock.doctor import read_job, read_server
from crossfade.errors import Unavailable
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.claim.records import Preference, encode, preference_key
from crossfade.plan.cron.ticks.lock_grade import Grade, diagnose
from tests.cronrun.servers import RealMemcached

if TYPE_CHECKING:
    from tests.cronrun.conftest import Story


def test_a_lock_server_that_both_sides_ask_is_strong(story: Story) -> None:
    story.new.run(*story.command)
    story.legacy.run(*story.command)
    with closing(story.server.client()) as client:
        client.set(preference_key("reports"), encode(Preference("new", 1.0, "op")))
    with closing(Connection(story.proxy.address, timeout=2)) as connection:
        server = read_server(connection, story.proxy.address)
        job = read_job(connection, story.proxy.address, "reports")
    assert server.identity is not None
    assert (server.evicts, server.flushable, server.swaps) == (False, False, True)
    assert 0 < server.used < server.limit
    assert job.preference == Preference("new", 1.0, "op")
    marks = {platform: mark.outcome for platform, mark in job.marks.items() if mark}
    assert marks == {Platform.NEW: "won", Platform.LEGACY: "held"}
    assert diagnose(server, (job,), tolerance=10, lease=60) == (Grade.STRONG, ())


@pytest.mark.parametrize(
    ("flags", "best"), [((), Grade.WEAK), (("-M",), Grade.WEAK), (("-M", "-F", "-C"), Grade.NONE)]
)
def test_flags_that_weaken_the_guarantee_are_read(flags: tuple[str, ...], best: Grade) -> None:
    memcached = RealMemcached(flags)
    try:
        with closing(Connection(memcached.address, timeout=2)) as connection:
            server = read_server(connection, memcached.address)
            job = read_job(connection, memcached.address, "reports")
    finally:
        memcached.kill()
    grade, limits = diagnose(server, (job,), tolerance=10, lease=60)
    assert grade is best
    assert any("never seen" in limit.finding.saw for limit in limits)


def test_a_server_that_is_away_is_said() -> None:
    memcached = RealMemcached()
    memcached.kill()
    with closing(Connection(memcached.address, timeout=0.5)) as connection:
        with pytest.raises(Unavailable, match="does not answer"):
            read_server(connection, memcached.address)
        with pytest.raises(Unavailable, match="does not answer"):
            read_job(connection, memcached.address, "reports")
