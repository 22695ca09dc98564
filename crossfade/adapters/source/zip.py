"""Zip archives: their members, and the bytes of those that are wanted."""

from __future__ import annotations

import stat
import struct
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.releases.archive import EntryKind, Member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_LONGEST_LINK = 4096
"""Bytes of a link's target that are read: Linux and macOS allow no longer path."""
_END = b"PK\5\6"
_STATED = 10
"""Where the record at an archive's end states the number of members, in two bytes."""
_MANY = 0xFFFF
"""Stated where the number is in the record for large archives instead."""
_LONGEST_TAIL = 22 + 0xFFFF
"""Bytes of that record with the longest comment."""
_ENCRYPTED = 0x1
_UTF8_NAMES = 0x800


@dataclass(frozen=True, slots=True)
class Zip:
    """A zip archive.

    Attributes:
        path: Where it lies.
        name: What the user calls it, for messages.
    """

    path: Path
    name: str

    def members(self) -> Iterator[Member]:
        """Read its list of members, in order, and require that it is whole."""
        with zipfile.ZipFile(self.path) as archive:
            for info in archive.infolist():
                yield self._member(archive, info)
            self._require_all(len(archive.infolist()))

    def streams(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes]]]:
        """Open one wanted member after the other; each is to be read before the next."""
        with zipfile.ZipFile(self.path) as archive:
            for index, info in enumerate(archive.infolist()):
                if index in wanted:
                    with archive.open(info) as stream:
                        yield index, stream

    def _member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
        name = self._name_of(info)
        if info.flag_bits & _ENCRYPTED:
            raise BadInput(
                f"{self.name} cannot be published because of {name!r}: it is encrypted: "
                "pack it again without a password"
            )
        kind = _kind(info)
        target = ""
        if kind is EntryKind.SYMLINK:
            with archive.open(info) as stream:
                target = stream.read(_LONGEST_LINK).decode("utf-8", "surrogateescape")
        return Member(name, kind, info.file_size if kind is EntryKind.FILE else 0, target)

    def _require_all(self, found: int) -> None:
        """Compare with the number that the archive itself states.

        zipfile does not, and takes a member whose header is damaged for another one's comment.
        """
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _LONGEST_TAIL))
            tail = file.read()
        (stated,) = struct.unpack_from("<H", tail, tail.rindex(_END) + _STATED)
        if stated not in {found & _MANY, _MANY}:
            raise zipfile.BadZipFile(f"it states {stated} members and {found} are found")

    def _name_of(self, info: zipfile.ZipInfo) -> str:
        # zipfile cuts `filename` at a NUL, and reads names without the flag as code page 437.
        name = info.orig_filename
        if info.flag_bits & _UTF8_NAMES or name.isascii():
            return name
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            raise BadInput(
                f"{self.name} cannot be published because of {name!r}: the archive does not say in "
                "which encoding its names are: pack it again with a tool that writes UTF-8 names, "
                "or as .tar.gz"
            ) from None


def _kind(info: zipfile.ZipInfo) -> EntryKind:
    """Tell by the Unix mode, where the packer recorded one, else by the name."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return EntryKind.SYMLINK
    if kind == stat.S_IFDIR or info.orig_filename.endswith("/"):
        return EntryKind.FOLDER
    return EntryKind.FILE if kind in {0, stat.S_IFREG} else EntryKind.OTHER
