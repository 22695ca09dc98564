"""Deciding about a migration: what was read, what follows, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crossfade.errors import Failed, Refused
from crossfade.operations.ramp.crons_of_a_stage import unmoved
from crossfade.operations.ramp.read import LiveRecords, Ramp, gather, read_live, read_ramp
from crossfade.plan.dns.vector import weights
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.journal.head import lapsed
from crossfade.plan.ramp import decide as deciding
from crossfade.plan.ramp.progress import Decided, completed, observed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossfade.operations.base.world import World
    from crossfade.operations.cron.move.move import Moved
    from crossfade.plan.dns.vector import Vector
    from crossfade.plan.journal.operation import Json, Operation
    from crossfade.plan.ramp.decide import Decision, Evidence
    from crossfade.plan.ramp.progress import Progress


@dataclass(frozen=True)
class Look:
    """Everything that one decision was made from, and the decision.

    Attributes:
        ramp: The migration as read.
        live: What stands in DNS.
        evidence: What was read.
        decision: What follows.
        progress: Where the migration stands, with what was observed counted in.
    """

    ramp: Ramp
    live: LiveRecords
    evidence: Evidence
    decision: Decision
    progress: Progress

    @property
    def repeats(self) -> bool:
        """Whether it says what was said and recorded before, and only a person can change it."""
        last = self.ramp.progress.decided
        return (
            isinstance(self.decision, deciding.Hold)
            and self.decision.ask_again is None
            and last is not None
            and (last.word, last.reason) == ("hold", self.decision.reason)
            and all(result.outcome is Outcome.PASS for result in self.evidence.results)
            and all(tally.outcome is Outcome.PASS for tally in self.ramp.progress.tallies)
        )

    def request(self) -> Json:
        """Return what the journal keeps of it, beside a note for each gate."""
        progress = self.ramp.progress
        return {
            "migration": self.ramp.name,
            **deciding.told(self.decision),
            "set": weights(progress.vector) if progress.vector else "",
            "live": weights(self.evidence.live) if self.evidence.live else "",
            "difference": list(self.evidence.difference),
        }


@dataclass(frozen=True)
class Advanced:
    """What came of one call of `advance`.

    Attributes:
        name: The migration.
        decision: What was decided; None where an operation that a worker left was settled instead.
        evidence: What it was decided from, or None likewise.
        was: The weights that were set before, or None.
        progress: Where it stands now.
        operations: What was recorded.
        dry_run: Whether nothing was done nor recorded.
        crons: What came of the cron jobs that it looked after.
        unsettled: In a dry run: what a worker left open, which would be settled first; else "".
    """

    name: str
    decision: Decision | None
    evidence: Evidence | None
    was: Vector | None
    progress: Progress
    operations: tuple[Operation[Any, Any], ...] = ()
    dry_run: bool = False
    crons: tuple[Moved, ...] = ()
    unsettled: str = ""

    @property
    def done(self) -> bool:
        """Whether the ramp is complete."""
        return isinstance(self.decision, deciding.Hold) and self.decision.done

    @property
    def conflict(self) -> bool:
        """Whether somebody else changed the records."""
        return isinstance(self.decision, deciding.Hold) and self.decision.conflict

    @property
    def exit_code(self) -> int:
        """0 where it goes on, is complete or only bakes; 1 where it went back; 3 where it holds.

        A cron job that was taken back or failed is a 1 too.
        """
        if any(one.exit_code == Failed.exit_code for one in self.crons):
            return Failed.exit_code
        match self.decision:
            case deciding.Back():
                return Failed.exit_code
            case deciding.Hold(done=False, waiting=False):
                return Refused.exit_code
        return 0

    def line(self) -> str:
        """Say it in one line."""
        return with_crons(self._line(), self.crons)

    def _line(self) -> str:
        match self.decision:
            case deciding.Advance(stage=stage, reason=reason):
                return f"{self.name}: advance to {stage or 'weighted pairs'}: {reason}"
            case deciding.Back(reason=reason):
                return f"{self.name}: back: {reason}"
            case deciding.Hold(conflict=True, reason=reason):
                live = self.evidence.live if self.evidence else None
                return f"{self.name}: hold: {reason}; set {self.was}, live {live or 'unreadable'}"
            case deciding.Hold(reason=reason):
                return f"{self.name}: hold: {reason}"
        if self.unsettled:
            return f"{self.name}: would settle what a worker left open: {self.unsettled}"
        told = "; ".join(f"{one.title}: {one.status}" for one in self.operations)
        return f"{self.name}: settled what a worker left open: {told}"


def with_crons(line: str, crons: Iterable[Moved]) -> str:
    """Return a line about a ramp with what happened to its cron jobs."""
    news = [one.line() for one in crons if one.operations or one.trouble]
    return "; ".join((line, *news))


def look_and_decide(ramp: Ramp) -> Look:
    """Read the evidence and decide; nothing is changed nor recorded."""
    live = read_live(ramp, marks=ramp.progress.vector is None)
    moving, stuck = unmoved(ramp) if ramp.plan.crons else ((), ())
    evidence = replace(gather(ramp, live), moving=moving, stuck=stuck)
    now = ramp.world.clock.now()
    decision = deciding.decide(ramp.plan, ramp.progress, evidence, now)
    progress = observed(ramp.progress, evidence.results)
    ask_again = None
    if isinstance(decision, deciding.Hold):
        ask_again = decision.ask_again
        if decision.done and ramp.progress.final_at is None:
            progress = completed(progress, now)
    decided = Decided(type(decision).__name__.lower(), decision.reason, now, ask_again)
    return Look(ramp, live, evidence, decision, replace(progress, decided=decided))


def begun(world: World) -> list[str]:
    """Return the migrations about which to decide: begun, and not past the point of no return.

    One on which a worker is at work, as on a gradual return, is in good hands and left out.
    """
    ramps = {name: read_ramp(world, name) for name in sorted(world.settings.migrations)}
    return [name for name, ramp in ramps.items() if _wants_a_decision(ramp)]


def _wants_a_decision(ramp: Ramp) -> bool:
    if ramp.head.open is not None:
        return lapsed(ramp.head, ramp.world.clock.now())
    return ramp.progress.vector is not None and ramp.progress.final_at is None
