"""The decision: which of the versions that wait is released now, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossfade.plan.tandem.ready import ReadySet, ready_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crossfade.plan.tandem.ready import Inbox, Readiness, Wish
    from crossfade.plan.tandem.standing import Standing


@dataclass(frozen=True, slots=True)
class Take:
    """Release a version now.

    Attributes:
        wish: Who asked for it.
        ready: Both platforms' words: the set that is released.
        superseded: Versions that were asked for before it and end with it.
    """

    wish: Wish
    ready: ReadySet
    superseded: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in a line."""
        older = f", instead of {', '.join(self.superseded)}" if self.superseded else ""
        return f"both platforms are ready with {self.ready.pair}{older}"


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing that waits can be released now.

    Attributes:
        reasons: What each version waits for.
    """

    reasons: tuple[tuple[str, str], ...]

    @property
    def reason(self) -> str:
        """Why, in a line."""
        return "; ".join(why for _, why in self.reasons)

    def of(self, version: str) -> str:
        """Return what one version waits for, or "" where it does not wait."""
        return dict(self.reasons).get(version, "")


@dataclass(frozen=True, slots=True)
class Nothing:
    """No version waits."""

    reason: str = "no version waits"


Decision = Take | Waits | Nothing


def decide(inbox: Inbox, ready: Sequence[Readiness], standing: Standing, now: datetime) -> Decision:
    """Decide which version is released next: of those whose set is complete, the newest wish.

    Args:
        inbox: What was asked.
        ready: The last word of each platform about each version, reported or prepared.
        standing: Where the tandem stands.
        now: The present time.
    """
    waits: list[tuple[str, str]] = []
    takes: list[tuple[Wish, ReadySet]] = []
    for wish in inbox.wishes:
        found = _allowed(wish, ready, standing, now)
        if isinstance(found, ReadySet):
            takes.append((wish, found))
        else:
            waits.append((wish.version, found))
    if takes:
        wish, chosen = takes[-1]
        older = inbox.wishes[: inbox.wishes.index(wish)]
        return Take(wish, chosen, tuple(one.version for one in older))
    return Waits(tuple(waits)) if waits else Nothing()


def _allowed(
    wish: Wish, ready: Iterable[Readiness], standing: Standing, now: datetime
) -> ReadySet | str:
    return (
        refusal(standing, wish.version, again=wish.again, contains=wish.contains)
        or _over(wish, now)
        or ready_set(ready, wish.version, now, commit=wish.commit)
    )


def _over(wish: Wish, now: datetime) -> str:
    return f"{wish.version} waited until {wish.until:%H:%M} UTC" if wish.until <= now else ""


def refusal(
    standing: Standing, version: str, *, again: str = "", contains: Sequence[str] = ()
) -> str:
    """Say why a version may not be released, with the way out; "" if it may.

    Args:
        standing: Where the tandem stands.
        version: The version.
        again: Why one that was taken back may be released once more.
        contains: Versions that it is said to contain.
    """
    bad = standing.bad_of(version)
    if bad is not None and not again:
        return (
            f"{version} was taken back at {bad.at:%Y-%m-%d %H:%M} UTC ({bad.why}): "
            "`--again --reason WHY` releases it once more"
        )
    fix = standing.diverged
    if fix is not None and fix.meant and fix.version not in (version, *contains):
        return (
            f"{version} is not said to contain {fix.version}, the hotfix on {fix.only}: add "
            f"`--contains {fix.version}` if it does, or return to the pair with `--back`"
        )
    return ""
