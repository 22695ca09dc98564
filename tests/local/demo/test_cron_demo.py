"""The demo of cron jobs, told in real time: it takes five minutes."""

from __future__ import annotations

from itertools import groupby

import pytest

from crossfade.local.demo.cron_demo import CronTold, tell_crons
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.ticks.history import Fate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told() -> CronTold:
    return tell_crons(lambda _: None)


def test_no_tick_runs_twice_or_is_missed(told: CronTold) -> None:
    ticks = [tick for history in told.histories for tick in history.ticks]
    assert len(ticks) >= 10
    assert not [tick for tick in ticks if tick.doubled or tick.fate is Fate.MISSED]


def test_one_move_holds_and_the_other_comes_back_on_its_own(told: CronTold) -> None:
    reports, mailer = told.moves
    assert (reports.standing.platform, reports.exit_code) == (Platform.NEW, 0)
    assert (mailer.standing.platform, mailer.exit_code) == (Platform.LEGACY, 1)
    assert "exit code 1" in mailer.line()


def test_legacy_takes_over_while_the_new_platform_has_no_power(told: CronTold) -> None:
    reports, _ = told.histories
    ran = [tick.run.platform for tick in reports.ticks if tick.run]
    assert [platform for platform, _ in groupby(ran)] == ["legacy", "new", "legacy", "new"]
