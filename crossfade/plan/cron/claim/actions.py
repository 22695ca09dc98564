"""What the wrapper does around a claim, as values: its policy, and its acts on the command."""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from crossfade.plan.cron.claim.requests import Answer, Request

if TYPE_CHECKING:
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.cron.claim.spool_line import Entry


class Unavailable(StrEnum):
    """What to do when the lock is away or suspect."""

    SKIP = "skip"
    RUN = "run"
    HOME = "home"


class OnLost(StrEnum):
    """What to do when a run's lease was lost."""

    LOG = "log"
    STOP = "stop"


class Policy(NamedTuple):
    """What the wrapper does with an outcome, from its flags.

    Attributes:
        unavailable: What to do when the lock is away or suspect.
        home: The platform that runs then, with `Unavailable.HOME`.
        on_lost: What to do when the lease was lost.
        max_runtime: Seconds after which a run is ended; None for no limit.
        skip_exit: Exit code when the command was not run because it need not be.
        manual: Started by hand: no tick to claim, only the running lease to take.
    """

    unavailable: Unavailable = Unavailable.SKIP
    home: Platform | None = None
    on_lost: OnLost = OnLost.LOG
    max_runtime: float | None = None
    skip_exit: int = 0
    manual: bool = False

    def runs_without_lock(self, platform: Platform) -> bool:
        """Whether this platform runs a tick when the lock is away or suspect."""
        at_home = self.unavailable is Unavailable.HOME and platform == self.home
        return at_home or self.unavailable is Unavailable.RUN


class StartCommand(NamedTuple):
    """Start the command. Answered with None, or with `CannotStart`.

    Attributes:
        claim: What the contender was told, see `crossfade.plan.cron.claim.outcome.Kind`.
        attempt: Which attempt at the tick it is.
    """

    claim: str
    attempt: int


class WatchCommand(NamedTuple):
    """Wait until the command ends, at most some seconds. Answered with its exit code or None."""

    seconds: float


class Stop(NamedTuple):
    """Ask the command to end, and see to it that it does."""


class Report(NamedTuple):
    """Write this down."""

    entry: Entry


Act = Request | StartCommand | WatchCommand | Stop | Report
Result = TypeVar("Result")
Acts = Generator[Act, Answer, Result]
"""Like `crossfade.plan.cron.claim.requests.Steps`, with the command and the record besides."""
