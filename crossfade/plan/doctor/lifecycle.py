"""Lifecycle rules of a bucket that would take away what a site, a release or a checkpoint needs.

Meaning of the rules: Amazon S3 User Guide, "Lifecycle configuration elements" and "Filtering".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.base.finding import Finding, Level, ok
from crossfade.plan.base.words import count
from crossfade.plan.doctor.places import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crossfade.plan.doctor.places import Place

CHECK = "lifecycle"

OUR_TAGS = frozenset(
    {
        "crossfade",
        "component",
        "version",
        "commit",
        "digest",
        "files",
        "bytes",
        "published-at",
    }
)
"""Tags that crossfade sets; a rule for objects with any other tag concerns none of its own."""

ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes that neither CloudFront nor a copy can read until the object is restored."""

WRITES_PER_CHANGE = 2
"""Versions of one path that a change may add: one there, and one when it is taken back."""

SETTLED_DAYS = 7
"""Days for which an operation may stay open and must still find the versions it began with."""

_LOST = {
    PlaceKind.JOURNAL: "checkpoints and history are lost",
    PlaceKind.RELEASES: "releases are lost, live ones among them",
    PlaceKind.ROOT: "the live site loses files",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a lifecycle configuration that is turned on.

    Attributes:
        name: Its id.
        prefix: Keys that it concerns begin with this; "" for all.
        tags: Names of the tags that an object must have.
        expires: When it deletes present objects, in words such as `after 30 days`; "" for never.
        archives: When and where it moves present objects out of reach, in words; "" for never.
        noncurrent_days: Days after which it deletes versions that are no longer present; None for
            never.
        noncurrent_kept: How many of the newest of those stay whatever their age.
        noncurrent_archives: When and where it moves such versions out of reach; "" for never.
    """

    name: str
    prefix: str = ""
    tags: frozenset[str] = frozenset()
    expires: str = ""
    archives: str = ""
    noncurrent_days: int | None = None
    noncurrent_kept: int = 0
    noncurrent_archives: str = ""


def examine_lifecycle(
    rules: Sequence[Rule], place: Place, *, checkpoints: int
) -> Iterator[Finding]:
    """Find the rules that take away what is needed at a place.

    Args:
        rules: The bucket's rules that are turned on.
        place: The journal, the releases or a root, in that bucket.
        checkpoints: How many changes of a site must stay reversible.
    """
    found = [
        finding
        for rule in rules
        if _touches(rule, place)
        for finding in (*_present(rule, place), *_noncurrent(rule, place, checkpoints))
    ]
    if not found:
        none = f"none of {count(len(rules), 'rule')}" if rules else "no rule"
        yield ok(CHECK, place.url, f"{none} takes away what is needed")
    yield from found


def _touches(rule: Rule, place: Place) -> bool:
    apart = not (place.prefix.startswith(rule.prefix) or rule.prefix.startswith(place.prefix))
    return not apart and rule.tags <= OUR_TAGS


def _level(rule: Rule, place: Place) -> Level:
    """A rule for the whole place is a problem; one for a part of it may concern nothing of ours."""
    return Level.PROBLEM if place.prefix.startswith(rule.prefix) else Level.WARNING


def _present(rule: Rule, place: Place) -> Iterator[Finding]:
    where = f"rule {rule.name!r} ({f'keys under {rule.prefix}' if rule.prefix else 'every key'})"
    level, lost = _level(rule, place), _LOST[place.kind]
    if rule.expires:
        yield Finding(
            level,
            CHECK,
            place.url,
            f"{where} deletes present objects {rule.expires}: {lost}",
            f"take the rule away or keep it off {place.prefix or 'this bucket'}; "
            "`crossfade purge` deletes what is no longer needed",
        )
    if rule.archives:
        yield Finding(
            level,
            CHECK,
            place.url,
            f"{where} moves present objects to {rule.archives}, where they cannot be read: {lost}",
            f"take the transition away or keep it off {place.prefix or 'this bucket'}",
        )


def _noncurrent(rule: Rule, place: Place, checkpoints: int) -> Iterator[Finding]:
    if place.kind is PlaceKind.JOURNAL:  # its documents are read as they are now
        return
    enough = WRITES_PER_CHANGE * checkpoints
    if rule.noncurrent_days is not None and rule.noncurrent_kept < enough:
        brief = rule.noncurrent_days < SETTLED_DAYS
        yield Finding(
            _level(rule, place) if brief else Level.WARNING,
            CHECK,
            place.url,
            f"rule {rule.name!r} deletes earlier versions "
            f"{count(rule.noncurrent_days, 'day')} after they were replaced: an older checkpoint "
            "cannot be restored, nor an older purge reversed",
            f"keep at least {enough} newer versions in that rule, or take it away and let "
            "`crossfade purge --versions` delete what no checkpoint needs",
        )
    if rule.noncurrent_archives:
        yield Finding(
            Level.WARNING,
            CHECK,
            place.url,
            f"rule {rule.name!r} moves earlier versions to {rule.noncurrent_archives}, from where "
            "a checkpoint cannot be restored",
            "take the transition of noncurrent versions away",
        )
