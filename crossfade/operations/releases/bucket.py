"""Releases in their bucket: where they stand, reading one, and holding it against the journal.

The journal says which digest a version has: nothing of a release whose manifest says another one is
copied anywhere. A release from before digests were recorded is recorded when it is first used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crossfade.errors import BadInput, CrossfadeError, Failed
from crossfade.operations.base.world import releases_subject
from crossfade.operations.journal.begin import WAYS_BACK
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.journal.step import Step
from crossfade.plan.base.paths import check_version
from crossfade.plan.base.words import count
from crossfade.plan.journal.digest import RecordedDigest
from crossfade.plan.journal.operation import iso
from crossfade.plan.releases.manifest import etags_digest, from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.releases.manifest import File, Manifest

MANIFEST = ".manifest.json"

RESUME = "resume"
"""The procedure that finishes what another worker began."""

FIRST_DIGITS = 12
"""Digits of a digest that messages show."""


@dataclass(frozen=True, slots=True)
class CheckedRelease:
    """A release that is what the journal says of its version, as far as it says anything.

    Attributes:
        manifest: Its manifest.
        recorded: Whether the journal has its digest; one from before has none until it is used.
        vouched: Whether the journal vouches for the ETags too: each file was seen to have its bytes
            under the ETag that the manifest names.
    """

    manifest: Manifest
    recorded: bool
    vouched: bool


def folder_key(world: World, component: str, version: str) -> str:
    """Return the key prefix of a release's files."""
    return f"{world.settings.releases.prefix}{component}/{version}/"


def manifest_key(world: World, component: str, version: str) -> str:
    """Return the key of a release's manifest.

    Raises:
        BadInput: It cannot be a version.
    """
    check_version(version)
    return f"{world.settings.releases.prefix}{component}/{version}{MANIFEST}"


@dataclass(frozen=True, slots=True)
class Admission:
    """What is left to see before a release may go to a live path.

    Attributes:
        manifest: Its manifest without its files, which may be many.
        recorded: Whether the journal has its digest.
        unproven: Files that are going to be copied under an ETag that the journal does not vouch
            for.
    """

    manifest: Manifest
    recorded: bool
    unproven: tuple[File, ...]


def admission(release: CheckedRelease, copied: Mapping[str, str]) -> Admission:
    """Return what is left to see before some files of a release are copied.

    Args:
        release: The release.
        copied: The ETag that each copy will name, by path.
    """
    unproven = [
        replace(file, etag=copied[file.path])
        for file in release.manifest.files
        if file.path in copied and not (release.vouched and copied[file.path] == file.etag)
    ]
    return Admission(replace(release.manifest, files=()), release.recorded, tuple(unproven))


def find_manifest(world: World, component: str, version: str) -> Manifest | None:
    """Read a release's manifest, or None where there is no such release.

    Raises:
        Failed: What stands there is no manifest, or that of another release.
    """
    key = manifest_key(world, component, version)
    found = world.releases.get(key)
    if found is None:
        return None
    name = world.releases.url(key)
    manifest = from_json(found.body, name=name)
    if (manifest.component, manifest.version) != (component, version):
        raise Failed(
            f"{name} is the manifest of {manifest.component} {manifest.version}, which somebody "
            "put there: restore that object's first version, or publish again under a new version"
        )
    return manifest


def read_manifest(world: World, component: str, version: str) -> Manifest:
    """Read a release's manifest.

    Raises:
        BadInput: There is no such release, or it cannot be a version.
    """
    manifest = find_manifest(world, component, version)
    if manifest is None:
        raise _not_published(world, component, version)
    return manifest


def _not_published(world: World, component: str, version: str) -> BadInput:
    return BadInput(
        f"{component} {version} is not published (there is no "
        f"{world.releases.url(manifest_key(world, component, version))}): "
        f"publish it, or choose one that `crossfade releases {component}` lists"
    )


def find_release(world: World, component: str, version: str) -> CheckedRelease | None:
    """Read a release and hold it against the journal; None where there is no such release.

    Raises:
        Failed: It is not what the journal recorded, or one of the two cannot be read.
    """
    manifest = find_manifest(world, component, version)
    if manifest is None:
        return None
    recorded = world.journal.digest(releases_subject(component), version)
    if recorded is None:
        return CheckedRelease(manifest, recorded=False, vouched=False)
    if recorded.digest != manifest.digest:
        raise Failed(not_as_recorded(world, manifest, recorded))
    vouched = recorded.etags == etags_digest(manifest.files)
    return CheckedRelease(manifest, recorded=True, vouched=vouched)


def read_release(world: World, component: str, version: str) -> CheckedRelease:
    """Read a release and hold it against the journal.

    Raises:
        BadInput: There is no such release, or it cannot be a version.
        Failed: It is not what the journal recorded, or one of the two cannot be read.
    """
    release = find_release(world, component, version)
    if release is None:
        raise _not_published(world, component, version)
    return release


def not_as_recorded(world: World, manifest: Manifest, recorded: RecordedDigest) -> str:
    """Say that a manifest is not the one that the journal recorded, and how to mend it."""
    key = manifest_key(world, manifest.component, manifest.version)
    what = difference(manifest, recorded)
    return f"{world.releases.url(key)} {what}: {replaced_mend(world, manifest)}"


def difference(manifest: Manifest, recorded: RecordedDigest) -> str:
    """Say how a manifest differs from what the journal recorded."""
    return (
        f"is not what was published as {manifest.component} {manifest.version}, somebody replaced "
        f"it (its content has the digest {manifest.digest[:FIRST_DIGITS]}, the journal recorded "
        f"{recorded.digest[:FIRST_DIGITS]} on {recorded.at}, {recorded.how} by {recorded.by})"
    )


def replaced_mend(world: World, manifest: Manifest) -> str:
    """Say what to do about a manifest that somebody replaced."""
    key = manifest_key(world, manifest.component, manifest.version)
    return (
        f"restore that object's first version (`aws s3api list-object-versions --bucket "
        f"{world.releases.name} --prefix {key}` lists them), or publish the build again under a "
        "new version"
    )


def digest_record(
    world: World, manifest: Manifest, how: str, *, proven: bool = False
) -> RecordedDigest:
    """Return the record of a release's digest, as it would be written now.

    Args:
        world: The world.
        manifest: The release's manifest.
        how: On what occasion.
        proven: Whether each file was seen to have its bytes under its ETag.
    """
    return RecordedDigest(
        subject=releases_subject(manifest.component),
        version=manifest.version,
        digest=manifest.digest,
        at=iso(world.clock.now()),
        by=world.actor,
        how=how,
        etags=etags_digest(manifest.files) if proven else "",
    )


def damaged_files(world: World, manifest: Manifest, files: Sequence[File]) -> list[str]:
    """Return those of a release's files that are gone, or whose bytes are not the manifest's.

    One request for each; where S3 keeps no checksum, each is read.
    """
    folder = folder_key(world, manifest.component, manifest.version)

    def whole(file: File) -> bool:
        return world.releases.has_bytes(folder + file.path, file.etag, file.sha256)

    seen = fan_out(whole, files, width=world.connections)
    return [file.path for file, good in zip(files, seen, strict=True) if not good]


def admit(world: World, admission: Admission, *, kind: str, run: Run) -> None:
    """See that a release may go to a live path, right before anything of it does.

    A release without a record is recorded. Where the journal vouches for the ETags a copy needs no
    more than its condition; else each file that is going to be copied is proven first.

    Args:
        world: The world.
        admission: The release, and what is left to see of it.
        kind: The procedure. A way back, and a resumption, goes on where the record cannot be
            written: the site's own journal knows the digest.
        run: Runs the steps.

    Raises:
        Failed: It is not what the journal recorded, or a file's bytes are not the manifest's.
    """
    manifest, unproven = admission.manifest, admission.unproven
    name = f"{manifest.component} {manifest.version}"
    if unproven:
        title = f"check {count(len(unproven), 'file')} of {name}"
        run(Step(title, lambda: _must_be_whole(world, manifest, unproven), repeatable=True))
    if admission.recorded:
        return
    title = f"record the digest of {name}, which has no record yet"
    recording = Step(title, lambda: _record(world, manifest, kind), repeatable=True)
    try:
        stands = run(recording)
    except CrossfadeError as error:
        if kind not in WAYS_BACK | {RESUME}:
            raise
        world.report.say(f"{name} has no record in the journal, and gets none: {error}")
        return
    if stands.digest != manifest.digest:
        raise Failed(not_as_recorded(world, manifest, stands))


def _record(world: World, manifest: Manifest, kind: str) -> RecordedDigest:
    stands = world.journal.record_digest(digest_record(world, manifest, kind))
    world.report.say(
        f"{manifest.component} {manifest.version} had no record of its digest; the journal has "
        f"{stands.digest[:FIRST_DIGITS]} from now on"
    )
    return stands


def _must_be_whole(world: World, manifest: Manifest, files: Sequence[File]) -> None:
    damaged = damaged_files(world, manifest, files)
    if damaged:
        folder = folder_key(world, manifest.component, manifest.version)
        raise Failed(
            f"{count(len(damaged), 'file')} of {manifest.component} {manifest.version} cannot be "
            f"copied, the first is {world.releases.url(folder + damaged[0])}: its bytes are not "
            "those that the manifest names, or it is gone; nothing was changed: restore that "
            "object's first version, or publish the build again under a new version"
        )
