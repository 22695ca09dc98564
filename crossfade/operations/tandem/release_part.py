"""Forward: telling both platforms a release, following them, and seeing that both run it.

Whatever fails on the way stops it, and what was told is taken back: a platform that does not take
its order, one that cannot be told soon enough after the other, a rollout that fails or lasts too
long, and anything else that is seen to run.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crossfade.errors import CrossfadeError, Refused, Unavailable
from crossfade.operations.base.world import inbox_subject
from crossfade.operations.journal.executor import Batch, Ending
from crossfade.operations.journal.lease import LeaseLost
from crossfade.operations.tandem.inbox import TAKE, write
from crossfade.operations.tandem.part import FAILED, TOLD, UNANSWERED, TandemPart
from crossfade.operations.tandem.read import read_seen
from crossfade.plan.base.duration import shown_duration
from crossfade.plan.tandem.order import RolloutState
from crossfade.plan.tandem.pair import differences, differs
from crossfade.plan.tandem.ready import Inbox, taken
from crossfade.plan.tandem.standing import hotfixed, released

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossfade.operations.base.world import World
    from crossfade.operations.journal.lease import HeldLease
    from crossfade.plan.base.platform import Platform
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.tandem.order import Telling
    from crossfade.plan.tandem.pair import Observation, Pair
    from crossfade.plan.tandem.standing import Standing

RETRY_SECONDS = 2.0
"""Before a platform that gave no answer is told again."""


class ReleasePart(TandemPart):
    """Tells one release to both platforms, or a hotfix to one."""

    def __init__(self, world: World, operation: Operation[Telling, Standing], pair: Pair) -> None:
        """Prepare the effects.

        Args:
            world: The world.
            operation: The operation as recorded.
            pair: What is to run.
        """
        work = operation.work
        super().__init__(world, operation, goes=work.after, came=work.before)
        self.pair = pair
        self.platforms = work.platforms
        self._sent = False
        self._begun: float | None = None
        self._seen: Observation | None = None

    @property
    def untouched(self) -> bool:
        """Whether no platform was told anything."""
        return not self._sent

    def batches(self) -> Sequence[Batch]:
        """Return the effects in their order."""
        names, version = " and ".join(self.platforms), self.pair.version
        steps = [
            (f"tell {names} to run {version}", self._tell),
            (f"follow {names} to {version}", self._follow),
            (f"see whether {names} run {version}", self._read_back),
        ]
        if self.operation.work.fix is None:
            steps = [(f"take {version} from those that wait", self._take), *steps]
        return tuple(Batch(order, title, effect) for order, (title, effect) in enumerate(steps))

    def end(self) -> Ending:
        """Return where the tandem stands, by what was seen."""
        one = self.operation
        seen = self._seen or read_seen(self.world, self.section)
        fix = one.work.fix
        if fix is None:
            standing = released(one.before, self.pair, one.id, seen)
        else:
            standing = hotfixed(one.before, fix, seen)
        return Ending(standing, one, {"platforms": len(self.platforms), **self.figures()})

    def _take(self, lease: HeldLease) -> None:
        """Take the version from those that wait: older ones end with it."""
        del lease
        now, one = self.world.clock.now(), self.operation
        box, _ = self.world.journal.head(inbox_subject(self.name), Inbox)
        if box.state.wish(self.pair.version) is None:
            return  # it was taken before the worker that did so died
        change = partial(taken, version=self.pair.version, operation=one.id, now=now)
        write(self.world, self.name, TAKE, f"{one.title} ({one.id})", change)

    def _tell(self, lease: HeldLease) -> None:
        for platform in self.platforms:
            self._tell_one(lease, platform)

    def _tell_one(self, lease: HeldLease, platform: Platform) -> None:
        """Tell one platform, and again while it gives no answer and the other can still wait."""
        limit = self.section.skew.total_seconds()
        begun = self.world.monotonic() if self._begun is None else self._begun
        while True:
            try:
                self._order(lease, platform)
            except LeaseLost:
                raise
            except Unavailable as error:
                if self.world.monotonic() + RETRY_SECONDS > begun + limit:
                    within = shown_duration(self.section.skew)
                    raise self._stop(
                        lease, f"{platform} could not be told within {within}: {error}"
                    ) from error
                self.world.sleep(RETRY_SECONDS)
            except CrossfadeError as error:
                raise self._stop(lease, f"{platform}: {error}") from error
            else:
                self._begun = begun
                return

    def _order(self, lease: HeldLease, platform: Platform) -> None:
        """Give one platform its order, unless it has it.

        Raises:
            Refused: Somebody else told it something.
            Unavailable: It gave no answer.
        """
        target, goes, came = self.target(platform), self.goes.of(platform), self.came.of(platform)
        lease.ensure()
        found = target.told()
        if found not in (goes, came):
            raise Refused(f"somebody else told it {found} instead of {came}")
        if found != goes:
            try:
                target.tell(goes, seen=found)
            except Unavailable as error:
                self._sent = True
                self.note(lease, f"{platform} gave no answer: {error}", **{UNANSWERED: platform})
                raise
            self._sent = True
        if platform not in self.noted(TOLD):
            self.note(lease, f"{platform} is told {self.pair.version}", **{TOLD: platform})

    def _follow(self, lease: HeldLease) -> None:
        """Wait until the rollouts are done."""
        until = self._until()
        while True:
            lease.check()
            found = self.rollouts(self.platforms)
            going = [platform for platform, one in found.items() if one.state != "done"]
            for platform in going:
                if found[platform].state is RolloutState.FAILED:
                    raise self._stop(
                        lease, f"the rollout on {platform} failed: {found[platform].told}"
                    )
            if not going:
                return
            if self.world.monotonic() >= until:
                told = "; ".join(f"{one} {found[one].told}".strip() for one in going)
                raise self._stop(lease, f"not done after {self._patience}: {told}")
            self._wait()

    def _read_back(self, lease: HeldLease) -> None:
        """Wait until both are seen to run the release, and see that nobody told them otherwise."""
        until = self._until()
        while True:
            lease.check()
            seen = read_seen(self.world, self.section)
            wrong = tuple(self._wrong(seen))
            if not wrong and (wrong := tuple(self._told_otherwise())) == ():
                self._seen = seen
                return
            if self.world.monotonic() >= until:
                raise self._stop(lease, f"after {self._patience}: {'; '.join(wrong)}")
            self._wait()

    def _wrong(self, seen: Observation) -> Iterable[str]:
        if self.operation.work.fix is None:
            return differences(self.pair, seen.seen)
        compared = ((one, differs(self.pair, seen.seen.of(one))) for one in self.platforms)
        return (f"{platform} {how}" for platform, how in compared if how)

    def _told_otherwise(self) -> Iterable[str]:
        """Say what somebody else told a platform meanwhile; one that gives no answer is unknown."""
        for platform in self.platforms:
            try:
                found = self.target(platform).told()
            except CrossfadeError as error:
                yield f"{platform}: {error}"
            else:
                if found != self.goes.of(platform):
                    yield f"{platform}: somebody else told it {found}"

    @property
    def _patience(self) -> str:
        return shown_duration(self.section.patience)

    def _until(self) -> float:
        return self.world.monotonic() + self.section.patience.total_seconds()

    def _wait(self) -> None:
        self.world.sleep(self.section.look_every.total_seconds())

    def _stop(self, lease: HeldLease, why: str) -> Refused:
        """Record why it cannot go on, and return the error that says so."""
        if self._sent:
            self.note(lease, why, **{FAILED: True})
        return Refused(why)
