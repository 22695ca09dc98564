"""Backward: giving the platforms their former orders, and seeing what came of it.

Nothing stops it but a platform that gives no answer, since then nobody knows what it is told. What
could not be brought back is seen, and called diverged. What somebody else told a platform in the
middle stays as they made it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crossfade.errors import CrossfadeError, Unavailable
from crossfade.operations.journal.executor import Batch, Ending
from crossfade.operations.tandem.part import FAILED, FOREIGN, TOLD, UNANSWERED, TandemPart
from crossfade.operations.tandem.read import read_seen
from crossfade.plan.tandem.order import RolloutState
from crossfade.plan.tandem.standing import SOMEBODY, Bad, Divergence, returned, strays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.tandem.order import Telling
    from crossfade.plan.tandem.pair import Both, Observation
    from crossfade.plan.tandem.standing import Standing

LATE_SECONDS = 20.0
"""How long an order may still be on its way to a platform that gave no answer to it."""


class ReturnPart(TandemPart):
    """Brings both platforms back to what they were told before."""

    def __init__(
        self,
        world: World,
        operation: Operation[Telling, Standing],
        *,
        goes: Both[str],
        came: Both[str],
        to: Standing,
        takes_back: str,
    ) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            goes: What both are to be told.
            came: What the operation told them, or found.
            to: The standing that is returned to.
            takes_back: The version that is taken back with it, or "".
        """
        super().__init__(world, operation, goes=goes, came=came)
        self.to = to
        self.takes_back = takes_back
        self.platforms = operation.work.platforms[::-1]
        self._seen: Observation | None = None

    @property
    def untouched(self) -> bool:
        """Whether its effect was refused as a whole: it goes on, so never."""
        return False

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        names = " and ".join(self.platforms)
        what = self.to.pair.version if self.to.pair else "what ran before"
        return (
            Batch(0, f"tell {names} to return to {what}", self._tell),
            Batch(1, f"follow {names} back to {what}", self._follow),
            Batch(2, "see what both platforms run", self._see),
        )

    def end(self) -> Ending:
        """Return where the tandem stands, by what was seen."""
        seen = self._seen or read_seen(self.world, self.section)
        one = self.operation
        standing = returned(self.to, self._bad(), seen, one.id)
        foreign = tuple(note.what for note in one.notes if FOREIGN in note.figures)
        if foreign and standing.diverged is None:  # which its hosts may not have followed yet
            strange = Divergence(seen.at, SOMEBODY, foreign)
            standing = replace(standing, diverged=strange)
        diverged = bool(strays(self.to, seen.seen)) if self.to.pair else bool(standing.diverged)
        diverged = diverged or bool(foreign)
        figures = {"platforms": len(self.platforms), "diverged": int(diverged), **self.figures()}
        return Ending(standing, one, figures)

    def _bad(self) -> Bad | None:
        """Return what is to be remembered of a release that a platform was told."""
        if not self.takes_back or not self.noted(TOLD) + self.noted(UNANSWERED):
            return None
        one, now = self.operation, self.world.clock.now()
        why = [note.what for note in one.notes if FAILED in note.figures]
        reason = why[-1] if why else f"taken back by {self.world.actor}"
        return Bad(self.takes_back, now, reason, one.id)

    def _tell(self, lease: HeldLease) -> None:
        """Tell both, also where one gives no answer.

        Raises:
            Unavailable: One gave no answer; it stays open.
        """
        silent: Unavailable | None = None
        for platform in self.platforms:
            try:
                self._order(lease, platform)
            except Unavailable as error:
                silent = error
        if silent is not None:
            raise silent

    def _order(self, lease: HeldLease, platform: Platform) -> None:
        target, goes, came = self.target(platform), self.goes.of(platform), self.came.of(platform)
        lease.ensure()
        try:
            found = target.told()
            if found == goes:
                return
            if found != came:
                if platform not in self.noted(FOREIGN):
                    text = f"{platform} was told {found} by somebody else: it stays so"
                    self.note(lease, text, **{FOREIGN: platform})
                return
            if platform not in self.noted(TOLD):
                self.note(lease, f"{platform} had been told", **{TOLD: platform})
            target.tell(goes, seen=found)
        except Unavailable:
            raise
        except CrossfadeError as error:
            self.note(lease, f"{platform} could not be told: {error}")

    def _follow(self, lease: HeldLease) -> None:
        """Wait until the rollouts end, whichever way."""
        until = self.world.monotonic() + self.section.patience.total_seconds()
        while True:
            lease.check()
            found = self.rollouts(self._ours())
            if all(one.state is not RolloutState.GOING for one in found.values()):
                return
            if self.world.monotonic() >= until:
                return
            self.world.sleep(self.section.look_every.total_seconds())

    def _see(self, lease: HeldLease) -> None:
        """See what both run, until it is what is returned to or cannot be any more."""
        if self.noted(UNANSWERED):
            self.world.sleep(LATE_SECONDS)
            self._tell(lease)  # what arrived late is taken back as well
            self._follow(lease)
        until = self.world.monotonic() + self.section.patience.total_seconds()
        while True:
            lease.check()
            self._seen = read_seen(self.world, self.section)
            if self.to.pair is None or not strays(self.to, self._seen.seen):
                return
            if self._hopeless() or self.world.monotonic() >= until:
                return
            self.world.sleep(self.section.look_every.total_seconds())

    def _hopeless(self) -> bool:
        """Whether waiting brings nothing: somebody else's order, or a rollout that failed."""
        found = self.rollouts(self._ours()).values()
        failed = any(one.state is RolloutState.FAILED for one in found)
        return failed or bool(self.noted(FOREIGN))

    def _ours(self) -> list[Platform]:
        foreign = self.noted(FOREIGN)
        return [platform for platform in self.platforms if platform not in foreign]
