"""The caching rules of the edge: how long an answer is kept, which paths an invalidation names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the edge treats what it serves.

    Attributes:
        default_root_object: The key, under the prefix, that `/` stands for.
        default_ttl: Seconds that answers without max-age are kept; above 0 it stands for a
            distribution that caches pages on its own.
        minimum_ttl: Seconds that every answer is kept, `no-cache` or not, as CloudFront does.
        spa_fallback: Whether missing paths are answered with the root object and status 200: the
            setting that turns a missing script into a page.
    """

    default_root_object: str = "index.html"
    default_ttl: float = 0
    minimum_ttl: float = 0
    spa_fallback: bool = False


def time_to_live(cache_control: str, behaviour: Behaviour) -> float:
    """Return for how many seconds an answer is kept, as CloudFront decides it."""
    directives = cache_control.lower().replace(" ", "").split(",")
    if any(word in directives for word in ("no-store", "no-cache", "private")):
        return behaviour.minimum_ttl
    for name in ("s-maxage", "max-age"):
        for directive in directives:
            stated = re.fullmatch(rf"{name}=(\d+)", directive)
            if stated:
                return max(int(stated[1]), behaviour.minimum_ttl)
    return max(behaviour.default_ttl, behaviour.minimum_ttl)


def covers(paths: Sequence[str], path: str) -> bool:
    """Whether an invalidation's paths name a path, or a wildcard at the end of one does."""
    return any(
        path.startswith(canonical(named[:-1])) if named.endswith("*") else path == canonical(named)
        for named in paths
    )


def canonical(path: str) -> str:
    """Spell what was encoded in one way, and encode nothing that came plain but must be encoded.

    `%c3%a9`, `%C3%A9` and a raw `é` are one entry; `~` and `%7E` stay two, as with CloudFront.
    """
    upper = re.sub(r"%[0-9a-fA-F]{2}", lambda match: match[0].upper(), path)
    return quote(upper, safe="/%~!$&'()*+,;=:@?#[]-._")
