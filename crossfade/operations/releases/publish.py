"""Publish: from a build to an immutable release.

The manifest is written last and only if there is none: it is the release. Right before it, the
journal records which content the version has, for good: of two publishers of different content the
second is refused there. A publish that was cut short leaves no release, and the next one uploads
only what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from crossfade.adapters.aws.s3 import Headers, Written
from crossfade.adapters.source.source import opened, sha256
from crossfade.errors import BadInput, Conflict, Failed, Refused
from crossfade.operations.base.world import releases_subject
from crossfade.operations.journal.fan_out import fan_out
from crossfade.operations.journal.step import Step, directly
from crossfade.operations.releases.bucket import (
    digest_record,
    find_manifest,
    folder_key,
    manifest_key,
    not_as_recorded,
)
from crossfade.plan.base.paths import check_version
from crossfade.plan.base.words import count, size
from crossfade.plan.journal.head import already_open
from crossfade.plan.journal.operation import iso
from crossfade.plan.releases.build import check, check_component, entry_pages
from crossfade.plan.releases.headers import Classification, classify
from crossfade.plan.releases.manifest import File, Manifest, content_digest, to_json
from crossfade.plan.releases.publish import Missing, plan_publish, same_or_refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crossfade.adapters.source.source import LocalFile
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.plan.journal.digest import RecordedDigest
    from crossfade.settings import Component

BATCH = 1000
"""Uploads in one step, so that a step that is tried again repeats little."""


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """What to publish.

    Attributes:
        source: A folder, a .zip or .tar.gz file, or the s3:// address of one.
        component: The component that it is a build of.
        version: Its version.
        commit: The commit that it was built from, or "".
    """

    source: str
    component: str
    version: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of a publish.

    Attributes:
        component: The component.
        version: The version.
        digest: The content's digest.
        files: Files of the release.
        size: Their bytes.
        uploaded: Files that were uploaded now.
        uploaded_size: Their bytes.
        already: Whether the release was there, whole, before.
        strangers: Names in the release's folder that are not of it; they are left alone.
    """

    component: str
    version: str
    digest: str
    files: int
    size: int
    uploaded: int
    uploaded_size: int
    already: bool
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Build:
    """A build, ready to be uploaded: its files and where their bytes are."""

    files: tuple[File, ...]
    pages: tuple[str, ...]
    digest: str
    local: Mapping[str, Path]


def publish(world: World, request: PublishRequest, run: Run = directly) -> Published:
    """Publish a build as a release.

    Raises:
        BadInput: The source or a name in it cannot be published; nothing was uploaded.
        Refused: The version is taken by other content.
        Unavailable: S3 failed; publishing again goes on where this stopped.
    """
    component = world.settings.component(request.component)
    check_component(request.component)
    check_version(request.version)
    _check_commit(request.commit)
    title = f"{request.component} {request.version}"
    with opened(request.source, fetch=partial(_fetch, world)) as source:
        if source.left_out:
            world.report.say(f"left out: {', '.join(source.left_out)}")
        files = source.files
        build = run(
            Step(f"read {request.source}", lambda: _build(world, request, component, files))
        )
        taken, recorded, etag = run(
            Step(f"look for {title}", lambda: _taken(world, request), repeatable=True)
        )
        if taken is not None:
            same_or_refuse(taken, build.digest, build.files)
            if recorded is None:
                _record(world, taken, proven=False)
            return _already(taken)
        if recorded is not None:
            _same_as_recorded(recorded, build.digest, title)
        missing = run(
            Step(f"list {title}", lambda: _missing(world, request, build), repeatable=True)
        )
        written = _upload_all(world, request, build, missing, run)
        manifest = _manifest(world, request, build, written)
        proven = all(one.proven for one in written.values())

        def complete() -> Published:
            _record(world, manifest, proven=proven)
            return _write_manifest(world, manifest, missing)

        published = run(Step(f"write the manifest of {title}", complete, repeatable=True))
        run(Step(f"look at {title}", lambda: _still_whole(world, request, build, etag)))
        return published


def _check_commit(commit: str) -> None:
    """Refuse a commit that cannot be the value of a tag (Amazon S3 User Guide, "Object tags")."""
    if not re.fullmatch(r"[A-Za-z0-9+\-=._:/@ ]{0,256}", commit):
        raise BadInput(
            f"{commit!r} cannot be a commit: use up to 256 letters, digits, spaces and + - = . _ : "
            "/ @"
        )


def _fetch(world: World, url: str, target: Path) -> None:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise BadInput(f"{url} names no object: write s3://BUCKET/KEY")
    world.bucket(bucket).download(key, target)


def _build(
    world: World, request: PublishRequest, component: Component, files: Sequence[LocalFile]
) -> _Build:
    """Check the names, read the bytes' digests and choose the headers."""
    patterns = component.entry_pages
    prefix = folder_key(world, request.component, request.version)
    check({file.path: file.size for file in files}, patterns=patterns, prefix=prefix)
    pages = entry_pages((file.path for file in files), patterns)
    rules = Classification.of(
        content_type=component.content_type,
        cache_control=component.cache_control,
        encoding=component.encoding,
    )
    served = classify([file.path for file in files], entry_pages=pages, by=rules)
    advance = world.report.begin(f"read {count(len(files), 'file')}", len(files))

    def read(local: LocalFile) -> File:
        headers = served[local.path]
        digest = sha256(local.file)
        advance(1)
        return File(
            path=local.path,
            size=local.size,
            sha256=digest,
            content_type=headers.content_type,
            cache_control=headers.cache_control,
            encoding=headers.encoding,
        )

    found = sorted(fan_out(read, files, width=4), key=lambda file: file.path)
    return _Build(
        files=tuple(found),
        pages=pages,
        digest=content_digest(found, pages),
        local={file.path: file.file for file in files},
    )


def _taken(
    world: World, request: PublishRequest
) -> tuple[Manifest | None, RecordedDigest | None, str]:
    """Look for the release and its record; refuse while a purge is deleting releases.

    Raises:
        Failed: The release is not what the journal recorded.
    """
    subject = releases_subject(request.component)
    head, etag = world.journal.head(subject)
    if head.open is not None:
        raise Refused(already_open(head, world.clock.now()))
    taken = find_manifest(world, request.component, request.version)
    recorded = world.journal.digest(subject, request.version)
    if taken is not None and recorded is not None and taken.digest != recorded.digest:
        raise Failed(not_as_recorded(world, taken, recorded))
    return taken, recorded, etag


def _record(world: World, manifest: Manifest, *, proven: bool) -> None:
    """Record the content of a version, unless it is recorded.

    Raises:
        Refused: Other content was recorded for it.
    """
    stands = world.journal.record_digest(digest_record(world, manifest, "publish", proven=proven))
    _same_as_recorded(stands, manifest.digest, f"{manifest.component} {manifest.version}")


def _same_as_recorded(recorded: RecordedDigest, digest: str, title: str) -> None:
    """Accept that the journal has a version's digest already if it is this one; refuse another.

    Raises:
        Refused: It is another one.
    """
    if recorded.digest != digest:
        raise Refused(
            f"{title} is taken: the journal recorded other content for it on {recorded.at} "
            f"({recorded.how} by {recorded.by}), whose publish is at work, was cut short, or was "
            "purged since; releases do not change: publish that build again, or this one under "
            "another version"
        )


def _still_whole(world: World, request: PublishRequest, build: _Build, etag: str) -> None:
    """See that no purge took files of an earlier attempt while this one relied on them.

    Raises:
        Refused: One did; the manifest is gone again, so there is no release that is not whole.
    """
    _, now = world.journal.head(releases_subject(request.component))
    if now == etag or not _missing(world, request, build).upload:
        return
    key = manifest_key(world, request.component, request.version)
    world.releases.delete([(key, "")])
    raise Refused(
        f"a purge of {request.component} ran while {request.version} was published and took files "
        "that an earlier attempt had left: publish it again"
    )


def _missing(world: World, request: PublishRequest, build: _Build) -> Missing:
    """See what an earlier attempt left: an object counts if its checksum and headers are right."""
    folder = folder_key(world, request.component, request.version)
    present = [row.key[len(folder) :] for row in world.releases.present(folder)]
    wanted = {file.path: file for file in build.files}

    def whole(path: str) -> tuple[str, str]:
        found = world.releases.whole(folder + path, _headers(wanted[path]), wanted[path].sha256)
        etag = found.etag if found else ""
        return path, etag

    there = fan_out(whole, [path for path in present if path in wanted], width=world.connections)
    return plan_publish(build.files, {path: etag for path, etag in there if etag}, present)


def _upload_all(
    world: World, request: PublishRequest, build: _Build, missing: Missing, run: Run
) -> Mapping[str, Written]:
    """Upload what is missing, in steps, and return how all files stand."""
    there = {path: Written(etag, "", proven=True) for path, etag in missing.there.items()}
    advance = world.report.begin(
        f"upload {count(len(missing.upload), 'file')} to {request.component} {request.version}",
        sum(file.size for file in missing.upload),
    )
    tags = _tags(request)
    folder = folder_key(world, request.component, request.version)

    def upload(file: File) -> tuple[str, Written]:
        with build.local[file.path].open("rb") as body:
            written = world.releases.put(
                folder + file.path, body, _headers(file), sha256=file.sha256, tags=tags
            )
        advance(file.size)
        return file.path, written

    for start in range(0, len(missing.upload), BATCH):
        some = missing.upload[start : start + BATCH]
        title = f"upload {count(len(some), 'file')} of {request.component} {request.version}"
        there.update(
            run(
                Step(
                    title,
                    lambda some=some: fan_out(upload, some, width=world.connections),  # type: ignore[misc]  # a default binds the loop's value
                    repeatable=True,
                )
            )
        )
    return there


def _headers(file: File) -> Headers:
    return Headers(file.content_type, file.cache_control, file.encoding)


def _tags(request: PublishRequest) -> dict[str, str]:
    """Tag every object with what it is; S3 allows ten tags."""
    tags = {
        "crossfade": "release",
        "component": request.component,
        "version": request.version,
    }
    return {**tags, "commit": request.commit} if request.commit else tags


def _manifest(
    world: World, request: PublishRequest, build: _Build, written: Mapping[str, Written]
) -> Manifest:
    return Manifest(
        component=request.component,
        version=request.version,
        commit=request.commit,
        published_at=iso(world.clock.now()),
        published_by=world.actor.who,
        entry_pages=build.pages,
        files=tuple(replace(file, etag=written[file.path].etag) for file in build.files),
        digest=build.digest,
    )


def _write_manifest(world: World, manifest: Manifest, missing: Missing) -> Published:
    key = manifest_key(world, manifest.component, manifest.version)
    tags = {
        "crossfade": "manifest",
        "component": manifest.component,
        "version": manifest.version,
        "digest": manifest.digest,
        "files": str(len(manifest.files)),
        "bytes": str(manifest.size),
        "published-at": manifest.published_at,
    }
    if manifest.commit:
        tags["commit"] = manifest.commit
    headers = Headers("application/json", "no-store")
    try:
        world.releases.put(key, to_json(manifest), headers, tags=tags, only_if_absent=True)
    except Conflict as error:
        taken = find_manifest(world, manifest.component, manifest.version)
        if taken is None:
            raise
        same_or_refuse(taken, manifest.digest, manifest.files)
        if taken != manifest:  # somebody else published the same content just now
            world.report.say(
                f"{manifest.component} {manifest.version}: published meanwhile, {error}"
            )
            return _already(taken)
    published = Published(
        component=manifest.component,
        version=manifest.version,
        digest=manifest.digest,
        files=len(manifest.files),
        size=manifest.size,
        uploaded=len(missing.upload),
        uploaded_size=sum(file.size for file in missing.upload),
        already=False,
        strangers=missing.strangers,
    )
    world.report.say(
        f"publish {manifest.component} {manifest.version}: {published.uploaded} of "
        f"{count(published.files, 'file')} uploaded, {size(published.uploaded_size)} of "
        f"{size(published.size)}"
    )
    return published


def _already(taken: Manifest) -> Published:
    return Published(
        component=taken.component,
        version=taken.version,
        digest=taken.digest,
        files=len(taken.files),
        size=taken.size,
        uploaded=0,
        uploaded_size=0,
        already=True,
    )
