"""Making the page from a journal, and putting it into a bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crossfade.errors import BadInput
from crossfade.operations.ramp.consent import hold
from crossfade.operations.report.make import make, post
from crossfade.operations.report.read import read_known
from crossfade.plan.journal.documents import operation_to_json
from crossfade.plan.journal.operation import Status
from crossfade.plan.report.known import KnownMigration, KnownSite
from tests.operations.report.world import JOB, SITE, everything
from tests.story import FRONT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.operations.report.world import Everything


@pytest.fixture
def world(_no_settings_of_this_machine: None, tmp_path: Path) -> Iterator[Everything]:
    """Two releases, the second is live in production."""
    with everything(tmp_path) as opened:
        yield opened.publishes("1.0.0", "1.1.0").promotes("1.0.0").promotes("1.1.0", who="ben@lab")


def page(world: Everything, subject: str = "") -> str:
    return make(world.world(), subject).decode()


def test_the_page_tells_of_sites_migrations_and_jobs(world: Everything) -> None:
    world.ramps_to("canary").decides().moves_job()
    found = page(world)
    assert "1.1.0</b>" in found
    assert "ben@lab" in found
    assert "crossfade rollback production web" in found
    assert "stage canary: legacy 90 / new 10, 10 % on new" in found
    assert found.count("<svg") == 1
    assert "gate errors:" in found
    assert JOB in found
    assert "30 2 * * * (Europe/Berlin)" in found


def test_a_page_of_one_subject_tells_of_that_alone(world: Everything) -> None:
    world.moves_job()
    found = page(world, SITE)
    assert f"<h1>{SITE}</h1>" in found
    assert JOB not in found
    with pytest.raises(BadInput, match="there is no subject 'sites/production/wbe'"):
        page(world, "sites/production/wbe")


def test_what_left_the_configuration_is_there_with_its_picture_and_ways_back(
    world: Everything,
) -> None:
    world.ramps_to("canary").moves_job()
    left = {"migrations": {}, "crons": {}, "components": {}, "environments": {}}
    world.changes |= left
    sites, ramps = [], []
    for one in read_known(world.world()):
        assert not one.configured
        sites += [one] if isinstance(one, KnownSite) else []
        ramps += [one] if isinstance(one, KnownMigration) else []
    assert [one.subject for one in sites] == [SITE]
    assert ramps[0].plan is not None
    assert ramps[0].timeline is not None
    found = page(world)
    assert "crossfade rollback production web" in found
    assert "3 subjects can only go back" in found
    assert "crossfade abort shop" in found


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"subject": "migrations/shop", "state": {"stage": 5}}',
        b'{"subject": "migrations/shop", "state": {}, "schema": 99}',
    ],
)
def test_a_damaged_head_is_said_to_be_damaged_and_hides_no_other(
    world: Everything, body: bytes
) -> None:
    world.damages("migrations/shop/head.json", body)
    for subject in ("", "migrations/shop"):
        found = page(world, subject)
        assert '<span class="badge bad">damaged</span> migrations/shop' in found
    assert "1.1.0</b>" in page(world)


def test_a_damaged_operation_is_said_to_be_damaged_and_hides_no_other(world: Everything) -> None:
    made_by = next(one for one in read_known(world.world(), SITE) if isinstance(one, KnownSite))
    assert made_by.live is not None
    world.damages(f"{SITE}/{made_by.live.operation}.json")
    found = page(world)
    assert "damaged</span> an operation of sites/production/web" in found
    assert "1.1.0</b>" in found
    assert "promote web nothing -&gt; 1.0.0 in production" in found


def test_a_damaged_decision_costs_the_picture_alone(world: Everything) -> None:
    world.ramps_to("canary")
    newest = world.world().journal.identifiers("migrations/shop")[0]
    world.damages(f"migrations/shop/{newest}.json")
    found = page(world)
    assert "There is no picture: " in found
    assert "stage canary" in found


def test_what_a_worker_left_open_comes_with_what_ends_it(world: Everything) -> None:
    found = page(world.publishes("1.2.0").dies_in("1.2.0"))
    assert "left open" in found
    assert "crossfade resume sites/production/web" in found
    assert "nobody works on it" in found


def test_a_reason_is_shown_without_the_password_in_it(world: Everything) -> None:
    world.ramps_to("canary")
    hold(world.world(), "shop", reason="see https://ann:s3cret@wiki.example/x")
    found = page(world)
    assert "wiki.example/x" in found
    assert "s3cret" not in found


def test_a_record_that_was_never_opened_is_left_out(world: Everything) -> None:
    journal = world.world().journal
    newest = journal.record(SITE, journal.identifiers(SITE)[0])
    stray = replace(newest, id="20300101T000000.000Z-x", title="a stray", status=Status.OPEN)
    world.damages(f"{SITE}/{stray.id}.json", operation_to_json(stray))
    assert "a stray" not in page(world)


def test_it_is_put_where_the_configuration_says_as_a_page_that_is_asked_for_anew(
    world: Everything,
) -> None:
    world.changes["report"] = {"bucket": FRONT, "key": "status/crossfade.html"}
    done = post(world.world())
    assert done.line().startswith(f"the page of everything is at s3://{FRONT}/status/crossfade")
    there = world.ramp.aws.client("s3").get_object(Bucket=FRONT, Key="status/crossfade.html")
    assert there["ContentType"] == "text/html; charset=utf-8"
    assert there["CacheControl"] == "no-cache"
    assert "1.1.0</b>" in there["Body"].read().decode()


def test_it_is_put_nowhere_where_something_else_stands(world: Everything) -> None:
    for bucket, key in (
        (FRONT, "live/index.html"),
        ("acme-state", "journal/a.html"),
        ("", "a.txt"),
    ):
        with pytest.raises(BadInput):
            post(world.world(), bucket=bucket, key=key)
