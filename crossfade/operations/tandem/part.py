"""What telling a release and taking it back have in common: targets, rollouts, and evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossfade.errors import CrossfadeError, Unavailable
from crossfade.plan.journal.operation import instant
from crossfade.plan.tandem.order import Rollout, RolloutState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.adapters.tandem.port import Target
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.tandem.order import Telling
    from crossfade.plan.tandem.pair import Both
    from crossfade.plan.tandem.standing import Standing

TOLD, FAILED, FOREIGN, UNANSWERED = "told", "failed", "foreign", "unanswered"
"""Figures of notes: which platform was told, whether that is why a release was taken back, what
somebody else told a platform, and which one gave no answer, so that it may still be told."""


class TandemPart:
    """A tandem's part in an operation.

    Attributes:
        world: The world.
        operation: The operation as recorded.
        goes: What both platforms are to be told.
        came: What they were told before.
    """

    def __init__(
        self,
        world: World,
        operation: Operation[Telling, Standing],
        *,
        goes: Both[str],
        came: Both[str],
    ) -> None:
        """Prepare the effects."""
        self.world = world
        self.operation = operation
        self.goes = goes
        self.came = came
        self.name = operation.subject.partition("/")[2]
        self.section = world.settings.tandem(self.name)
        self._said = ""

    def target(self, platform: Platform) -> Target:
        """Return what tells a platform."""
        return self.world.target_of(self.world, self.section.side(platform))

    def rollouts(self, platforms: Iterable[Platform]) -> dict[Platform, Rollout]:
        """Return how far platforms have followed their orders; no answer is no end."""
        found = {platform: self._rollout(platform) for platform in platforms}
        told = "; ".join(f"{platform}: {one.told or one.state}" for platform, one in found.items())
        if told != self._said:
            self.world.report.say(f"{self.name}: {told}")
            self._said = told
        return found

    def _rollout(self, platform: Platform) -> Rollout:
        try:
            return self.target(platform).rollout(self.goes.of(platform))
        except Unavailable as error:
            return Rollout(RolloutState.GOING, str(error))
        except CrossfadeError as error:
            return Rollout(RolloutState.FAILED, str(error))

    def note(self, lease: HeldLease, what: str, **figures: object) -> None:
        """Record evidence, and say it."""
        self.operation = self.operation.noted(self.world.clock.now(), what, **figures)
        lease.record(self.operation)
        self.world.report.say(f"{self.name}: {what}")

    def noted(self, figure: str) -> list[object]:
        """Return what notes have under a figure, in order."""
        return [note.figures[figure] for note in self.operation.notes if figure in note.figures]

    def figures(self) -> Json:
        """Return how far apart the platforms were told, and how long until all was seen."""
        at = [instant(note.at) for note in self.operation.notes if TOLD in note.figures]
        if not at:
            return {}
        now = self.world.clock.now()
        return {
            "seconds_between_the_orders": round((at[-1] - at[0]).total_seconds(), 3),
            "seconds_until_alike": round((now - at[0]).total_seconds(), 3),
        }
