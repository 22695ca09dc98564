"""The pair: what both platforms are meant to run, what each is told, and what each was seen to run.

A platform is *told* by an order in its own words (a parameter's value, a launch template's version,
a pod's image), which is opaque here and put back to the letter. What it *runs* is only what an
observer has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003  pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Generic, TypeVar

from crossfade.plan.base.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Both(Generic[T]):
    """One thing for each platform."""

    legacy: T
    new: T

    def of(self, platform: Platform) -> T:
        """Return a platform's."""
        return self.legacy if platform is Platform.LEGACY else self.new

    def items(self) -> Iterator[tuple[Platform, T]]:
        """Return both with their platforms, legacy first."""
        yield Platform.LEGACY, self.legacy
        yield Platform.NEW, self.new

    def mapped(self, change: Callable[[T], U]) -> Both[U]:
        """Return what a function makes of both."""
        return Both(change(self.legacy), change(self.new))

    def changed(self, platform: Platform, value: T) -> Both[T]:
        """Return both with another value for a platform."""
        return replace(self, **{str(platform): value})


@dataclass(frozen=True, slots=True)
class Pair:
    """What both platforms are meant to run.

    Attributes:
        version: The version.
        digest: The digest of its configuration; "" where nobody states one.
        commit: The commit that it was built from, or "".
    """

    version: str
    digest: str = ""
    commit: str = ""

    def __str__(self) -> str:
        return f"{self.version} ({shown_digest(self.digest)})" if self.digest else self.version


@dataclass(frozen=True, slots=True)
class Seen:
    """What an observer saw a platform run.

    Attributes:
        version: The version; "" where it does not tell.
        digest: The digest of its configuration; "" where it does not tell.
        hosts: How many answers that rests on.
        mixed: How its hosts differ among themselves, or "".
        unread: Why nothing could be seen, or "".
    """

    version: str = ""
    digest: str = ""
    hosts: int = 0
    mixed: str = ""
    unread: str = ""

    @property
    def one_version(self) -> bool:
        """Whether one version was seen, and nothing else beside it."""
        return bool(self.version) and not (self.unread or self.mixed)

    def __str__(self) -> str:
        if self.unread:
            return f"could not be read ({self.unread})"
        if self.mixed:
            return f"is mixed ({self.mixed})"
        told = self.version or "something that does not tell its version"
        return f"runs {told} ({shown_digest(self.digest)})" if self.digest else f"runs {told}"


def shown_digest(digest: str) -> str:
    """Return the first characters of a digest, which people compare."""
    name, colon, value = digest.rpartition(":")
    return f"{name}{colon}{value[:12]}"


def differs(pair: Pair, seen: Seen) -> str:
    """Say how what a platform was seen to run differs from what is meant; "" if it does not.

    What an observer does not tell is not compared; what could not be read differs.
    """
    if not seen.one_version:
        return str(seen)
    if seen.version != pair.version:
        return f"runs {seen.version} where {pair.version} is meant"
    if pair.digest and seen.digest and seen.digest != pair.digest:
        return (
            f"runs {seen.version} with the configuration {shown_digest(seen.digest)} where "
            f"{shown_digest(pair.digest)} is meant"
        )
    return ""


def differences(pair: Pair | None, seen: Both[Seen]) -> tuple[str, ...]:
    """Say how the platforms differ from the pair, or from each other; empty if they do not.

    Args:
        pair: What is meant; None where nothing was released in tandem yet.
        seen: What each was seen to run.
    """
    if pair is None:
        told = [f"{platform} {one}" for platform, one in seen.items() if not one.one_version]
        if not told and seen.legacy.version != seen.new.version:
            told = [f"{platform} {one}" for platform, one in seen.items()]
    else:
        compared = ((platform, differs(pair, one)) for platform, one in seen.items())
        told = [f"{platform} {how}" for platform, how in compared if how]
    digests = {seen.legacy.digest, seen.new.digest} - {""}
    if not told and len(digests) > 1:
        told = [f"{platform} {one}" for platform, one in seen.items()]
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Observation:
    """What both platforms were seen to run, and when."""

    at: datetime
    seen: Both[Seen]
