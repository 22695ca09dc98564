"""Where a tandem stands: what its subject's head says, and how one state follows another.

*In tandem* is said only while nothing is open, nothing diverges, and both were seen to run the
pair; the words carry the time of that look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, ClassVar

from crossfade.plan.base.platform import Platform  # noqa: TC001  pydantic, as above
from crossfade.plan.journal.operation import STRICT, Direction
from crossfade.plan.tandem.pair import Both, Observation, Pair, Seen, differences, differs

if TYPE_CHECKING:
    from crossfade.plan.journal.head import Open

SOMEBODY = "somebody else"
"""Who made a divergence that no operation of the journal did."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """That the platforms run different versions or configurations.

    Attributes:
        since: Since when, as far as is known.
        by: The operation that did it, or `somebody else`.
        what: What differs, a sentence for each platform that does.
        why: The reason of a hotfix, or what stopped a release.
        only: The platform that a hotfix is on; None for what nobody meant.
        version: The version of the hotfix, or "".
        until: Until when the hotfix is meant to last, or None.
    """

    since: datetime
    by: str
    what: tuple[str, ...]
    why: str = ""
    only: Platform | None = None
    version: str = ""
    until: datetime | None = None

    @property
    def meant(self) -> bool:
        """Whether it is a hotfix."""
        return self.only is not None

    def overdue(self, now: datetime) -> bool:
        """Whether it is a hotfix that has lasted longer than it was to."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Bad:
    """A version that was taken back: no automation releases it again until a person says so."""

    version: str
    at: datetime
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tandem stands: the state of its subject in the journal.

    Attributes:
        pair: What both are meant to run; None before the first release.
        since: When both were first seen to run it.
        checkpoint: The operation whose checkpoint it can return to; "" for none.
        observed: What both were last seen to run.
        diverged: How they differ, or None.
        bad: Versions that were taken back.
    """

    __pydantic_config__: ClassVar = STRICT

    pair: Pair | None = None
    since: datetime | None = None
    checkpoint: str = ""
    observed: Observation | None = None
    diverged: Divergence | None = None
    bad: tuple[Bad, ...] = ()

    def bad_of(self, version: str) -> Bad | None:
        """Return why a version is not released again, or None where nothing is known against it."""
        return next((one for one in self.bad if one.version == version), None)


def released(standing: Standing, pair: Pair, operation: str, seen: Observation) -> Standing:
    """Return the standing after both were seen to run a pair that an operation brought."""
    return replace(
        standing,
        pair=pair,
        since=seen.at,
        checkpoint=operation,
        observed=seen,
        diverged=None,
        bad=tuple(one for one in standing.bad if one.version != pair.version),
    )


def hotfixed(standing: Standing, fix: Divergence, seen: Observation) -> Standing:
    """Return the standing after a hotfix to one platform; the pair stays what both return to."""
    return replace(
        standing,
        checkpoint=fix.by,
        observed=seen,
        diverged=fix,
        bad=tuple(one for one in standing.bad if one.version != fix.version),
    )


def returned(to: Standing, bad: Bad | None, seen: Observation, by: str) -> Standing:
    """Return the standing after a way back.

    Args:
        to: The standing that was returned to, as it was then.
        bad: The version that was taken back; None where it is known already, or none was.
        seen: What both run now.
        by: The operation that went back.
    """
    others = tuple(one for one in to.bad if bad is None or one.version != bad.version)
    stands = replace(to, observed=seen, bad=(*others, bad) if bad else others)
    if to.diverged is not None and to.diverged.meant and not strays(to, seen.seen):
        return stands  # a hotfix was there before, and is again
    return observed(replace(stands, diverged=None), seen, by=by, why=bad.why if bad else "")


def observed(
    standing: Standing, seen: Observation, *, by: str = SOMEBODY, why: str = ""
) -> Standing:
    """Return the standing after what was seen: what differs is diverged, until it is alike.

    A hotfix stays what it is: it ends by a release that contains it, or by going back.
    """
    there = standing.diverged
    told = differences(standing.pair, seen.seen)
    if there is not None and there.meant:
        return replace(standing, observed=seen)
    if not told:
        since = standing.since if standing.since and there is None else seen.at
        return replace(standing, observed=seen, diverged=None, since=since)
    if there is not None:
        return replace(standing, observed=seen, diverged=replace(there, what=told))
    return replace(standing, observed=seen, diverged=Divergence(seen.at, by, told, why))


def strays(standing: Standing, seen: Both[Seen]) -> tuple[str, ...]:
    """Say how what was seen differs from what a standing means, its hotfix included."""
    fix, pair = standing.diverged, standing.pair
    if fix is None or fix.only is None or pair is None:
        return differences(pair, seen)
    meant = Both(pair, pair).changed(fix.only, Pair(fix.version))
    compared = ((platform, differs(meant.of(platform), one)) for platform, one in seen.items())
    return tuple(f"{platform} {how}" for platform, how in compared if how)


def looked(standing: Standing, seen: Observation) -> Standing:
    """Return the standing after a mere look; one that could not see both says nothing."""
    if any(one.unread for _, one in seen.seen.items()):
        return standing
    return observed(standing, seen)


def same_news(one: Standing, other: Standing) -> bool:
    """Whether two standings tell the same, whenever it was seen."""
    plain = (replace(there, observed=None, since=None) for there in (one, other))
    return len({repr(there) for there in plain}) == 1


IN_TANDEM, DIVERGED, RELEASING, RETURNING, UNKNOWN = (
    "in tandem",
    "diverged",
    "releasing",
    "returning",
    "unknown",
)
"""How a tandem can stand."""


def word_of(standing: Standing, there: Open | None) -> str:
    """Return how a tandem stands.

    Args:
        standing: The state of its head.
        there: The operation that is open on it, or None.
    """
    if there is not None:
        if there.trouble:
            return DIVERGED
        return RETURNING if _goes_back(there) else RELEASING
    if standing.diverged is not None:
        return DIVERGED
    return IN_TANDEM if standing.pair is not None else UNKNOWN


def _goes_back(there: Open) -> bool:
    return there.direction is Direction.BACK or there.kind in {"back", "reverse"}
