"""The doctor's look at what was left: open operations, live releases, half-published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.operations.base.world import releases_subject
from crossfade.operations.releases.bucket import (
    MANIFEST,
    difference,
    find_manifest,
    folder_key,
    manifest_key,
    replaced_mend,
)
from crossfade.operations.status.status import status
from crossfade.plan.base.finding import ok, problem, warning
from crossfade.plan.base.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.releases.manifest import Manifest

OPERATION = "operation"
LIVE = "live release"
LEFTOVER = "leftover"

SHOWN = 3


def examine_operation(world: World, subject: str) -> Iterator[Finding]:
    """Judge whether an operation was left open on a subject."""
    (found,) = status(world, subject)
    if found.open is None:
        yield ok(OPERATION, subject, "none is open")
        return
    there = found.open
    text = f"{there.title} is open since {there.since} by {there.by}"
    if found.lease_left:
        yield ok(OPERATION, subject, f"{text}; its worker is at work")
        return
    trouble = f" ({there.trouble})" if there.trouble else ""
    yield problem(
        OPERATION,
        subject,
        f"{text}; nobody works on it{trouble}, and nothing else can begin there",
        f"`crossfade resume {subject}` finishes it, `crossfade reverse {subject}` takes it back",
    )


def examine_live(world: World, subject: str) -> Iterator[Finding]:
    """Judge whether the release that is live at a site is still whole among the releases."""
    (found,) = status(world, subject)
    if found.live is None:
        yield ok(LIVE, subject, "nothing is live yet")
        return
    component, version = subject.rsplit("/", 1)[-1], found.live.version
    release = find_manifest(world, component, version)
    publish = f"`crossfade publish SOURCE --component {component} --version {version}`"
    if release is None:
        yield problem(
            LIVE,
            subject,
            f"{version} is live and is no release any more "
            f"({world.releases.url(manifest_key(world, component, version))} is gone): it can "
            "neither be promoted again nor resumed",
            f"publish the same build again: {publish}",
        )
        return
    recorded = world.journal.digest(releases_subject(component), version)
    if recorded is not None and recorded.digest != release.digest:
        saw, mend = difference(release, recorded), replaced_mend(world, release)
        yield problem(LIVE, subject, f"the manifest of {version} {saw}", mend)
        return
    if release.digest != found.live.digest:
        yield problem(
            LIVE,
            subject,
            f"{version} was published again with other content while it was live",
            f"promote what is there: `crossfade promote {subject.split('/')[1]} {component} "
            f"{version}`",
        )
        return
    wrong = _damaged(world, release)
    files = count(len(release.files), "file")
    if wrong:
        yield problem(
            LIVE,
            subject,
            f"{len(wrong)} of {files} of {version} gone or replaced among the releases "
            f"(the first: {', '.join(wrong[:SHOWN])})",
            "restore their earlier versions there, or publish the build again under a new version",
        )
    else:
        yield ok(LIVE, subject, f"{version}, whole: {files}")


def _damaged(world: World, release: Manifest) -> list[str]:
    """Return the files of a release that do not stand in its folder as they were published."""
    folder = folder_key(world, release.component, release.version)
    there = {row.key[len(folder) :]: row.etag for row in world.releases.present(folder)}
    return [file.path for file in release.files if there.get(file.path) != file.etag]


def examine_leftovers(world: World, component: str) -> Iterator[Finding]:
    """Find folders without a manifest, which a publish that was cut short leaves behind."""
    prefix = f"{world.settings.releases.prefix}{component}/"
    folders, objects = world.releases.level(prefix)
    published = {row.key.removesuffix(MANIFEST) for row in objects if row.key.endswith(MANIFEST)}
    halves = [folder for folder in folders if folder.rstrip("/") not in published]
    subject = world.releases.url(prefix)
    if not halves:
        yield ok(LEFTOVER, subject, f"{count(len(published), 'release')}, none half-published")
    for folder in halves:
        version = folder[len(prefix) :].rstrip("/")
        yield warning(
            LEFTOVER,
            world.releases.url(folder),
            f"{component} {version} was published by half: it has files and no manifest",
            f"`crossfade publish SOURCE --component {component} --version {version}` finishes it, "
            f"`crossfade purge --component {component} --apply` clears it away",
        )
