"""Readiness: which sets may be released, and which versions wait for it.

A set counts as a whole: both platforms ready with the same version, configuration and commit, each
by the last word that it said about that version, and neither word too old. A word from before and
one from now never make a set, unless they say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, ClassVar

from crossfade.plan.base.platform import Platform
from crossfade.plan.journal.operation import STRICT
from crossfade.plan.tandem.pair import Both, Pair, shown_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

KEPT_ENDS = 20
"""How many versions that no longer wait are remembered, each with what became of it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """That one platform could run a version at once.

    Attributes:
        platform: The platform.
        version: The version.
        digest: The digest of its configuration; "" where nobody states one.
        at: When it was said.
        until: Until when it counts.
        artifact: What the platform runs for it, such as an image by its digest; "" where it finds
            that by the version.
        commit: The commit that it was built from, or "".
        by: Who said so.
    """

    platform: Platform
    version: str
    digest: str
    at: datetime
    until: datetime
    artifact: str = ""
    commit: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A version that somebody asked to release.

    Attributes:
        version: The version.
        at: When it was asked for first.
        until: Until when it waits for its set.
        by: Who asked.
        commit: The commit that it must be built from, or "".
        again: Why a version that was taken back may be released once more, or "".
        contains: Versions that it is said to contain: hotfixes that it ends.
    """

    version: str
    at: datetime
    until: datetime
    by: str = ""
    commit: str = ""
    again: str = ""
    contains: tuple[str, ...] = ()


TAKEN, SUPERSEDED, EXPIRED = "taken", "superseded", "expired"
"""What becomes of a version that waits."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a version that waited.

    Attributes:
        version: The version.
        asked_at: When it was asked for.
        how: `taken`, `superseded` or `expired`.
        by: The operation that released it, or the version that superseded it, or "".
        at: When.
    """

    version: str
    asked_at: datetime
    how: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Inbox:
    """What was reported and asked: the state of a tandem's second subject, which is never open.

    Attributes:
        ready: What was reported, the last word of each platform about each version.
        wishes: The versions that wait, oldest first.
        ended: Those that no longer wait, oldest first.
    """

    __pydantic_config__: ClassVar = STRICT

    ready: tuple[Readiness, ...] = ()
    wishes: tuple[Wish, ...] = ()
    ended: tuple[Ended, ...] = ()

    def wish(self, version: str) -> Wish | None:
        """Return the wish for a version, or None where it does not wait."""
        return next((one for one in self.wishes if one.version == version), None)


@dataclass(frozen=True, slots=True)
class ReadySet:
    """Both platforms, ready for the same."""

    sides: Both[Readiness]

    @property
    def pair(self) -> Pair:
        """What both will run."""
        one, other = self.sides.legacy, self.sides.new
        return Pair(one.version, one.digest, one.commit or other.commit)


def reported(inbox: Inbox, one: Readiness, now: datetime) -> Inbox:
    """Return the inbox with a platform's newest word about a version; it replaces the one before.

    What is too old to count is forgotten.
    """
    others = (
        there
        for there in inbox.ready
        if (there.platform, there.version) != (one.platform, one.version) and there.until > now
    )
    return replace(inbox, ready=(*others, one))


def asked(inbox: Inbox, wish: Wish) -> Inbox:
    """Return the inbox with a wish; who asks again keeps the place, and waits as long as it says.

    What was said before and is not said now stays said: the reason for a version that was taken
    back, and what it contains.
    """
    there = inbox.wish(wish.version)
    if there is None:
        return replace(inbox, wishes=(*inbox.wishes, wish))
    kept = replace(
        there,
        until=max(there.until, wish.until),
        commit=wish.commit or there.commit,
        again=wish.again or there.again,
        contains=wish.contains or there.contains,
    )
    wishes = tuple(kept if one is there else one for one in inbox.wishes)
    return replace(inbox, wishes=wishes)


def taken(inbox: Inbox, version: str, operation: str, now: datetime) -> Inbox:
    """Return the inbox after a version was taken: those asked for before it are superseded.

    A version that does not wait changes nothing: it was taken already.
    """
    wish = inbox.wish(version)
    if wish is None:
        return inbox
    place = inbox.wishes.index(wish)
    older = [Ended(one.version, one.at, SUPERSEDED, version, now) for one in inbox.wishes[:place]]
    ended = (*inbox.ended, *older, Ended(version, wish.at, TAKEN, operation, now))
    return replace(inbox, wishes=inbox.wishes[place + 1 :], ended=ended[-KEPT_ENDS:])


def expired(inbox: Inbox, now: datetime) -> Inbox:
    """Return the inbox without the versions that waited for as long as they were to."""
    over = [one for one in inbox.wishes if one.until <= now]
    if not over:
        return inbox
    ended = (*inbox.ended, *(Ended(one.version, one.at, EXPIRED, "", now) for one in over))
    wishes = tuple(one for one in inbox.wishes if one not in over)
    return replace(inbox, wishes=wishes, ended=ended[-KEPT_ENDS:])


def last_end(inbox: Inbox, version: str) -> Ended | None:
    """Return what became of a version when it last waited, or None where that is not known."""
    return next((one for one in reversed(inbox.ended) if one.version == version), None)


def ready_set(
    ready: Iterable[Readiness], version: str, now: datetime, *, commit: str = ""
) -> ReadySet | str:
    """Return the set of a version, or what it lacks.

    Args:
        ready: The last word of each platform about each version.
        version: The version.
        now: The present time.
        commit: The commit that it must be built from; "" for any that both name alike.
    """
    words = {one.platform: one for one in ready if one.version == version}
    lacking = [str(platform) for platform in Platform if platform not in words]
    if lacking:
        return f"{' and '.join(lacking)} not ready with {version}"
    old = [one for one in words.values() if one.until <= now]
    if old:
        return "; ".join(f"what {one.platform} said of {version} at {one.at:%H:%M} UTC is too old"
                         for one in old)  # fmt: skip
    sides = Both(words[Platform.LEGACY], words[Platform.NEW])
    return _unlike(sides, version, commit) or ReadySet(sides)


def _unlike(sides: Both[Readiness], version: str, commit: str) -> str:
    """Say in what the platforms' words differ, or ""."""
    one, other = sides.legacy, sides.new
    if one.digest != other.digest:
        named = (f"{side.platform} with {shown_digest(side.digest) or 'none'}" for side in
                 (one, other))  # fmt: skip
        return f"{version} is ready with two configurations: {' and '.join(named)}"
    commits = sorted({one.commit, other.commit, commit} - {""})
    if len(commits) > 1:
        return f"{version} is ready from two commits: {' and '.join(commits)}"
    return ""
