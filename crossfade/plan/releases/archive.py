"""What an archive's members would put where, decided before any of them is written.

Members are never written under their own names, and links are never made: each path is told which
member's bytes it has. So nothing in an archive can reach outside, whatever a file system does.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.paths import archive_path_problem
from crossfade.plan.base.words import size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_RATIO_MATTERS_FROM = 100 * 1024**2
"""Unpacked bytes from which the ratio is looked at: less does no harm, however well it packs."""


class EntryKind(StrEnum):
    """What a member is; the values are words for a message."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    OTHER = "device, pipe or socket"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive, as its header says.

    Attributes:
        name: Its path, as written.
        kind: What it is.
        size: Bytes that it unpacks to.
        target: Of a link, where it leads, as written.
    """

    name: str
    kind: EntryKind
    size: int = 0
    target: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may unpack to, against those that are made to fill a disk.

    Attributes:
        total: Bytes of all files together.
        members: Entries, folders and links included.
        ratio: Unpacked bytes for each byte of the archive, from 100 MiB unpacked on. Scripts and
            styles pack 3 to 10 times; a file of zeros packs 1000 times.
    """

    total: int = 20 * 1024**3
    members: int = 200_000
    ratio: int = 200


STANDARD_LIMITS = ArchiveLimits()


def within(
    members: Iterable[Member], limits: ArchiveLimits, *, packed: int, name: str
) -> Iterator[Member]:
    """Pass members on, until they exceed a limit.

    Args:
        members: The members, read one by one: none is read after the one that exceeds.
        limits: The limits.
        packed: Bytes of the archive.
        name: The archive, for the message.

    Raises:
        BadInput: A limit is exceeded.
    """
    total = 0
    for count, member in enumerate(members, start=1):
        total += member.size
        problem = ""
        if count > limits.members:
            problem = f"one member more than {limits.members}"
        elif total > limits.total:
            problem = f"more to unpack than {size(limits.total)}"
        elif total > max(limits.ratio * packed, _RATIO_MATTERS_FROM):
            problem = f"more to unpack than {limits.ratio} times its {size(packed)}"
        if problem:
            raise BadInput(
                f"{name} cannot be published because of {member.name!r}: with it, there is "
                f"{problem}: check how it was made, or publish the folder instead"
            )
        yield member


def layout(members: Sequence[Member], *, name: str) -> dict[str, int]:
    """Return, for each path of a release, the index of the member whose bytes it has.

    Links to files inside the archive are followed, so that the file is there under both names.
    Links to folders are refused. One `./` before a name is dropped, since `tar -C dist .` writes
    it. A folder around everything is not: the user decides what the top is.

    Args:
        members: All members, in the archive's order.
        name: The archive, for messages.

    Raises:
        BadInput: A member is no file, folder or link, leaves the archive, is there twice, or is a
            link that leads nowhere.
    """
    inside: dict[str, int] = {}
    for index, member in enumerate(members):
        path = _path(member, name)
        if member.kind is EntryKind.FOLDER:
            continue
        if path in inside:
            raise _refused(name, member, "it is there twice: pack again, from an empty archive")
        inside[path] = index
    return {
        path: _followed(path, members=members, inside=inside, name=name) for path in sorted(inside)
    }


def _path(member: Member, name: str) -> str:
    path = member.name.removeprefix("./")
    if member.kind is EntryKind.FOLDER:
        path = path.rstrip("/")
        if path in {"", "."} and member.name.startswith("."):
            return ""
    if member.kind is EntryKind.OTHER:
        raise _refused(name, member, f"it is a {member.kind}: leave it out")
    if problem := archive_path_problem(path):
        raise _refused(name, member, problem)
    return path


def _followed(path: str, *, members: Sequence[Member], inside: Mapping[str, int], name: str) -> int:
    """Follow links from a path to the member that has the bytes."""
    first = members[inside[path]]
    visited: set[str] = set()
    while path not in visited:
        visited.add(path)
        member = members[inside[path]]
        if member.kind is EntryKind.FILE:
            return inside[path]
        path = _target(path, member)
        if path not in inside:
            raise _refused(name, first, _why_not_followed(path, member, inside))
    raise _refused(name, first, "it is a link that leads back to itself: leave it out")


def _target(path: str, member: Member) -> str:
    base = posixpath.dirname(path) if member.kind is EntryKind.SYMLINK else ""
    return posixpath.normpath(posixpath.join(base, member.target))


def _why_not_followed(target: str, link: Member, inside: Mapping[str, int]) -> str:
    if target.startswith(("/", "../")) or target == "..":
        return f"it is a {link.kind} to {link.target!r}, outside the archive: pack the file itself"
    if target == "." or any(path.startswith(f"{target}/") for path in inside):
        return f"it is a {link.kind} to the folder {link.target!r}: pack the folder's files"
    return f"it is a {link.kind} to {link.target!r}, which is not a file there: leave it out"


def _refused(name: str, member: Member, why: str) -> BadInput:
    return BadInput(f"{name} cannot be published because of {member.name!r}: {why}")
