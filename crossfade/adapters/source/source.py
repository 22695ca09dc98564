"""Sources of releases: a folder, or an archive that lies here or in S3.

Everything is checked before the first file is handed on. What a release may consist of is decided
in `crossfade.plan.releases.build` and, for archives, in `crossfade.plan.releases.archive`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossfade.adapters.source.archive import SUFFIXES, unpacked
from crossfade.errors import BadInput
from crossfade.plan.base.paths import is_checkout, is_litter
from crossfade.plan.releases.archive import STANDARD_LIMITS, ArchiveLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that is to be published.

    Attributes:
        path: Its path in the release, with `/`, spelled as it was found.
        file: Where its bytes are; for an archive, only until the source is closed.
        size: Its bytes.
    """

    path: str
    file: Path
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a source holds.

    Attributes:
        files: The files, sorted by path.
        left_out: Paths that desktops left there (`.DS_Store` and the like), for the user to see.
    """

    files: tuple[LocalFile, ...]
    left_out: tuple[str, ...]


@contextmanager
def opened(
    source: str | Path,
    *,
    fetch: Callable[[str, Path], None],
    limits: ArchiveLimits = STANDARD_LIMITS,
) -> Iterator[Contents]:
    """Give the files of a source, for as long as the block runs.

    Symbolic links to files inside the source are followed, so that the file is there under both
    names; links that leave it, lead nowhere or to a folder are refused.

    Args:
        source: A folder, a .zip, .tar.gz, .tgz or .tar file, or the `s3://bucket/key` of one.
        fetch: Downloads an `s3://` address to a file.
        limits: What an archive may unpack to.

    Raises:
        BadInput: There is no such source, it cannot be read, or it holds what cannot be published.
        Failed: There is no room to unpack it.
    """
    name = str(source)
    remote = isinstance(source, str) and source.startswith(_S3)
    if not remote and name and Path(source).is_dir():
        yield _contents(_walk(Path(source)), name)
        return
    _check_archive(name, remote=remote)
    with tempfile.TemporaryDirectory(prefix="crossfade-") as folder:
        archive = Path(source)
        if remote:
            archive = Path(folder, "archive").with_suffix(_suffix(name))
            fetch(name, archive)
        into = Path(folder) / "files"
        into.mkdir()
        places = unpacked(archive, into, name=name, limits=limits)
        found = (LocalFile(path, file, size) for path, (file, size) in places.items())
        yield _contents(found, name)


def sha256(file: Path) -> str:
    """Return the hex digest of a file's bytes, read in pieces.

    Raises:
        BadInput: It cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(str(file), error) from error


def _check_archive(name: str, *, remote: bool) -> None:
    if not remote and "://" in name:
        raise BadInput(f"{name} cannot be fetched: give a folder, an archive, or an s3:// address")
    if not remote and not (name and Path(name).exists()):
        raise BadInput(f"there is no {name!r} to publish: give the folder of the built site")
    if not _suffix(name):
        raise BadInput(
            f"{name} is neither a folder nor an archive that crossfade unpacks: "
            f"give one that ends in {', '.join(SUFFIXES)}"
        )
    if not remote and not Path(name).is_file():
        raise BadInput(f"{name} is not a file: give a folder or an archive")


def _suffix(name: str) -> str:
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")


def _contents(found: Iterable[LocalFile], name: str) -> Contents:
    files: list[LocalFile] = []
    left_out: list[str] = []
    for file in found:
        if is_checkout(file.path):
            raise BadInput(
                f"{name} looks like a checkout and not like a build, since it holds "
                f"{file.path!r}: publish the folder that the build writes"
            )
        if is_litter(file.path):
            left_out.append(file.path)
        else:
            files.append(file)
    files.sort(key=lambda file: file.path)
    return Contents(tuple(files), tuple(sorted(left_out)))


def _walk(root: Path) -> Iterator[LocalFile]:
    """Find every file under a folder, in no order."""
    real = root.resolve()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{path}/")
                    else:
                        yield _found(entry, path, real)
        except OSError as error:
            raise _unreadable(str(root / prefix), error) from error


def _found(entry: os.DirEntry[str], path: str, root: Path) -> LocalFile:
    file = Path(entry.path)
    if entry.is_symlink():
        _check_link(file, path, root)
    status = entry.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(
            f"{path!r} cannot be published: it is a device, pipe or socket: leave it out"
        )
    if not os.access(file, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise BadInput(f"{path!r} cannot be read: give this user the right to read it")
    return LocalFile(path, file, status.st_size)


def _check_link(link: Path, path: str, root: Path) -> None:
    mend = ""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # Python before 3.13 raises RuntimeError for a loop
        mend = "leads nowhere: leave it out"
    else:
        if not target.is_relative_to(root):
            mend = f"leaves the folder, for {str(target)!r}: copy the file in"
        elif target.is_dir():
            mend = "leads to a folder: copy that folder in"
    if mend:
        raise BadInput(f"{path!r} cannot be published: it is a symbolic link that {mend}")


def _unreadable(name: str, error: OSError) -> BadInput:
    return BadInput(
        f"{name!r} cannot be read ({error.strerror}): "
        "check that it is there and that this user may read it"
    )
