"""What CloudFront must forget after a change of a root.

Limits and matching rules: CloudFront Developer Guide, "Invalidate files" (3000 paths and 15
wildcards in progress for a distribution; paths URL-encoded; `/` and `/index.html` are two entries).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from crossfade.plan.sites.site import Invalidation

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PATHS = 100
"""Changed paths listed one by one; past it they are folded into wildcards. A month's first 1000
paths are free, and each wildcard counts as one."""

MOST_WILDCARDS = 10
"""Wildcards in one invalidation; CloudFront allows 15 in progress, two operations must fit."""

_UNRESERVED = "/-_.!$'()@:,;=+"
"""Characters that stay as they are in a path; `*` is encoded, since bare it is the wildcard."""

_REFUSED = "~"
"""CloudFront accepts no `~` in a path and matches none that is encoded, so what stands before it is
forgotten by a wildcard."""


def invalidation_paths(folder: str, changed: Iterable[str], mode: Invalidation) -> tuple[str, ...]:
    """Return the paths of one invalidation, or none when nothing changed.

    Args:
        folder: The component's folder under the root, "" or ending in `/`.
        changed: Changed paths under that folder.
        mode: `all` empties the folder; `changed` names what changed.
    """
    paths = sorted({f"/{folder}{path}" for path in changed})
    if not paths:
        return ()
    whole = (f"/{_encoded(folder)}*",)
    if mode is Invalidation.ALL:
        return whole
    listed = sorted({alias for path in paths for alias in _aliases(path)})
    plain = [path for path in listed if _REFUSED not in path]
    cut = sorted(
        {f"{_encoded(path.partition(_REFUSED)[0])}*" for path in listed if path not in plain}
    )
    if len(cut) > MOST_WILDCARDS:
        return whole
    if len(plain) <= MOST_PATHS:
        return (*cut, *(_encoded(path) for path in plain))
    folded = _folded(f"/{folder}", plain, room=MOST_WILDCARDS - len(cut))
    return (*cut, *folded) if folded else whole


def _aliases(path: str) -> tuple[str, ...]:
    """An index page is cached under its folder's address too."""
    if path.endswith("/index.html"):
        return (path, path.removesuffix("index.html"))
    return (path,)


def _folded(base: str, paths: list[str], *, room: int) -> tuple[str, ...]:
    """Fold paths into one wildcard for each sub-folder; single files stay as they are."""
    folders = {path[: path.index("/", len(base)) + 1] for path in paths if "/" in path[len(base) :]}
    files = [path for path in paths if "/" not in path[len(base) :]]
    if len(folders) > room or len(files) > MOST_PATHS:
        return ()
    wildcards = [f"{_encoded(folder)}*" for folder in sorted(folders)]
    return (*wildcards, *(_encoded(path) for path in files))


def _encoded(path: str) -> str:
    return quote(path, safe=_UNRESERVED)  # leaves `~`, which does not come here
