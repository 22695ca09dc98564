"""Going back needs the journal and nothing else: names that left the configuration, lost heads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.errors import BadInput
from crossfade.operations.cron.move.move import Asked, move_cron
from crossfade.operations.kinds import resume, reverse_open
from crossfade.operations.ramp.advance import advance
from crossfade.operations.ramp.back import abort, back
from crossfade.operations.sites.promote import PromoteRequest, promote
from crossfade.operations.sites.rollback import RollbackRequest, reverse_done, rollback
from crossfade.operations.status.status import history, status
from crossfade.plan.cron.move.decide import Wish
from crossfade.plan.sites.site import SiteState
from crossfade.settings import Settings
from crossfade.settings.sections import completed
from tests.operations.cron.moving import JOB, LEGACY, platforms
from tests.operations.ramp.shop import SUBJECT as SHOP
from tests.operations.ramp.shop import shop
from tests.story import STATE, Killed, Story

if TYPE_CHECKING:
    from crossfade.operations.base.world import World

SITE = "sites/production/web"


def forgetting(world: World, *tables: str) -> World:
    """Return a world whose configuration has nothing in some tables any more."""
    empty: dict[str, Any] = {table: {} for table in tables}
    return replace(world, settings=world.settings.model_copy(update=empty))


def lost(story: Any, subject: str) -> None:
    """Let somebody delete a head."""
    story.aws.client("s3").delete_object(Bucket=STATE, Key=f"journal/{subject}/head.json")


@pytest.fixture
def promoted(story: Story) -> Story:
    """Two releases were live, the second one is."""
    story.published("1.0.0", "1.1.0")
    story.promote("1.0.0")
    story.promote("1.1.0")
    return story


def test_a_site_that_left_the_configuration_is_rolled_back(promoted: Story) -> None:
    world = forgetting(promoted.world(), "environments", "components")
    rollback(world, RollbackRequest("production", "web"))
    assert promoted.live() == "1.0.0"


def test_it_is_rolled_back_where_nothing_says_any_more_where_releases_are(promoted: Story) -> None:
    world = forgetting(promoted.world(), "components")
    nowhere = Settings.model_fields["releases"].default
    settings = world.settings.model_copy(update={"releases": nowhere})
    rollback(replace(world, settings=settings), RollbackRequest("production", "web"))
    assert promoted.live() == "1.0.0"


def test_its_last_operation_is_taken_back(promoted: Story) -> None:
    reverse_done(forgetting(promoted.world(), "components"), SITE)
    assert promoted.live() == "1.0.0"


def test_a_journal_that_kept_no_section_says_so(promoted: Story) -> None:
    journal = promoted.world().journal
    head, etag = journal.head(SITE)
    journal.swap(replace(head, sections={}), etag)
    world = forgetting(promoted.world(), "environments")
    with pytest.raises(BadInput, match="put its section back to go back"):
        rollback(world, RollbackRequest("production", "web"))


def test_nothing_goes_forward_that_the_configuration_does_not_name(promoted: Story) -> None:
    world = forgetting(promoted.world(), "environments")
    with pytest.raises(BadInput, match="no environment 'production'"):
        promote(world, PromoteRequest("production", {"web": "1.0.0"}))


@pytest.mark.parametrize("settle", [resume, reverse_open])
def test_what_a_worker_left_is_settled(promoted: Story, settle: Any) -> None:
    assert promoted.strict is not None
    promoted.strict.faults.after("s3", "CopyObject", times=1000, effect=Killed())
    with pytest.raises(Killed):
        promoted.promote("1.0.0")
    promoted.strict.faults.clear()
    settle(forgetting(promoted.world(), "environments", "components"), SITE, take_over=True)
    assert promoted.live() == ("1.0.0" if settle is resume else "1.1.0")
    assert promoted.broken_pages() == []


def test_it_is_told_of_as_no_longer_configured(promoted: Story) -> None:
    world = forgetting(promoted.world(), "environments")
    row = next(row for row in status(world) if row.subject == SITE)
    assert (row.configured, row.live and row.live.version) == (False, "1.1.0")
    assert len(history(world, SITE)) == 2


@pytest.mark.parametrize("way", [abort, back])
def test_a_migration_that_left_the_configuration_goes_back(way: Any) -> None:
    with shop() as ramp:
        before = ramp.records()
        ramp.reaches("canary").passes(10)
        world = forgetting(ramp.world(), "migrations")
        with pytest.raises(BadInput, match="no migration 'shop'"):
            advance(world, "shop")
        while way(world, "shop").to is not None:
            pass
        assert ramp.records() == before


def test_a_job_that_left_the_configuration_goes_back() -> None:
    with platforms() as both:
        both.moves()
        world = forgetting(both.world(), "crons")
        move_cron(world, JOB, Asked(Wish(LEGACY)))
        assert both.standing().platform is LEGACY


def test_a_migration_whose_head_was_lost_goes_back() -> None:
    with shop() as ramp:
        before = ramp.records()
        ramp.reaches("canary").passes(10)
        head, _ = ramp.world().journal.head(SHOP)
        lost(ramp, SHOP)
        again, etag = ramp.world().journal.head(SHOP)
        assert (again.state, again.last, etag) == (head.state, head.last, "")
        abort(forgetting(ramp.world(), "migrations"), "shop")
        assert ramp.records() == before


def test_a_site_whose_head_was_lost_in_a_promote_is_open(promoted: Story) -> None:
    assert promoted.strict is not None
    promoted.strict.faults.after("s3", "CopyObject", times=1000, effect=Killed())
    with pytest.raises(Killed):
        promoted.promote("1.0.0")
    promoted.strict.faults.clear()
    lost(promoted, SITE)
    head, _ = promoted.world().journal.head(SITE, SiteState)
    assert head.open is not None
    assert (head.state.live and head.state.live.version) == "1.1.0"
    reverse_open(promoted.world(), SITE)
    assert promoted.live() == "1.1.0"
    assert promoted.broken_pages() == []


def test_sections_are_read_again_as_they_were() -> None:
    with shop() as ramp:
        ramp.changes.update(stages=STAGES, windows={"allow": ["mon-thu 09:00-16:00"]})
        settings = ramp.world().settings
        sections = settings.sections_of(SHOP)
        bare = settings.model_copy(update={"migrations": {}})
        assert completed(bare, sections).migrations == settings.migrations


STAGES = [
    {"name": "canary", "share": "0.5", "bake": "90m", "gates": ["errors", "latency"]},
    {"name": "all", "share": 100, "approval": True, "crons": ["reports.daily"]},
]
