"""The doctor's look at what the journal knows of each version's content, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.aws.journal import DIGEST, Damaged
from crossfade.operations.base.world import releases_subject
from crossfade.operations.doctor.guard import guarded
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.releases.bucket import (
    FIRST_DIGITS,
    MANIFEST,
    damaged_files,
    difference,
    digest_record,
    find_manifest,
    manifest_key,
    replaced_mend,
)
from crossfade.plan.base.finding import note, ok, problem, warning
from crossfade.plan.base.words import count
from crossfade.plan.doctor.journal import restore
from crossfade.plan.releases.manifest import etags_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crossfade.operations.base.world import World
    from crossfade.plan.base.finding import Finding
    from crossfade.plan.journal.digest import RecordedDigest
    from crossfade.plan.releases.manifest import Manifest

DIGESTS = "digest"
"""The check's name."""

HOW = "adopt"
"""On what occasion a digest is recorded here."""

SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of one version: one of the two may be missing.

    Attributes:
        component: The component.
        version: The version.
        recorded: Whether the journal has a record of it.
        published: Whether there is a manifest.
    """

    component: str
    version: str
    recorded: bool
    published: bool


def examine_digests(world: World, *, adopt: bool) -> Iterator[Finding]:
    """Hold every release against its record, and every record against its release.

    Args:
        world: The world.
        adopt: Record the releases that have no record, if each of their files is whole.
    """
    looks = [*_looks(world)]
    advance = world.report.begin("hold the releases against the journal", len(looks))

    def look(one: _Look) -> list[Finding]:
        name = f"{one.component} {one.version}"
        found = guarded(DIGESTS, name, partial(_examine, world, one, adopt=adopt))
        advance(1)
        return found

    for found in fan_out(look, looks, width=1 if adopt else world.connections):
        yield from found


def _looks(world: World) -> Iterator[_Look]:
    """Find all versions that the journal or the bucket of the releases knows."""
    prefix = world.settings.releases.prefix
    folders, _ = world.releases.level(prefix)
    published = {
        component: _ending(MANIFEST, (row.key for row in world.releases.level(folder)[1]))
        for folder in folders
        if (component := folder[len(prefix) :].rstrip("/"))
    }
    components = sorted({*published, *world.journal.below("releases")})
    for component in components:
        subject = releases_subject(component)
        recorded = _ending(DIGEST, world.journal.names(subject))
        there = published.get(component, set())
        for version in sorted(recorded | there):
            yield _Look(component, version, version in recorded, version in there)


def _ending(end: str, keys: Iterable[str]) -> set[str]:
    return {key.rsplit("/", 1)[-1].removesuffix(end) for key in keys if key.endswith(end)}


def _examine(world: World, look: _Look, *, adopt: bool) -> Iterator[Finding]:
    subject, name = releases_subject(look.component), f"{look.component} {look.version}"
    try:
        recorded = world.journal.digest(subject, look.version) if look.recorded else None
    except Damaged as error:
        place = world.journal.bucket.url(f"{world.journal.prefix}{subject}/{look.version}{DIGEST}")
        yield problem(DIGESTS, place, str(error), restore(place))
        return
    manifest = find_manifest(world, look.component, look.version) if look.published else None
    if manifest is None:
        yield ok(DIGESTS, name, "recorded; there is no such release now")
    elif recorded is None:
        yield from _unrecorded(world, manifest, adopt=adopt)
    elif recorded.digest != manifest.digest:
        place = world.releases.url(manifest_key(world, look.component, look.version))
        saw, mend = difference(manifest, recorded), replaced_mend(world, manifest)
        yield problem(DIGESTS, place, f"it {saw}", mend)
    elif recorded.etags != etags_digest(manifest.files):
        yield from _unproven(world, manifest, recorded, adopt=adopt)
    else:
        yield ok(DIGESTS, name, f"as recorded on {recorded.at}: {manifest.digest[:FIRST_DIGITS]}")


def _unrecorded(world: World, manifest: Manifest, *, adopt: bool) -> Iterator[Finding]:
    name = f"{manifest.component} {manifest.version}"
    if not adopt:
        yield warning(
            DIGESTS,
            name,
            "the journal has no record of its digest: it was published before there were records",
            "`crossfade doctor --journal --adopt` records it, and so does its next promote; look "
            "before whether it is what you published",
        )
    elif damaged := damaged_files(world, manifest, manifest.files):
        yield _damaged(name, damaged, "it is not recorded")
    else:
        stands = world.journal.record_digest(digest_record(world, manifest, HOW, proven=True))
        if stands.digest == manifest.digest:
            yield ok(DIGESTS, name, f"recorded now: {manifest.digest[:FIRST_DIGITS]}")
        else:
            saw, mend = difference(manifest, stands), replaced_mend(world, manifest)
            yield problem(DIGESTS, name, f"it {saw}", mend)


def _unproven(
    world: World, manifest: Manifest, recorded: RecordedDigest, *, adopt: bool
) -> Iterator[Finding]:
    """Judge a release of which nobody saw each file, or whose manifest names other ETags since."""
    name = f"{manifest.component} {manifest.version}"
    if not adopt:
        yield note(
            DIGESTS,
            name,
            f"as recorded on {recorded.at}, but for which object each path has: a promote looks at "
            "each file that it copies first, or reads it where S3 keeps no checksums",
            "`crossfade doctor --journal --adopt` looks at them once and for all",
        )
    elif damaged := damaged_files(world, manifest, manifest.files):
        yield _damaged(name, damaged, "a promote that needs them is refused")
    else:
        world.journal.vouch(recorded, etags_digest(manifest.files))
        yield ok(DIGESTS, name, f"as recorded on {recorded.at}; each of its files was seen now")


def _damaged(name: str, damaged: list[str], so: str) -> Finding:
    files = count(len(damaged), "file is", "files are")
    return problem(
        DIGESTS,
        name,
        f"{files} gone or have other bytes than the manifest names ({', '.join(damaged[:SHOWN])}): "
        f"{so}",
        "restore those objects' first versions, or publish the build under a new version",
    )
