"""What answers tell of a version, and one word for what several of them tell."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from crossfade.errors import Failed
from crossfade.plan.base.words import count
from crossfade.plan.tandem.pair import Seen, shown_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

Told = tuple[str, str]
"""A version and the digest of its configuration; "" where that is not told."""

LONGEST = 256
"""Characters of a version or a digest."""


def told_by(body: bytes, pointers: tuple[str, str], *, where: str) -> Told:
    """Return what an answer tells.

    Args:
        body: The answer.
        pointers: JSON pointers to the version and to the configuration's digest; "" for the whole
            answer as text, and for a configuration that is not told.
        where: What answered, for messages.

    Raises:
        Failed: It is no JSON, or has nothing there.
    """
    version, configuration = pointers
    if not version:
        return _text(body.decode("utf-8", "replace").strip(), where, "the answer"), ""
    try:
        document: Any = json.loads(body)
    except ValueError as error:
        raise Failed(f"{where} does not answer with JSON") from error
    found = _text(pointed(document, version, where), where, version)
    digest = _text(pointed(document, configuration, where), where, configuration)
    return found, digest if configuration else ""


def pointed(document: Any, pointer: str, where: str) -> object:  # noqa: ANN401  any JSON
    """Return what a JSON pointer (RFC 6901) points to.

    Raises:
        Failed: There is nothing.
    """
    if not pointer:
        return "-"
    found = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            raise Failed(f"{where} answers without {pointer}")
    return found


def _text(found: object, where: str, what: str) -> str:
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found or len(found) > LONGEST or not found.isprintable():
        raise Failed(f"{where} answers {what} with something that is no version: {found!r:.80}")
    return found


def seen_by(answers: Iterable[Told]) -> Seen:
    """Return what some answers tell together."""
    counted = Counter(answers)
    hosts = sum(counted.values())
    if not hosts:
        return Seen(unread="nothing is there that could tell")
    if len(counted) > 1:
        parts = (f"{_shown(told)} on {number}" for told, number in sorted(counted.items()))
        return Seen(hosts=hosts, mixed=f"{', '.join(parts)} of {count(hosts, 'answer')}")
    ((version, digest),) = counted
    return Seen(version, digest, hosts)


def _shown(told: Told) -> str:
    version, digest = told
    return f"{version} ({shown_digest(digest)})" if digest else version or "no version"
