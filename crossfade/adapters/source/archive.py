"""Archives: unpacked into files, after all of their members were checked.

An archive is read twice: first every header, to decide on the whole of it, then the bytes. Each
file is written under a number of ours, never under its own name.
"""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from crossfade.adapters.source.tar import Tar
from crossfade.adapters.source.zip import Zip
from crossfade.errors import BadInput, Failed
from crossfade.plan.releases.archive import ArchiveLimits, layout, within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = (".zip", ".tar.gz", ".tgz", ".tar")
"""Suffixes of what can be unpacked, lower case."""

_PIECE = 256 * 1024
_UNREADABLE = (
    OSError,
    EOFError,
    NotImplementedError,
    RecursionError,
    UnicodeDecodeError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the readers raise on archives that are cut short, damaged or of a kind they do not know."""


def unpacked(
    archive: Path, into: Path, *, name: str, limits: ArchiveLimits
) -> dict[str, tuple[Path, int]]:
    """Unpack an archive and return, for each path in it, the file with its bytes and their number.

    Args:
        archive: The archive; its suffix says what it is.
        into: An empty folder.
        name: What the user calls the archive, for messages.
        limits: What it may unpack to.

    Raises:
        BadInput: It is damaged, exceeds a limit, or holds what cannot be published; nothing was
            written, unless the damage is within a file's bytes.
        Failed: There is no room for the files.
    """
    packed = archive.stat().st_size
    reader = _reader(archive, name)
    with _readable(name):
        members = tuple(within(reader.members(), limits, packed=packed, name=name))
        places = layout(members, name=name)
        for index, stream in reader.streams(frozenset(places.values())):
            size = _write(stream, into / str(index), name=name)
            if size != members[index].size:
                raise BadInput(
                    f"{name} is damaged: {members[index].name!r} has {size} bytes and not "
                    f"{members[index].size}: pack it again"
                )
    return {path: (into / str(index), members[index].size) for path, index in places.items()}


def _reader(archive: Path, name: str) -> Zip | Tar:
    suffix = archive.name.lower()
    if suffix.endswith(".zip"):
        return Zip(archive, name)
    return Tar(archive, compressed=not suffix.endswith(".tar"))


def _write(stream: IO[bytes], target: Path, *, name: str) -> int:
    size = 0
    with _room(target, name):
        out = target.open("xb")
    with out:
        while piece := stream.read(_PIECE):
            with _room(target, name):
                size += out.write(piece)
        with _room(target, name):
            out.flush()
    return size


@contextmanager
def _room(target: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failed(
            f"{name} could not be unpacked into {target.parent} ({error.strerror}): "
            "make room, or set TMPDIR to a folder that has some"
        ) from error


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise BadInput(
            f"{name} cannot be read as an archive ({error}): it is cut short, damaged or not what "
            "its suffix says, so pack or fetch it again"
        ) from error
