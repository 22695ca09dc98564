"""Sweeping: which noncurrent versions and stale delete markers of one key go for good.

Nothing present changes by it: a present object stays, and a delete marker goes only when nothing is
left below it that it hides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from crossfade.plan.base.words import count, size

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Row(Protocol):
    """One version of a key, or one of its delete markers."""

    @property
    def version_id(self) -> str:
        """Its version id."""

    @property
    def size(self) -> int:
        """Its bytes; 0 for a delete marker."""

    @property
    def latest(self) -> bool:
        """Whether it is what stands there now."""

    @property
    def marker(self) -> bool:
        """Whether it is a delete marker."""


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Doomed(Generic[R]):
    """What of one key goes for good.

    Attributes:
        first: Versions and markers that hide nothing; they go first.
        last: The delete marker on top, once nothing is left below it.
    """

    first: tuple[R, ...]
    last: tuple[R, ...]


@dataclass(frozen=True, slots=True)
class Swept:
    """How much goes, or went, for good.

    Attributes:
        versions: Noncurrent versions.
        markers: Delete markers.
        size: Bytes of the versions.
        roots: Recorded roots in the journal.
    """

    versions: int = 0
    markers: int = 0
    size: int = 0
    roots: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.versions + other.versions,
            self.markers + other.markers,
            self.size + other.size,
            self.roots + other.roots,
        )

    @property
    def nothing(self) -> bool:
        """Whether nothing goes."""
        return self == Swept()

    def line(self) -> str:
        """Say it in a few words."""
        return (
            f"{count(self.versions, 'noncurrent version')} ({size(self.size)}), "
            f"{count(self.markers, 'stale delete marker')} and "
            f"{count(self.roots, 'recorded root')} for good"
        )


def doomed(rows: Sequence[R], *, spared: Collection[str]) -> Doomed[R]:
    """Choose among the versions and delete markers of one key.

    Args:
        rows: All of them, in any order.
        spared: Version ids that something needs.
    """
    versions = [row for row in rows if not row.marker]
    going = [row for row in versions if not row.latest and row.version_id not in spared]
    stale = [row for row in rows if row.marker and not row.latest]
    top = [row for row in rows if row.marker and row.latest]
    return Doomed(
        first=(*going, *stale),
        last=tuple(top) if len(going) == len(versions) else (),
    )


def counted(rows: Collection[Row]) -> Swept:
    """Count what goes."""
    markers = sum(1 for row in rows if row.marker)
    return Swept(len(rows) - markers, markers, sum(row.size for row in rows))
