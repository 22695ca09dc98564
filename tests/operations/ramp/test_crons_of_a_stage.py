"""Cron jobs as part of a migration's stage: they move when it has begun, and go back with it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import Refused
from crossfade.operations.cron.move.move import Asked
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.ramp.consent import hold, thaw
from crossfade.plan.base.platform import Platform
from crossfade.plan.cron.move.decide import Wish
from tests.operations.cron.moving import JOB, LEGACY, NEW, Platforms
from tests.operations.ramp.shop import shop
from tests.story import Killed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.ramp.look import Advanced
    from tests.operations.ramp.shop import Shop

OTHER = "mails"
STAGES = [
    {"name": "canary", "share": 10, "crons": [OTHER]},
    {"name": "half", "share": 50, "crons": [JOB]},
    {"name": "all", "share": 100},
]


@dataclass
class Both:
    """A shop whose cron jobs move with its traffic."""

    ramp: Shop
    jobs: Platforms

    def advances(self) -> Advanced:
        """A schedule takes one decision."""
        return advance(self.jobs.world(probe=self.ramp.probe), "shop")

    def runs(self, **codes: int) -> None:
        """The next tick of each job is run where the job is listed."""
        at = self.jobs.time.now
        for job in (JOB, OTHER):
            self.jobs.time.now = at
            on = self.jobs.entry(job) == {"suspend": False}
            self.jobs.tick(NEW if on else LEGACY, job, code=codes.get(job.split(".")[0], 0))

    def on_new(self) -> list[str]:
        """Return the jobs that new schedules and is preferred for."""
        found = []
        for job in (JOB, OTHER):
            preference = self.jobs.preferred(job)
            preferred = preference is not None and preference.platform == "new"
            assert preferred == (self.jobs.entry(job) == {"suspend": False})
            found += [job] if preferred else []
        return found

    def at_half(self) -> None:
        """Advance until the second stage has begun."""
        for _ in range(4):
            self.advances()
            self.runs()
        assert self.ramp.progress().stage == "half"


@contextmanager
def migration() -> Iterator[Both]:
    with shop(in_sync_seconds=0) as ramp:
        ramp.changes = {"stages": STAGES, "check_every": "1m", "accept": ["keep-alive"]}
        ramp.time.now = ramp.time.now.replace(minute=1)
        crons = {job: {"schedule": "*/5 * * * *", "watch": 1} for job in (JOB, OTHER)}
        jobs = Platforms(ramp.aws, ramp.strict, crons, ramp.time)
        jobs.more = {"migrations": {"shop": ramp.migration()}}
        both = Both(ramp, jobs)
        for job in crons:
            jobs.cluster.has(job, "*/5 * * * *")
        for _ in range(3):
            both.runs()
        yield both


def test_the_jobs_of_a_stage_move_when_it_has_begun_and_the_next_one_waits_for_them() -> None:
    with migration() as both:
        both.advances()
        assert both.on_new() == []
        both.advances()
        assert both.ramp.progress().stage == "canary"
        assert both.on_new() == [OTHER]
        waiting = both.advances()
        assert "cron jobs are still moving: mails" in waiting.line()
        assert waiting.exit_code == 0
        both.runs()
        both.advances()
        assert both.ramp.progress().stage == "canary", "the tick was judged after the decision"
        assert "on to 50 %" in both.advances().line()
        assert both.on_new() == [JOB, OTHER]


def test_a_job_that_was_taken_back_holds_the_ramp_until_it_is_tried_again() -> None:
    with migration() as both:
        both.advances()
        both.advances()
        both.runs(mails=1)
        told = both.advances()
        assert told.exit_code == 1, "people must hear"
        held = both.advances()
        assert "mails was taken back" in held.line()
        assert "exit code 1" in held.line()
        assert held.exit_code == 3
        assert both.on_new() == []
        both.jobs.moves(OTHER, Asked(Wish(again=True)))
        both.runs()
        both.advances()
        both.advances()
        assert both.ramp.progress().stage == "half"


def test_going_back_one_stage_takes_back_the_jobs_of_that_stage_alone() -> None:
    with migration() as both:
        both.at_half()
        returned = back(both.jobs.world(), "shop")
        assert [one.job for one in returned.crons] == [JOB]
        assert both.on_new() == [OTHER]
        both.advances()
        assert both.on_new() == [OTHER], "frozen: nothing begins"


def test_aborting_takes_all_of_them_back_and_exactly_to_what_was_recorded() -> None:
    with migration() as both:
        before = [(both.jobs.entry(job), both.jobs.preferred(job)) for job in (JOB, OTHER)]
        both.at_half()
        abort(both.jobs.world(), "shop")
        after = [(both.jobs.entry(job), both.jobs.preferred(job)) for job in (JOB, OTHER)]
        assert after == before


def test_a_job_that_a_person_moved_stays_when_the_ramp_goes_back() -> None:
    with migration() as both:
        both.jobs.moves(OTHER)
        both.runs()
        both.at_half()
        abort(both.jobs.world(), "shop")
        assert both.on_new() == [OTHER]


def test_what_went_back_with_the_ramp_moves_again_with_it() -> None:
    with migration() as both:
        both.at_half()
        back(both.jobs.world(), "shop")
        thaw(both.jobs.world(), "shop")
        both.runs()
        both.advances()
        assert both.ramp.progress().stage == "half"
        assert both.on_new() == [JOB, OTHER]


def test_what_a_person_took_back_holds_the_ramp() -> None:
    with migration() as both:
        both.at_half()
        both.jobs.moves(JOB, Asked(Wish(Platform.LEGACY)))
        assert "was taken back (asked for by ann@desk (cli))" in both.advances().line()
        assert both.on_new() == [OTHER]


def test_a_frozen_ramp_begins_no_move_and_looks_after_those_that_have_begun() -> None:
    with migration() as both:
        both.advances()
        both.advances()
        hold(both.jobs.world(), "shop", reason="lunch")
        both.runs(mails=1)
        both.advances()
        assert both.on_new() == []


def test_with_memcached_away_the_traffic_goes_back_and_the_jobs_when_it_answers() -> None:
    with migration() as both:
        both.at_half()
        both.jobs.away = True
        returned = abort(both.jobs.world(), "shop")
        assert all("does not answer" in one.line() for one in returned.crons)
        assert both.ramp.weights() is None
        assert both.jobs.entry(JOB) == {"suspend": True}
        both.jobs.away = False
        both.jobs.sleep(130)
        both.advances()
        assert both.on_new() == []


def test_a_worker_that_died_between_traffic_and_jobs_leaves_them_to_the_next_call() -> None:
    with migration() as both:
        both.at_half()

        def dies(what: str) -> None:
            if "Swap" in what:
                both.jobs.fault = lambda _: None
                raise Killed

        both.jobs.fault = dies
        try:
            abort(both.jobs.world(), "shop")
        except Killed:
            both.jobs.sleep(130)
            both.advances()
        assert both.on_new() == []


def test_a_stage_with_a_job_that_is_not_configured_is_refused_before_anything_moves() -> None:
    with migration() as both:
        del both.jobs.crons[OTHER]
        with pytest.raises(Refused, match=r'add \[crons\."mails"\] with its schedule'):
            both.advances()
        assert both.ramp.progress().vector is None


def test_a_job_that_is_no_longer_configured_holds_the_ramp_and_goes_back_all_the_same() -> None:
    with migration() as both:
        both.at_half()
        section = both.jobs.crons.pop(JOB)
        held = both.advances()
        assert (held.exit_code, "reports.daily is not configured" in held.line()) == (3, True)
        returned = abort(both.jobs.world(), "shop")
        assert returned.exit_code == 0
        assert {one.job for one in returned.crons} == {JOB, OTHER}
        both.jobs.crons[JOB] = section
        assert both.jobs.entry(JOB) != {"suspend": False}
        assert both.jobs.entry(OTHER) != {"suspend": False}
        assert both.ramp.progress().vector is None
