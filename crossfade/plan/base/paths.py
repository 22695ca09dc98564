"""Paths of a release's files: what S3 and a browser can hold, and what nobody means to publish."""

from __future__ import annotations

import re

from crossfade.errors import BadInput

LONGEST_KEY = 1024
"""Bytes of an S3 key in UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects")."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"})
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
_MANIFEST = ".manifest.json"


def path_problem(path: str) -> str:
    """Return what keeps a path from being published, with the mend, or "" for nothing.

    The text continues a sentence that has named the path.
    """
    if _SURROGATES.search(path):
        return "its name is not valid UTF-8: rename it"
    if found := _NOT_TEXT.search(path):
        return f"its name holds the control character U+{ord(found[0]):04X}: rename it"
    if "\\" in path:
        return "its name holds a backslash, which browsers turn into a slash: rename it"
    if path.startswith("/"):
        return "it is an absolute path: paths start at the release's top"
    return _part_problem(path.split("/"))


def _part_problem(parts: list[str]) -> str:
    if "." in parts or ".." in parts:
        return "it has a part `.` or `..`, which browsers resolve away: write the path it leads to"
    if "" in parts:
        return "it has an empty part: a path is names with one slash between them"
    return ""


def archive_path_problem(path: str) -> str:
    """Like `path_problem`, for the name of an archive's member, which must stay inside it."""
    if _DRIVE.match(path):
        return "it starts with a drive letter: pack the folder's content by relative names"
    return path_problem(path)


def key_problem(path: str, prefix: str) -> str:
    """Return what keeps S3 from holding a path under a prefix, with the mend, or ""."""
    size = len((prefix + path).encode())
    if size > LONGEST_KEY:
        return (
            f"its key under {prefix!r} has {size} bytes and S3 holds {LONGEST_KEY}: "
            "shorten its name or its folders' names"
        )
    return ""


def is_litter(path: str) -> bool:
    """Whether a desktop left it there: `.DS_Store`, `Thumbs.db`, `desktop.ini`, `__MACOSX/`, `._x`.

    Such files are not part of a build. They are left out, and the user is told so.
    """
    parts = path.split("/")
    return not _LITTER.isdisjoint(parts) or parts[-1].startswith("._")


def is_checkout(path: str) -> bool:
    """Whether a path shows that a checkout was given instead of a build: it holds `.git`."""
    return ".git" in path.split("/")


def check_version(version: str) -> None:
    """Refuse a version that cannot be a part of keys and the value of a tag.

    Raises:
        BadInput: It is not 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `-`, `+` with a letter or digit
            first (so that no command takes it for an option), or ends like a manifest's key.
    """
    if not _VERSION.fullmatch(version):
        raise BadInput(
            f"{version!r} cannot be a version: use 1 to 128 of A-Z, a-z, 0-9, `.`, `_`, `-` and "
            "`+`, with a letter or a digit first"
        )
    if version.endswith(_MANIFEST):
        raise BadInput(
            f"{version!r} cannot be a version: a release's manifest ends in {_MANIFEST}, so "
            "choose another ending"
        )
