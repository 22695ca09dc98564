"""The promoted site in a real browser: whole before a promote, after it, and after going back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
import pytest

from crossfade.local.demo.builds import make_builds
from crossfade.local.stack.aws import aws_server
from crossfade.local.stack.edge import edge
from crossfade.operations.releases.publish import PublishRequest, publish
from tests.e2e.chromium import chromium
from tests.operations.sites.test_crash import distribution
from tests.operations.sites.test_site_probe import reader
from tests.story import Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ICON = "/favicon.ico"
"""Browsers ask for it on their own; neither build has one."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with chromium() as running:
        yield running


@dataclass
class Seen:
    """What a page load brought: its own files, and what was wrong with them."""

    loaded: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def visit(browser: Browser, url: str) -> Seen:
    """Load the site with an empty cache and wait until it is quiet."""
    seen = Seen()
    page = browser.new_page()

    def note(status: int, address: str) -> None:
        path = address.removeprefix(url)
        if not address.startswith(url) or path == ICON:
            return
        seen.loaded.add(path)
        if status >= 400:
            seen.wrong.append(f"{path} answered {status}")

    page.on("response", lambda answer: note(answer.status, answer.url))
    page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    page.goto(url, wait_until="networkidle")
    page.close()
    return seen


@contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Story, str]]:
    """Serve the story's production through an edge, with both builds published."""
    with aws_server() as server:
        for name, value in {**server.environment(), "AWS_REGION": "eu-west-1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        story = Story(boto3.Session(), folder, server.strict).founded()
        identifier = distribution(story)
        completed = server.strict.invalidations.completed
        with edge(
            fetch=reader(story),
            completed=lambda: [one.paths for one in completed(identifier)],
        ) as front:
            story.overrides = {"url": front.url, "distribution_id": identifier}
            builds = make_builds(folder / "builds", api_url="http://127.0.0.1:9/api")
            for version, build in (("1.0.0", builds.first), ("2.0.0", builds.second)):
                world = story.world(connections=8)
                publish(world, PublishRequest(str(build), "web", version))
            yield story, front.url


def test_the_site_loads_whole_before_and_after_every_change(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, monkeypatch) as (story, url):
        story.promote("1.0.0", world=story.world(connections=8))
        first = visit(browser, url)
        story.promote("2.0.0", world=story.world(connections=8))
        second = visit(browser, url)
        story.rollback()
        back = visit(browser, url)
    for seen in (first, second, back):
        assert seen.wrong == []
        assert any(path.endswith(".js") for path in seen.loaded)
    assert first.loaded == back.loaded
    assert first.loaded != second.loaded
