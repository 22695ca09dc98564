"""The manifest: what a release consists of, and the digest that names its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from crossfade.errors import Failed
from crossfade.plan.base.paths import path_problem
from crossfade.plan.base.rows import apart, with_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 1
"""Version of the document's form; a reader refuses forms that it does not know."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release.

    Attributes:
        path: Where it stands under the release's folder and under the site's root, with `/`.
        size: Bytes.
        sha256: Hex digest of the bytes as stored (of the compressed bytes where `encoding` is set).
        content_type: The Content-Type header.
        cache_control: The Cache-Control header.
        encoding: The Content-Encoding header, or "" for none.
        etag: The ETag that S3 gave to the uploaded object; not part of the content.
    """

    path: str
    size: int
    sha256: str
    content_type: str
    cache_control: str
    encoding: str = ""
    etag: str = ""

    def same_content(self, other: File) -> bool:
        """Whether bytes and headers are equal, wherever and however they are stored."""
        return (
            self.sha256 == other.sha256
            and self.content_type == other.content_type
            and self.cache_control == other.cache_control
            and self.encoding == other.encoding
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """An immutable release: its identity, its files and which of them are entry pages.

    Attributes:
        component: The front end that it is a build of.
        version: Its name among that component's releases.
        commit: The commit that it was built from, or "".
        published_at: Instant of publishing, ISO 8601 in UTC, by S3's clock.
        published_by: Who published it.
        entry_pages: Paths of the files that are copied last, sorted.
        files: All files, sorted by path.
        digest: SHA-256 over the content of all files and the choice of entry pages.
        format: Version of the document's form.
    """

    component: str
    version: str
    commit: str
    published_at: str
    published_by: str
    entry_pages: tuple[str, ...]
    files: tuple[File, ...]
    digest: str
    format: int = field(default=FORMAT)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def content_digest(files: Iterable[File], entry_pages: Iterable[str]) -> str:
    """Return the digest of a release's content: equal content, equal digest, on any machine."""
    digest = hashlib.sha256()
    for page in sorted(entry_pages):
        digest.update(f"page\0{page}\0".encode())
    for file in sorted(files, key=lambda file: file.path):
        parts = (
            file.path,
            str(file.size),
            file.sha256,
            file.content_type,
            file.cache_control,
            file.encoding,
        )
        digest.update("\0".join(parts).encode() + b"\0\n")
    return digest.hexdigest()


def etags_digest(files: Iterable[File]) -> str:
    """Return a digest of which object each path has, by the ETags that S3 gave them."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        digest.update(f"{file.path}\0{file.etag}\0\n".encode())
    return digest.hexdigest()


_ADAPTER = TypeAdapter(Manifest)
_FILE = TypeAdapter(File)
_ROWS = b'"files":['


def to_json(manifest: Manifest) -> bytes:
    """Serialise a manifest as its one JSON document."""
    document = _ADAPTER.dump_json(replace(manifest, files=()))
    return with_rows(document, _ROWS, map(_FILE.dump_json, manifest.files))


def from_json(document: bytes, *, name: str) -> Manifest:
    """Read a manifest back.

    Args:
        document: The JSON document.
        name: Where it was read from, for the message.

    Raises:
        Failed: It is not a manifest, or its digest does not match its files.
    """
    try:
        manifest = _read(document)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Failed(
            f"{name} is not a manifest that crossfade wrote ({where}: {error.errors()[0]['msg']}): "
            "publish the release again under a new version"
        ) from error
    if manifest.format != FORMAT:
        raise Failed(
            f"{name} has form {manifest.format}, this crossfade reads form {FORMAT}: upgrade it"
        )
    for file in manifest.files:
        if problem := path_problem(file.path):
            raise Failed(
                f"{name} names {file.path!r}, which no release can hold ({problem}): somebody "
                "wrote it; restore that object's first version, or publish again"
            )
    if content_digest(manifest.files, manifest.entry_pages) != manifest.digest:
        raise Failed(
            f"{name} was changed after publishing (its digest does not match its files): "
            "restore that object's first version, or publish again under a new version"
        )
    return manifest


def _read(document: bytes) -> Manifest:
    shell, rows = apart(document, _ROWS)
    manifest = _ADAPTER.validate_json(shell)
    return replace(manifest, files=(*manifest.files, *map(_FILE.validate_json, rows)))
