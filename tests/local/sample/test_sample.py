"""The sample world: its file is a configuration, its pages are whole, its migration can begin."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crossfade.local.sample.configuration import JOBS, MIGRATION, Places, configuration
from crossfade.local.sample.founding import (
    FOUNDER,
    make_releases,
    make_zone,
    same_names_each_time,
)
from crossfade.local.sample.front import LIVE, NEXT, VERSIONS, make_front
from crossfade.local.sample.life import Clients
from crossfade.local.stack.aws import aws_server
from crossfade.local.stack.stack import FRONT, STATE
from crossfade.local.up.start_page import FORMS, start_page
from crossfade.operations.base.world import World
from crossfade.operations.ramp.advance import advance
from crossfade.operations.status.status import published, releases
from crossfade.plan.ramp.decide import Advance
from crossfade.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The world before its releases."""
    with aws_server(invalidation_seconds=0) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        same_names_each_time()
        zone = make_zone(server.endpoint)
        text = configuration(Places("", "", zone, "127.0.0.1:1"))
        text = text.replace('distribution_id = ""\nurl = ""\n', "")
        world = World(Settings(**tomllib.loads(text)), FOUNDER)
        for bucket in (FRONT, STATE):
            world.s3.create_bucket(Bucket=bucket)
            versioned: Any = {"Status": "Enabled"}
            world.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioned)
        yield world


def test_three_releases_are_published_and_the_oldest_is_live(world: World, tmp_path: Path) -> None:
    make_releases(world, tmp_path)
    found = {row.version: row.live_in for row in releases(world, "web")}
    assert found == {
        version: ("production", "staging") if version == LIVE else () for version in VERSIONS
    }
    assert published(world) == sorted(VERSIONS, reverse=True)


def test_the_migration_begins_when_it_is_asked_and_goes_on_at_once(world: World) -> None:
    Clients(world, datetime.now(UTC)).come_to(datetime.now(UTC) - timedelta(minutes=20))
    begun, told = advance(world, MIGRATION), advance(world, MIGRATION)
    assert isinstance(begun.decision, Advance), begun.line()
    assert told.progress.stage == "tenth", told.line()


def test_the_zone_has_the_same_id_each_time_so_that_an_edited_file_fits() -> None:
    zones = []
    for _ in range(2):
        with aws_server() as server:
            same_names_each_time()
            zones.append(make_zone(server.endpoint))
    assert zones[0] == zones[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_says_its_release_and_refers_to_files_that_are_there(
    tmp_path: Path, version: str
) -> None:
    build = make_front(tmp_path, version)
    page = (build / "index.html").read_text()
    assert f"<h1>{version}</h1>" in page
    texts = [page, *(file.read_text() for file in (build / "assets").iterdir())]
    named = {name for text in texts for name in re.findall(r'"/(assets/[^"]+)"', text)}
    assert named == {f"assets/{file.name}" for file in (build / "assets").iterdir()}


def test_the_first_page_begins_with_a_filled_form() -> None:
    ids = {name: f"id-{number}" for number, name in enumerate(FORMS)}
    page = start_page("http://ui", "http://site", ids)
    first = page.splitlines()[0]
    assert first.startswith(f"# [Run: promote web {NEXT}](http://ui/v2/deployments/deployment/id-0")
    assert "%22version%22" in first
    assert all(identifier in page for identifier in ids.values())
    assert json.dumps(FORMS)
    assert all(job in page for job in JOBS)
