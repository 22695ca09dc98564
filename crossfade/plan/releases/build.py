"""A release before it is published: its name, its entry pages, and whether it may be one.

How its files are served is decided in `crossfade.plan.releases.headers`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from crossfade.errors import BadInput
from crossfade.plan.base.globs import check_glob, matches
from crossfade.plan.base.paths import key_problem, path_problem
from crossfade.plan.base.words import count, size
from crossfade.plan.releases.content_hash import has_content_hash
from crossfade.plan.releases.headers import (
    Classification,
    HeaderRule,
    Served,
    cache_control,
    classify,
    content_type,
    encoding,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "LARGEST_FILE",
    "Classification",
    "HeaderRule",
    "Served",
    "age_order",
    "cache_control",
    "check",
    "check_component",
    "classify",
    "content_type",
    "encoding",
    "entry_pages",
    "has_content_hash",
]

LARGEST_FILE = 5 * 1024**3
"""Bytes that one CopyObject moves; a promote copies each file in one request."""

_COMPONENT = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_FEW = 3


def check_component(name: str) -> None:
    """Refuse a name that cannot be a part of keys and subjects.

    Both it and a version become parts of S3 keys, subjects in the journal and values of tags;
    tags take letters, digits, spaces and `+ - = . _ : / @` (Amazon S3 User Guide, "Object tags").

    Raises:
        BadInput: It is not 1 to 64 of a-z, 0-9, `.`, `_`, `-`, a letter or digit at both ends.
    """
    if not _COMPONENT.fullmatch(name):
        raise BadInput(
            f"{name!r} cannot name a component: use 1 to 64 of a-z, 0-9, `.`, `_` and `-`, with a "
            "letter or a digit at both ends"
        )


def age_order(published_at: str, version: str) -> tuple[object, ...]:
    """Return a key that sorts releases by age, the oldest first.

    S3's clock is told in whole seconds, so finer ones that two processes wrote need not be in
    order: releases of one second are sorted as people count versions, 1.9.0 before 1.10.0.

    Args:
        published_at: Instant of publishing, ISO 8601; "" for one that is not known.
        version: The version.
    """
    parts = re.findall(r"(\D*)(\d*)", version)
    second = int(datetime.fromisoformat(published_at).timestamp()) if published_at else 0
    return (second, [(text, int(digits or -1)) for text, digits in parts])


def entry_pages(paths: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that are entry pages, sorted; patterns as in `globs.matches`.

    Raises:
        BadInput: A pattern would match nothing.
    """
    for pattern in patterns:
        check_glob(pattern, setting="entry_pages")
    return tuple(sorted(p for p in paths if any(matches(p, pattern) for pattern in patterns)))


def check(sizes: Mapping[str, int], *, patterns: Sequence[str], prefix: str) -> None:
    """Refuse files that cannot be a release; the first problem is named, with its mend.

    Names that differ in case alone are let through: S3 and browsers tell them apart. Names that
    differ in Unicode normalisation alone are not: macOS, editors and users do not tell them apart.

    Args:
        sizes: Bytes of each file, by path.
        patterns: Globs of the entry pages.
        prefix: The longest prefix that the files will stand under in any bucket, such as
            `releases/web/1.4.2/`.

    Raises:
        BadInput: No files, no entry page, a path that S3 or a browser cannot hold, or a file that
            one request cannot copy.
    """
    if not sizes:
        raise BadInput("there are no files to publish: name the folder that holds the built site")
    paths = sorted(sizes)
    _check_each(sizes, paths, prefix)
    _check_together(paths)
    if not entry_pages(paths, patterns):
        raise BadInput(
            f"none of {count(len(paths), 'file')} matches entry_pages {list(patterns)}: "
            f"{_where_pages_may_be(paths, patterns)}"
        )


def _check_each(sizes: Mapping[str, int], paths: Sequence[str], prefix: str) -> None:
    for path in paths:
        problem = path_problem(path) or key_problem(path, prefix)
        if not problem and sizes[path] > LARGEST_FILE:
            problem = (
                f"it has {size(sizes[path])}, more than the {size(LARGEST_FILE)} that S3 copies "
                "in one request: split it, or serve it from elsewhere"
            )
        if problem:
            raise BadInput(f"{path!r} cannot be published: {problem}")


def _check_together(paths: Sequence[str]) -> None:
    files = frozenset(paths)
    normal: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for end in range(1, len(parts)):
            if (folder := "/".join(parts[:end])) in files:
                raise BadInput(
                    f"{folder!r} cannot be published: it is a file, and the folder of {path!r}: "
                    "rename one of them"
                )
        twin = normal.setdefault(unicodedata.normalize("NFC", path), path)
        if twin != path:
            raise BadInput(
                f"{path!r} cannot be published: {path!a} and {twin!a} are one name in two Unicode "
                "normalisations: keep one of them"
            )


def _where_pages_may_be(paths: Sequence[str], patterns: Sequence[str]) -> str:
    """Guess the mend: the build is one folder further in, or its pages have other names."""
    top = paths[0].partition("/")[0]
    inside = [path.partition("/")[2] for path in paths if path.startswith(f"{top}/")]
    if len(inside) == len(paths) and entry_pages(inside, patterns):
        return (
            f"all of them are in {top!r}: publish that folder, or pack its content instead of "
            "the folder itself"
        )
    pages = [path for path in paths if path.endswith((".html", ".htm"))][:_FEW]
    if pages:
        return f"name the pages in entry_pages; there are {', '.join(map(repr, pages))}"
    return "name the folder that holds the built site, or its pages in entry_pages"
