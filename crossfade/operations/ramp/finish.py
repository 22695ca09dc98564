"""The end of a migration: its records become simple, and its point of no return is declared.

Two acts, each of its own. Simple records come first: an operation with a checkpoint, which can be
taken back. The point of no return comes last: it changes nothing outside, and gives up every
checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crossfade.errors import BadInput, Conflict, Refused, Unavailable
from crossfade.operations.journal.step import Step, directly, read_step
from crossfade.operations.ramp.change import (
    RampOperation,
    change_records,
    new_identifier,
    record,
    refuse_if_open,
)
from crossfade.operations.ramp.participants.traffic import FINISH
from crossfade.operations.ramp.read import (
    circumstances,
    read_live,
    read_ramp,
    read_samples,
)
from crossfade.plan.base.platform import Platform
from crossfade.plan.dns.change import plan_change
from crossfade.plan.dns.pair import pairs_of, simple
from crossfade.plan.dns.records import differences, records_digest
from crossfade.plan.dns.vector import weights
from crossfade.plan.gates.gate import Outcome
from crossfade.plan.gates.judge import judge, reading_period
from crossfade.plan.journal.operation import iso
from crossfade.plan.ramp.finish import drain_gate, unfinished, unready_for_simple
from crossfade.plan.ramp.progress import (
    Checkpoint,
    declared_final,
    made_simple,
)
from crossfade.plan.ramp.return_plan import given_up

if TYPE_CHECKING:
    from crossfade.operations.base.world import World
    from crossfade.operations.journal.step import Run
    from crossfade.operations.ramp.read import LiveRecords, Ramp
    from crossfade.plan.gates.gate import GateResult
    from crossfade.plan.journal.operation import Operation
    from crossfade.plan.ramp.progress import Progress


@dataclass(frozen=True)
class Finished:
    """What came of one act of the end.

    Attributes:
        name: The migration.
        text: What came of it, in one line.
        progress: Where the migration stands.
        proof: What the drain gate said; nothing where it was not asked.
        operation: What was recorded, or None where nothing was to be done.
        dry_run: Whether it was only planned.
    """

    name: str
    text: str
    progress: Progress
    proof: tuple[GateResult, ...] = ()
    operation: Operation[Any, Any] | None = None
    dry_run: bool = False

    def line(self) -> str:
        """Say it in one line."""
        return f"{self.name}: {self.text}"


def make_simple(world: World, name: str, *, dry_run: bool = False, run: Run = directly) -> Finished:
    """Turn the weighted pairs of a complete migration into simple records of new, in one batch.

    No traffic moves: everything is on new already. `reverse`, `back` and `abort` take it back
    until the point of no return.

    Args:
        world: The world.
        name: The migration.
        dry_run: Only say what would be done.
        run: Runs each step.

    Raises:
        Refused: The ramp is not complete or not at 100, a freeze or a window forbids a change,
            another operation is open, or the records are no pairs.
        Conflict: Somebody else changed the records; nothing was overwritten.
        Unavailable: The records cannot be read.
        Failed: It stopped; the text says what was left.
    """
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    refuse_if_open(ramp)
    if ramp.progress.simple_at is not None and ramp.progress.final_at is None:
        since = f"{ramp.progress.simple_at:%Y-%m-%d %H:%M} UTC"
        return Finished(name, f"simple since {since}, nothing to do", ramp.progress)
    stopped = world.settings.stop_migrations
    why = unready_for_simple(ramp.plan, ramp.progress, stopped=stopped, now=world.clock.now())
    if why:
        raise Refused(f"the records of {name} stay weighted pairs: {why}")
    live = read_step(run, f"read the records of {name}", lambda: read_live(ramp))
    _must_be_ours(ramp, live)
    target = simple(pairs_of(live.records, ramp.traffic), Platform.NEW)
    change = plan_change(live.records, target, reason=f"{name} becomes simple records of new")
    if dry_run:
        told = f"would become simple: {', '.join(map(str, target))}"
        return Finished(name, told, ramp.progress, dry_run=True)
    identifier, now = new_identifier(ramp), world.clock.now()
    progress = ramp.progress
    checkpoint = Checkpoint(
        identifier, progress.stage, progress.vector, records_digest(change.expected), now
    )
    done = change_records(
        ramp,
        identifier=identifier,
        kind=FINISH,
        title=f"finish {name}: simple records of new",
        request={"migration": name, "simple": True, "from": weights(progress.vector)},
        change=change,
        after=made_simple(progress, records=target, checkpoint=checkpoint, at=now),
        run=run,
    )
    over = given_up(ramp.plan, progress, now)
    way = over or f"`crossfade reverse {ramp.subject} --last` makes them pairs again"
    text = f"simple records of new; {way}"
    return Finished(name, text, done.after, operation=done)


def finish(
    world: World,
    name: str,
    *,
    without_proof: str = "",
    dry_run: bool = False,
    run: Run = directly,
) -> Finished:
    """Declare the point of no return of a complete migration, on the proof that legacy is drained.

    It changes nothing outside: it gives up the checkpoints, so that legacy may be taken down.

    Args:
        world: The world.
        name: The migration.
        without_proof: Why to declare it whatever the drain gate says and whoever changed the
            records; it goes into the journal.
        dry_run: Only ask the gate.
        run: Runs each step.

    Raises:
        Refused: The ramp is not complete, legacy is not proven drained, or another operation is
            open.
        Conflict: Somebody else changed the records since they were set.
        Unavailable: The records cannot be read.
    """
    ramp = read_step(run, f"read {name}", lambda: read_ramp(world, name))
    refuse_if_open(ramp)
    progress = ramp.progress
    if progress.final_at is not None:
        since = f"{progress.final_at:%Y-%m-%d %H:%M} UTC"
        return Finished(name, f"past the point of no return since {since}", progress)
    if left := unfinished(ramp.plan, progress):
        raise Refused(f"{name} is not complete, so it keeps its way back: {left}")
    live = read_step(run, f"read the records of {name}", lambda: read_live(ramp))
    asking = f"ask whether legacy of {name} is drained"
    proof = read_step(run, asking, lambda: _drained(ramp, live))
    if not without_proof:
        _must_be_ours(ramp, live)
        _must_be_drained(ramp, proof)
    proven = proof.outcome is Outcome.PASS and not _difference(ramp, live)
    why = proof.reason if proven else f"without the proof of gate {proof.gate}: {without_proof}"
    told = f"point of no return, {why}{_pairs_stay(progress)}"
    if dry_run:
        return Finished(name, f"would declare the {told}", progress, (proof,), dry_run=True)
    step = Step(
        f"record the point of no return of {name}",
        lambda: _declare(ramp, live, proof, why=why, without_proof=without_proof),
    )
    done = run(step)
    return Finished(name, told, done.after, (proof,), done)


def _declare(
    ramp: Ramp, live: LiveRecords, proof: GateResult, *, why: str, without_proof: str
) -> RampOperation:
    """Record the point of no return with all that it was declared on."""
    progress = ramp.progress
    return record(
        ramp,
        kind=FINISH,
        title=f"finish {ramp.name}: point of no return, {why}",
        request={
            "migration": ramp.name,
            "gate": proof.gate,
            "outcome": proof.outcome.value,
            "without_proof": without_proof,
            "difference": list(_difference(ramp, live)),
            "given_up": [one.operation for one in progress.checkpoints],
            "completed_at": iso(progress.completed_at) if progress.completed_at else "",
        },
        progress=declared_final(progress, ramp.world.clock.now()),
        results=(proof,),
    )


def _drained(ramp: Ramp, live: LiveRecords) -> GateResult:
    """Ask the gate that proves legacy drained, keep-alive connections included."""
    gate = drain_gate(ramp.plan)
    at = circumstances(ramp, live)
    if at is None:
        raise BadInput(f"{ramp.name} was never changed, so nothing can be drained")
    return judge(gate, read_samples(ramp, (gate,), *reading_period((gate,), at)), at)


def _difference(ramp: Ramp, live: LiveRecords) -> tuple[str, ...]:
    if live.unread:
        return (live.unread,)
    return differences(ramp.progress.records, live.records)


def _must_be_ours(ramp: Ramp, live: LiveRecords) -> None:
    """Refuse to end a migration on records that somebody else changed, or that cannot be read.

    Raises:
        Conflict: They are not as they were set.
        Unavailable: They cannot be read.
    """
    if live.unread:
        raise Unavailable(f"{ramp.name} does not end: {live.unread}")
    if found := _difference(ramp, live):
        raise Conflict(
            f"the records of {ramp.name} are not as they were set: {'; '.join(found)}. Find out "
            f"who changes them; `crossfade abort {ramp.name}` goes back all the same"
        )


def _must_be_drained(ramp: Ramp, proof: GateResult) -> None:
    """Refuse to give up the way back while legacy is not proven drained.

    Raises:
        Refused: It is not.
    """
    if proof.outcome is not Outcome.PASS:
        raise Refused(
            f"{ramp.name} keeps its way back: gate {proof.gate}: {proof.outcome} ({proof.reason}). "
            f"Wait, or `crossfade finish {ramp.name} --without-proof REASON`"
        )


def _pairs_stay(progress: Progress) -> str:
    return "" if progress.simple_at else "; the records stay weighted pairs"
