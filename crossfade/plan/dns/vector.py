"""The vector: the pair of Route 53 weights that means a share of the traffic.

A weight is a whole number from 0 to 255, and a record is answered with its weight over the sum of
its group's. Weight 0 is a value like any other; only all zeros together mean something else: Route
53 then splits evenly. So a vector of zeros cannot be built.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from crossfade.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

MAX_WEIGHT = 255
WHOLE = 100
"""A share is percent: 0 to 100."""

SMALLEST_SHARE = Fraction(WHOLE, MAX_WEIGHT + 1)
"""The smallest share above 0 that weights can mean: 1 of 256, 0.39 percent."""


@dataclass(frozen=True, slots=True)
class Vector:
    """The two weights of a migration's records, the same in every group.

    Attributes:
        legacy: Weight of the record that answers with the legacy platform.
        new: Weight of the record that answers with the new platform.

    Raises:
        BadInput: A weight is no whole number from 0 to 255, or both are 0.
    """

    legacy: int
    new: int

    def __post_init__(self) -> None:
        for platform, weight in (("legacy", self.legacy), ("new", self.new)):
            if type(weight) is not int or not 0 <= weight <= MAX_WEIGHT:
                raise BadInput(
                    f"{weight!r} is no weight for {platform}: Route 53 takes whole numbers from 0 "
                    f"to {MAX_WEIGHT}"
                )
        if self.legacy + self.new == 0:
            raise BadInput(
                "legacy 0 / new 0 cannot be set: Route 53 reads all zeros as an even split; "
                "give one platform a weight"
            )

    @property
    def share(self) -> Fraction:
        """Percent of new lookups that are answered with the new platform."""
        return Fraction(WHOLE * self.new, self.legacy + self.new)

    def __str__(self) -> str:
        return f"legacy {self.legacy} / new {self.new}"


BASELINE = Vector(legacy=100, new=0)
"""What a simple record becomes first: everything stays where it is."""


def share_of(value: float | str | Decimal | Fraction) -> Fraction:
    """Read a share as it was written: `0.4` means four tenths of a percent, exactly.

    Raises:
        BadInput: It is no number from 0 to 100.
    """
    try:
        share = value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput(f"share {value!r} is no number: write a percentage from 0 to 100") from error
    if not 0 <= share <= WHOLE:
        raise BadInput(f"share {value} is out of range: write a percentage from 0 to 100")
    return share


def vector_of(share: Fraction) -> Vector:
    """Return the weights that mean a share: exactly where weights can, else the nearest.

    Whole percents read as themselves (`legacy 90 / new 10`). `share_error` tells how far the
    nearest is off: at most a twentieth of a point.

    Raises:
        BadInput: The share lies between 0 and what one weight of 256 means, or as near to 100:
            rounding would give several times what was asked, or all of it.
    """
    share_of(share)
    if share in (0, WHOLE):
        return BASELINE if share == 0 else Vector(legacy=0, new=100)
    if not SMALLEST_SHARE <= share <= WHOLE - SMALLEST_SHARE:
        raise BadInput(
            f"share {percent(share)} cannot be set: the finest step of Route 53's weights is "
            f"{percent(SMALLEST_SHARE)} (1 of 256); ask for 0, 100, or for a share from "
            f"{percent(SMALLEST_SHARE)} to {percent(WHOLE - SMALLEST_SHARE)}"
        )
    if share.denominator == 1:
        return Vector(legacy=WHOLE - share.numerator, new=share.numerator)
    part = share / WHOLE
    nearest = min(
        _near(part),
        key=lambda weights: (abs(Fraction(weights[1], sum(weights)) - part), sum(weights)),
    )
    return Vector(*nearest)


def share_error(share: Fraction, vector: Vector) -> Fraction:
    """Return by how many points a vector's share is above (or below) the share that was asked."""
    return vector.share - share


def percent(share: Fraction) -> str:
    """Write a share for people, to a hundredth of a percent."""
    return f"{float(share):.2f}".rstrip("0").rstrip(".") + " %"


def weights(vector: Vector | None) -> str:
    """Write weights with the share that they mean; None stands before the migration began."""
    if vector is None:
        return "the records as they were found"
    return f"{vector}, {percent(vector.share)} on new"


def _near(part: Fraction) -> Iterator[tuple[int, int]]:
    """All weights next to a part (0 to 1, both exclusive): for each new one its two neighbours.

    Both stay above 0: a share between 0 and 100 must not round to nothing or everything.
    """
    for new in range(1, MAX_WEIGHT + 1):
        below = new * (part.denominator - part.numerator) // part.numerator
        for legacy in (below, below + 1):
            if 1 <= legacy <= MAX_WEIGHT:
                yield legacy, new
