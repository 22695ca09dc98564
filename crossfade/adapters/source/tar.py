"""Tar archives, plain or with gzip: their members, and the bytes of those that are wanted."""

from __future__ import annotations

import gzip
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from crossfade.plan.releases.archive import EntryKind, Member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_LONGEST_READ = 1024 * 1024
"""Bytes that tarfile may ask for at once: it reads name records whole, whatever size they claim."""
_LONGEST_PADDING = 16 * 1024 * 1024
"""Zeros behind the end of an archive: packers fill their last record, of up to 1 MiB."""
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Tar:
    """A tar archive.

    Attributes:
        path: Where it lies.
        compressed: Whether it is one with gzip.
    """

    path: Path
    compressed: bool

    def members(self) -> Iterator[Member]:
        """Read all headers, in order."""
        for _, info in self._headers():
            kind = _kind(info)
            yield Member(info.name, kind, info.size if kind is EntryKind.FILE else 0, info.linkname)

    def streams(self, wanted: Collection[int]) -> Iterator[tuple[int, IO[bytes]]]:
        """Open one wanted member after the other; each is to be read before the next."""
        for index, (archive, info) in enumerate(self._headers()):
            if index in wanted and (stream := archive.extractfile(info)) is not None:
                yield index, stream

    def _headers(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        """Read header by header, in constant memory, and require the archive's proper end."""
        with gzip.open(self.path) if self.compressed else self.path.open("rb") as file:
            tape = _Tape(cast("IO[bytes]", file))
            source = cast("IO[bytes]", tape)
            with _numbers():
                archive = tarfile.open(fileobj=source, mode="r:", encoding="utf-8")  # noqa: SIM115
            with archive:
                while (info := _next(archive)) is not None:
                    yield archive, info
                    archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
            tape.require_end()


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _numbers():
        return archive.next()


@contextmanager
def _numbers() -> Iterator[None]:
    """Call a header damaged whose numbers are none: tarfile takes those of sparse files as is."""
    try:
        yield
    except (ValueError, IndexError, OverflowError) as error:
        raise tarfile.ReadError(f"a header holds what is no number: {error}") from error


def _kind(info: tarfile.TarInfo) -> EntryKind:
    if info.isreg():
        return EntryKind.FILE
    if info.isdir():
        return EntryKind.FOLDER
    if info.issym():
        return EntryKind.SYMLINK
    return EntryKind.HARDLINK if info.islnk() else EntryKind.OTHER


class _Tape:
    """The bytes of a tar archive, as tarfile reads them.

    tarfile takes a missing end and a damaged header for the end of the archive, and would drop
    what comes after in silence. So the last block that it looked at is kept: at a proper end it
    is one of zeros, and so is the rest. Reading on to there also proves gzip's checksum.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._last = b""

    def read(self, size: int) -> bytes:
        if size > _LONGEST_READ:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        self._last = self._file.read(size)
        return self._last

    def seek(self, offset: int) -> int:
        try:
            return self._file.seek(offset)
        except (ValueError, OverflowError) as error:
            raise tarfile.ReadError(f"a header points to byte {offset}") from error

    def tell(self) -> int:
        return self._file.tell()

    def require_end(self) -> None:
        if len(self._last) != tarfile.BLOCKSIZE or any(self._last):
            raise tarfile.ReadError("it does not end as a tar archive does")
        padding = 0
        while rest := self._file.read(_PIECE):
            padding += len(rest)
            if rest.strip(b"\0") or padding > _LONGEST_PADDING:
                raise tarfile.ReadError("there is more behind its end")
