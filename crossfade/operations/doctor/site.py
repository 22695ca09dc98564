"""The doctor's look at an environment from outside: its distribution, and what visitors get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.adapters.aws.cloudfront_setup import read_front
from crossfade.adapters.http.web import fetch
from crossfade.operations.base.world import site_subject
from crossfade.operations.releases.bucket import MANIFEST, find_manifest
from crossfade.operations.status.status import status
from crossfade.plan.base.finding import ok, problem
from crossfade.plan.doctor.answers import (
    PRIVATE,
    SiteAnswer,
    examine_missing,
    examine_page,
    examine_private,
)
from crossfade.plan.doctor.cloudfront import CHECK as DISTRIBUTION
from crossfade.plan.doctor.cloudfront import examine_front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding

__all__ = ["DISTRIBUTION"]

PAGES = 3
"""Entry pages of a site that are looked at."""


def examine_distribution(world: World, name: str) -> Iterator[Finding]:
    """Judge how the environment's distribution is set up."""
    environment = world.settings.environment(name)
    front = read_front(world.cloudfront, environment.distribution_id)
    if front is None:
        yield problem(
            DISTRIBUTION,
            f"distribution {environment.distribution_id}",
            "there is no such distribution in this account",
            f"correct environments.{name}.distribution_id in crossfade.toml",
        )
        return
    pages = any(not component.path for component in world.settings.components.values())
    yield from examine_front(front, bucket=environment.bucket, root=environment.root, pages=pages)


def examine_missing_asset(world: World, name: str) -> Iterator[Finding]:
    """Ask twice for an asset whose name nobody ever published."""
    address = world.settings.environment(name).url
    path = f"assets/crossfade-doctor-{world.chance()}{world.chance()}.js"
    yield from examine_missing(address, _answer(address, path), _answer(address, path))


def examine_privacy(world: World, name: str) -> Iterator[Finding]:
    """Ask for a manifest and a head through the site's address."""
    environment = world.settings.environment(name)
    known = {"a release's manifest": _a_manifest(world), "a journal's head": _a_head(world)}
    for what, key in known.items():
        if not key:
            yield ok(PRIVATE, environment.url, f"there is no {what.partition(' ')[2]} yet")
            continue
        for path in sorted({key, key.removeprefix(environment.root)}):
            answer = _answer(environment.url, path)
            yield examine_private(environment.url, name, f"{what} (/{path})", answer)


def _a_manifest(world: World) -> str:
    """Return the key of any manifest, or "" where nothing is published."""
    for component in sorted(world.settings.components):
        _, objects = world.releases.level(f"{world.settings.releases.prefix}{component}/")
        for row in objects:
            if row.key.endswith(MANIFEST):
                return row.key
    return ""


def _a_head(world: World) -> str:
    """Return the key of any head, or "" where nothing has happened."""
    journal = world.journal
    for environment in sorted(world.settings.environments):
        for component in sorted(world.settings.components):
            subject = site_subject(environment, component)
            if journal.head(subject)[1]:
                return f"{journal.prefix}{subject}/head.json"
    return ""


def examine_pages(world: World, name: str) -> Iterator[Finding]:
    """Ask for the entry pages that are live in an environment."""
    address = world.settings.environment(name).url
    for component, part in sorted(world.settings.components.items()):
        live = status(world, site_subject(name, component))[0].live
        release = find_manifest(world, component, live.version) if live else None
        if release is None:
            continue
        pages = list(release.entry_pages[:PAGES])
        if not part.path and "index.html" in release.entry_pages:
            pages.append("")
        for page in pages:
            path = part.path + page
            yield examine_page(address, path, _answer(address, path), _answer(address, path))


def _answer(address: str, path: str) -> SiteAnswer:
    page = fetch(address, path)
    return SiteAnswer(page.status, page.headers)
