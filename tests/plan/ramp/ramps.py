"""Operations of a ramp, for tests that read a journal without having one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crossfade.plan.dns.vector import Vector
from crossfade.plan.journal.operation import Actor, Operation, Status, Untold, iso
from crossfade.plan.ramp.progress import Freeze, Progress, frozen
from tests.plan.shop import NOON, pair

if TYPE_CHECKING:
    from datetime import datetime

    from crossfade.plan.gates.gate import GateResult


class Story:
    """A migration's journal as it grows; minutes count from noon."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.operations: list[Operation[Untold]] = []

    def sets(self, minute: float, new: int, stage: str = "", kind: str = "advance") -> Story:
        """Set weights, in sync half a minute after the operation began."""
        at = when(minute)
        after = replace(
            self.progress,
            stage=stage,
            since=at,
            vector=Vector(100 - new, new),
            records=pair(100 - new, new),
        )
        return self._add(at - timedelta(seconds=30), kind, after)

    def decides(self, minute: float, *results: GateResult, **request: Any) -> Story:
        """Hold, with what the gates said."""
        return self._add(when(minute), "advance", self.progress, *results, **request)

    def freezes(self, minute: float) -> Story:
        """Somebody holds it."""
        freeze = Freeze("lunch", "ann", when(minute))
        return self._add(when(minute), "hold", frozen(self.progress, freeze))

    def completes(self, minute: float) -> Story:
        """All stages are done."""
        after = replace(self.progress, completed_at=when(minute))
        return self._add(when(minute), "advance", after)

    def ends(self, status: Status) -> Story:
        """Let the last operation have ended so."""
        self.operations[-1] = replace(self.operations[-1], status=status)
        return self

    def _add(
        self, begun: datetime, kind: str, after: Progress, *results: GateResult, **request: Any
    ) -> Story:
        operation = Operation(
            id=f"{len(self.operations):04}",
            subject="migrations/shop",
            kind=kind,
            title=f"{kind} shop",
            by=Actor("ann"),
            begun_at=iso(begun),
            request=request,
            before=self.progress,
            after=after,
            work=Untold(),
            members=("migrations/shop",),
            status=Status.DONE,
            ended_at=iso(begun),
        )
        for one in results:
            operation = operation.noted(
                begun,
                f"gate {one.gate}: {one.outcome}",
                gate=one.gate,
                outcome=one.outcome.value,
                end=iso(one.end),
                **one.figures,
            )
        self.operations.append(operation)
        self.progress = after
        return self


def when(minute: float) -> datetime:
    """Return an instant in minutes after noon."""
    return NOON + timedelta(minutes=minute)
