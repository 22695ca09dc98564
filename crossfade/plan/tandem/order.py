"""Orders: what a platform is to be brought to, what it is told for that, and how its rollout goes.

An order is text in the platform's own words. Nobody but the platform's adapter reads it; the
journal keeps the one before, and putting it back to the letter is the exact way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from crossfade.plan.base.platform import Platform  # noqa: TC001  pydantic reads the annotations
from crossfade.plan.journal.operation import STRICT
from crossfade.plan.tandem.pair import Both, Pair  # noqa: TC001  as above
from crossfade.plan.tandem.standing import Divergence  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class Release:
    """What a platform is to be brought to.

    Attributes:
        version: The version.
        digest: The digest of its configuration, or "".
        artifact: What the platform runs for it, such as an image by its digest; "" where it finds
            that by the version.
        commit: The commit that it was built from, or "".
    """

    version: str
    digest: str = ""
    artifact: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one operation tells the platforms, and what each was told before: the checkpoint.

    Attributes:
        before: What both were told, in their own words; also of one that is not told anything.
        after: What both are to be told.
        platforms: Those that are told, in their order.
        pair: What is meant to run afterwards; None where that is not known.
        fix: The hotfix that it makes, or None.
    """

    __pydantic_config__: ClassVar = STRICT

    before: Both[str]
    after: Both[str]
    platforms: tuple[Platform, ...]
    pair: Pair | None
    fix: Divergence | None = None


class RolloutState(StrEnum):
    """How a platform follows its order."""

    GOING = "going"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a platform has followed its order.

    Attributes:
        state: Whether it goes on, is done, or will never be.
        told: In words, with figures.
    """

    state: RolloutState
    told: str = ""
