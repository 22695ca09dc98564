"""What is read on the way back is read in steps, which are tried again: as on the way forward.

A reading outside of every step would end a way back at the first S3 that is away for some seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

from crossfade.operations.cron.move.move import reverse_cron
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.purge.purge import PurgeRequest, purge
from crossfade.operations.purge.reverse import reverse_purge
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.back import abort, back, reverse_ramp
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.operations.sites.rollback import RollbackRequest, reverse_done, rollback
from tests.operations.cron.moving import JOB
from tests.operations.ramp.shop import shop
from tests.operations.ramp.test_crons_of_a_stage import migration
from tests.story import Killed, Story

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossfade.local.strict.faults import Call, Faults
    from crossfade.local.strict.strict import Strict
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Step

T = TypeVar("T")
SITE = "sites/production/web"


@dataclass
class Watched:
    """Runs steps, and notes the calls that are made outside of them."""

    faults: Faults
    steps: int = 0
    within: int = 0
    outside: list[str] = field(default_factory=list)

    def __call__(self, step: Step[T]) -> T:
        """Run one step."""
        self.steps += 1
        self.within += step.repeatable
        try:
            return step.effect()
        finally:
            self.within -= step.repeatable

    def watches(self) -> Watched:
        """Note calls from now on."""
        self.faults.clear()
        self.faults.before(times=10_000, effect=self._note)
        return self

    def _note(self, call: Call) -> None:
        if not self.within and call.operation.startswith(("Get", "Head", "List")):
            self.outside.append(f"{call.operation} {call.path}")


SITES: dict[str, Callable[[World, Watched], object]] = {
    "promote": lambda world, run: promote(
        world, PromoteRequest("production", {"web": "1.0.0"}), run
    ),
    "rollback": lambda world, run: rollback(world, RollbackRequest("production", "web"), run),
    "reverse --last": lambda world, run: reverse_done(world, SITE, run=run),
}


@pytest.mark.parametrize("way", SITES)
def test_of_a_site(story: Story, strict: Strict, way: str) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    story.promote("1.1.0")
    run = Watched(strict.faults).watches()
    SITES[way](story.world(), run)
    assert run.steps
    assert run.outside == []


@pytest.mark.parametrize("settle", [resume, reverse_open])
def test_of_what_is_open(story: Story, strict: Strict, settle: Callable[..., object]) -> None:
    story.published("1.0.0", "1.1.0").promote("1.0.0")
    strict.faults.before("s3", "CopyObject", nth=2, times=1000, effect=Killed())
    with pytest.raises(Killed):
        story.promote("1.1.0")
    run = Watched(strict.faults).watches()
    settle(story.world(), SITE, take_over=True, run=run)
    assert run.steps
    assert run.outside == []


def test_of_a_purge(story: Story, strict: Strict) -> None:
    story.published("1.0.0", "1.1.0", "1.2.0").promote("1.2.0")
    purge(story.world(), PurgeRequest("web", keep=1, apply=True))
    run = Watched(strict.faults).watches()
    reverse_purge(story.world(), "web", run=run)
    assert run.steps
    assert run.outside == []


RAMPS: dict[str, Callable[..., object]] = {
    "back": back,
    "abort": abort,
    "reverse --last": reverse_ramp,
}


@pytest.mark.parametrize("way", RAMPS)
def test_of_a_migration(way: str) -> None:
    with shop() as ramp:
        ramp.reaches("half").passes(8)
        run = Watched(ramp.strict.faults).watches()
        RAMPS[way](ramp.world(), "shop", run=run)
        assert run.steps
        assert run.outside == []


@pytest.mark.parametrize("way", [advance, abort])
def test_of_a_migration_with_cron_jobs(way: Callable[..., object]) -> None:
    with migration() as both:
        both.at_half()
        run = Watched(both.ramp.strict.faults).watches()
        way(both.jobs.world(probe=both.ramp.probe), "shop", run=run)
        assert run.steps
        assert run.outside == []


def test_of_a_job() -> None:
    with migration() as both:
        both.at_half()
        run = Watched(both.ramp.strict.faults).watches()
        reverse_cron(both.jobs.world(), JOB, run=run)
        assert run.steps
        assert run.outside == []
